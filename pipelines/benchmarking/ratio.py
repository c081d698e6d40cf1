"""What every measurement of the benchmark needs, and how repetitions become a ratio with its spread."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.running.config import Experiment
from probing.axes import Corpus


@dataclass(frozen=True)
class Bench:
    """What every measurement needs."""

    experiment: Experiment
    corpus: Corpus
    encoder: Any
    repeats: int
    layer: int
    sentences: int


def ratio_of(measured: Callable[[], float], reference: Callable[[], float], repeats: int, name: str) -> dict[str, Any]:
    """Time over reference time, ``repeats`` times."""
    measured(), reference()  # not counted: the first of each finds cold caches
    # in turn, so that a machine that slows down slows both
    pairs = [(measured(), reference()) for _ in range(repeats)]
    found = summary([a / b for a, b in pairs])
    return {**found, "reference": name, "seconds": [a for a, _ in pairs], "reference_seconds": [b for _, b in pairs]}


def summary(values: Sequence[float]) -> dict[str, Any]:
    """Median and spread."""
    return {"median": statistics.median(values), "low": min(values), "high": max(values), "repeats": len(values)}
