"""How often a classifier fails the tests of a behaviour suite: rates per capability and kind of test."""

from collections.abc import Callable, Sequence
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
class Cell:
    """One capability and kind of test: n cases, how many failed, their share with Wilson's 95 % interval, and which."""

    capability: str
    test: str
    n: int
    failed: int
    rate: float
    ci_low: float
    ci_high: float
    failures: tuple[Case, ...]


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
    of = dict(zip(texts, found, strict=True))
    cells: dict[tuple[str, str], list[tuple[Case, bool]]] = {}
    for case in cases:
        cells.setdefault((case.capability, case.test), []).append((case, _fails(case, of, list(classes))))
    return tuple(_cell(*name, run) for name, run in cells.items())


def _fails(case: Case, of: dict[str, NDArray[np.float64]], classes: list[str]) -> bool:
    before = of[case.text]
    if not case.edited:
        return classes[int(before.argmax())] != case.label
    after = of[case.edited]
    if case.edited_label == case.label:
        return bool(before.argmax() != after.argmax())
    new = classes.index(case.edited_label)
    return bool(after[new] - before[new] < _MOVED)


def _cell(capability: str, test: str, run: Sequence[tuple[Case, bool]]) -> Cell:
    failures = tuple(case for case, failed in run if failed)
    n, failed = len(run), len(failures)
    low, high = (float(end) for end in wilson(np.array(failed, dtype=float), np.array(n, dtype=float)))
    return Cell(capability, test, n, failed, failed / n, low, high, failures)
