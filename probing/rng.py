"""Random generators, each named after what it draws; functions get them as arguments."""

import hashlib

import numpy as np

from probing.errors import ConfigError


def generator(seed: int, *purpose: str) -> np.random.Generator:
    """A generator that depends on ``seed`` and ``purpose`` only, so that one draw never changes another.

    Raises ConfigError for a negative seed, which numpy does not take.
    """
    if seed < 0:
        raise ConfigError(f"seed={seed}: must be 0 or greater")
    digest = hashlib.sha256("\x1f".join(purpose).encode()).digest()
    return np.random.default_rng([seed, int.from_bytes(digest[:8], "little")])
