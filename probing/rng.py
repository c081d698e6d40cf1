"""Random generators, each named after what it draws; functions get them as arguments."""

import hashlib

import numpy as np

from probing.errors import not_negative


def generator(seed: int, *purpose: str) -> np.random.Generator:
    """A generator that depends on ``seed`` and ``purpose`` only, so that one draw never changes another.

    Raises ConfigError for a negative seed, which numpy does not take.
    """
    not_negative("seed", seed)
    digest = hashlib.sha256("\x1f".join(purpose).encode()).digest()
    return np.random.default_rng([seed, int.from_bytes(digest[:8], "little")])
