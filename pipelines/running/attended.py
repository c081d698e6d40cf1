"""What the attention stage has found so far, and how its sums become rows."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from pipelines.running.config import Experiment
from probing.axes import Tally
from probing.result.rows import Measurement
from probing.result.tally import measure_tallies


@dataclass
class Attended:
    """Rows without the run's identity, arrays for figures, facts for tables and the page, notes as (kind, text)."""

    rows: list[Measurement] = field(default_factory=list)
    arrays: dict[str, NDArray[Any]] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    notes: list[tuple[str, str]] = field(default_factory=list)


def score(tallies: Iterable[Tally], experiment: Experiment) -> list[Measurement]:
    """Means with intervals, without the run's identity."""
    return measure_tallies(tallies, experiment.settings.seed, experiment.settings.resamples)
