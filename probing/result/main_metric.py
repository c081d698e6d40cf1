"""The metric that chooses the best layer: the first of a task's metrics that has a value for these labels.

Of a probe that sends the labels as a code it is the length of that code: what such a probe was chosen for.
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from probing.axes import Split
from probing.errors import DataError
from probing.probe.fit import SCORED, TASK, Target
from probing.result.rows import Measurement
from probing.result.score import CODE_LENGTH, Arrays, Prediction, measure
from probing.result.statistics import LONGEST, SHORTEST, combine, expand

NEEDS = {
    "nspr": f"a sentence of {SHORTEST} to {LONGEST} labelled words that do not all have the same label",
    "dspr": f"a sentence of {SHORTEST} to {LONGEST} labelled words",
    "r2": "two items with different labels",
    "root_accuracy": "a sentence of two words that count or more, whose root is labelled",
    "uuas": "a sentence with two words that count",
}


def main_metric(names: Sequence[str], gold: Target, keep: Mapping[Split, Arrays] | None = None) -> str:
    """The first metric of ``names`` that has a value on dev and on test.

    Whether a metric has a value depends on the labels alone, so it is known before a model runs. ``keep`` as in
    ``score``. Raises: DataError if no metric of ``names`` has a value on both.
    """
    missing = []
    for name in names:
        without = [split for split in SCORED if not _has_value(name, gold, split, keep)]
        if not without:
            return name
        missing.append(_sentence(name, without))
    raise DataError(f"{'; '.join(missing)}; choose another task=…, or a corpus with other sentences")


def code_length(predictions: Iterable[Prediction]) -> str | None:
    """The metric of the code length if the probes of the task have one, else None."""
    fits = [p.fit for p in predictions if p.target == TASK]
    return CODE_LENGTH if any(fit is not None and fit.codelength_bits is not None for fit in fits) else None


def without_value(names: Sequence[str], rows: Iterable[Measurement]) -> list[str]:
    """A sentence on each metric of ``names`` that has no value on dev or on test, from the rows of the task."""
    known = {(r.metric, r.split) for r in rows if r.target == TASK and np.isfinite(r.value)}
    missing = {name: [split for split in SCORED if (name, split) not in known] for name in names}
    return [_sentence(name, splits) for name, splits in missing.items() if splits]


def _sentence(name: str, splits: Sequence[Split]) -> str:
    return f"{name} has no value on {' and '.join(splits)}: it needs {NEEDS.get(name, 'a labelled item')}"


def _has_value(name: str, gold: Target, split: Split, keep: Mapping[Split, Arrays] | None) -> bool:
    """Whether predictions can be scored at all, tried with the labels themselves."""
    statistics = measure(name, gold, split, gold.values[split], keep)
    return bool(np.isfinite(combine(name, expand(statistics).sum(axis=0))))
