"""How often a classifier fails the tests of a behaviour suite: rates per capability and kind of test."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from probing.data.behaviour_cases import Case
from probing.errors import ConfigError, DataError, shown
from probing.result.proportions import wilson

# N texts in, (N, C) class probabilities out
Classify = Callable[[Sequence[str]], NDArray[np.floating]]
_ROUNDING = 1e-3  # of a sum of probabilities
_MOVED = 1e-6  # a probability that changes by less has not moved


@dataclass(frozen=True)
class Failure:
    """A case that failed, with the probability of each class for its text, and for the text after its edit, if any."""

    case: Case
    before: Mapping[str, float]
    after: Mapping[str, float] | None = None


@dataclass(frozen=True)
class Cell:
    """One capability and kind of test: n cases, how many failed, their share with Wilson's 95 % interval, and which."""

    capability: str
    test: str
    n: int
    failed: int
    rate: float
    ci_low: float
    ci_high: float
    failures: tuple[Failure, ...]


def failure_rates(cases: Sequence[Case], classify: Classify, classes: Sequence[str]) -> tuple[Cell, ...]:
    """Run a suite; every text is classified once. classes (C,): the names of the columns that ``classify`` returns.

    A case fails if another class than the label is most probable (minimum functionality); if the edit changes the most
    probable class (invariance); if it does not raise the probability of the new label (direction).
    Raises: ConfigError if a label of the suite is no class; DataError for what are no probabilities of these texts.
    """
    labels = {label for case in cases for label in (case.label, case.edited_label) if label}
    if missing := sorted(labels - {*classes}):
        raise ConfigError(
            f"classes={shown(', '.join(classes))}: the suite also has {', '.join(missing)}; name the classes alike"
        )
    texts = list(dict.fromkeys(text for case in cases for text in (case.text, case.edited) if text))
    found = np.asarray(classify(texts), dtype=float)
    if found.shape != (len(texts), len(classes)) or not np.allclose(found.sum(axis=-1), 1, atol=_ROUNDING):
        raise DataError(
            f"the classifier gave numbers of shape {found.shape}; expected: ({len(texts)}, {len(classes)}), "
            "probabilities that add up to 1 for each text"
        )
    of = {text: dict(zip(classes, row, strict=True)) for text, row in zip(texts, found.tolist(), strict=True)}
    cells: dict[tuple[str, str], list[Failure | None]] = {}
    for case in cases:
        cells.setdefault((case.capability, case.test), []).append(_failure(case, of))
    return tuple(cell_of(name, [one for one in run if one], len(run)) for name, run in cells.items())


def cell_of(name: tuple[str, str], failures: Sequence[Failure], n: int) -> Cell:
    """The cell of a capability and a kind of test, of whose ``n`` cases these fail."""
    failed = len(failures)
    low, high = (float(end) for end in wilson(np.array(failed, dtype=float), np.array(n, dtype=float)))
    return Cell(*name, n, failed, failed / n, low, high, tuple(failures))


def said(probabilities: Mapping[str, float]) -> str:
    """The most probable class; of equal ones, the first."""
    return max(probabilities, key=lambda name: probabilities[name])


def _failure(case: Case, of: Mapping[str, Mapping[str, float]]) -> Failure | None:
    """None if the case does not fail."""
    before = of[case.text]
    if not case.edited:
        return Failure(case, before) if said(before) != case.label else None
    after = of[case.edited]
    if case.edited_label == case.label:
        fails = said(before) != said(after)
    else:
        fails = after[case.edited_label] - before[case.edited_label] < _MOVED
    return Failure(case, before, after) if fails else None
