"""Is the number of the subject still there when a noun of the other number stands between? Scores by condition."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from probing.analysis.comparisons import without_vectors, words_read
from probing.analysis.findings import Findings
from probing.analysis.protocol import Analysis
from probing.analysis.study import Study
from probing.axes import SPLITS, Split
from probing.errors import ConfigError
from probing.probe.fit import SCORED
from probing.result.rows import Measurement
from probing.result.score import Prediction, score
from probing.task.verb_agreement import WITH, WITHOUT, Conditioned

Chosen = Mapping[Split, Sequence[NDArray[np.bool_]]]


@dataclass(frozen=True)
class Attractors(Analysis):
    """A study in; findings out: the scores of the probes, their controls and baselines, with and without attractors."""

    def check(self, study: Study) -> None:
        """Raise ConfigError for a task whose labels have no conditions."""
        if not isinstance(study.task, Conditioned):
            raise ConfigError(f"analysis=attractors: task={study.task.name} has no attractors; type task=agreement")

    def __call__(self, study: Study) -> Findings:
        """Rows as those of the probes, each for the labels of one condition; the target names it after a comma.

        Facts: the number of labels of test by condition.
        """
        found = [*study.predictions, *without_vectors(study, words_read(study))]
        ids = {split: [s.id for s in study.corpus.splits[split]] for split in SPLITS}
        resampling = {split: study.resampling(split) for split in SPLITS}
        rows: list[Measurement] = []
        counts = {}
        for condition in (WITH, WITHOUT):
            chosen = labels_in(study, condition)
            counts[condition] = int(sum(map(np.sum, chosen["test"])))
            if all(sum(map(np.sum, chosen[split])) for split in SCORED):
                some = [only(prediction, chosen) for prediction in found]
                scored = score(some, study.task.metrics, ids, resampling).rows
                rows += [replace(row, target=f"{row.target}, {condition}") for row in scored]
        sample = "; ".join(f"{n:,} labels of test {condition}" for condition, n in counts.items())
        return Findings(rows=tuple(rows), facts={"labels": counts, "sample": sample})


def labels_in(study: Study, condition: str) -> Chosen:
    """Which items belong to ``condition``, per split and sentence."""
    task = study.task
    assert isinstance(task, Conditioned)  # checked before the run

    def of(sentences: Split) -> list[NDArray[np.bool_]]:
        pairs = zip(study.corpus.splits[sentences], study.items.words[sentences], strict=True)
        return [np.array([task.conditions(s)[i] == condition for i in at.tolist()], dtype=bool) for s, at in pairs]

    return {split: of(split) for split in SPLITS}


def only(prediction: Prediction, chosen: Chosen) -> Prediction:
    """The prediction for the chosen items alone; without a code length, whose bits are of all labels of a sentence."""

    def cut(split: Split, rows: Sequence[NDArray[np.generic]]) -> list[NDArray[np.generic]]:
        return [row[which] for row, which in zip(rows, chosen[split], strict=True)]

    gold = replace(prediction.gold, values={split: cut(split, rows) for split, rows in prediction.gold.values.items()})
    fit = prediction.fit and replace(prediction.fit, codelength_bits=None, uniform_bits=None)
    predicted = {split: cut(split, rows) for split, rows in prediction.predicted.items()}
    return replace(prediction, gold=gold, predicted=predicted, fit=fit)
