"""What the attention stage has found so far, and how its sums become rows."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.running.config import Experiment
from probing.axes import Tally
from probing.result.bootstrap import resample_counts
from probing.result.tally import rows_of_tally
from probing.rng import generator


@dataclass
class Attended:
    """Rows without the run's identity, arrays for figures, facts for tables and the page, notes as (kind, text)."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    arrays: dict[str, NDArray[Any]] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    notes: list[tuple[str, str]] = field(default_factory=list)


@cache
def resamples(n_sentences: int, n_resamples: int) -> NDArray[np.float32]:
    """Bootstrap counts (R, N), the same for whatever is measured on the same sentences, so that it can be paired."""
    return resample_counts(n_sentences, n_resamples, generator(0, "bootstrap", "attention"))


def score(tallies: Iterable[Tally], experiment: Experiment) -> list[dict[str, Any]]:
    """Means with intervals, without the run's identity."""
    settings = experiment.settings
    return [
        row
        for tally in tallies
        for row in rows_of_tally(tally, settings.seed, resamples(len(tally.sums), settings.resamples))
    ]
