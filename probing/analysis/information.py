"""Information about the labels in each layer, in bits, and how far the probabilities of its probes can be trusted."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from probing.analysis.conditional_probes import (
    GIVEN,
    LAYER0,
    WORD,
    by_sentence,
    conditional,
    probabilities,
    stated,
)
from probing.analysis.findings import Findings
from probing.analysis.protocol import Analysis
from probing.analysis.study import Study
from probing.axes import Note, Tally
from probing.errors import ConfigError, one_of, positive
from probing.probe.fit import TASK
from probing.probe.linear import Linear
from probing.result.information import gold_bits, label_bits, overconfidence, squared_errors
from probing.result.probability_scores import calibration_rows, information_rows, ranking_rows
from probing.result.rows import Measurement
from probing.result.score import CONTROL, Prediction
from probing.result.statistics import Floats
from probing.result.tally import measure_tallies


@dataclass(frozen=True)
class Information(Analysis):
    """V-information (Xu et al. 2020; in probing: Hewitt et al. 2021) and calibration of the linear probes of a run.

    I_V(layer → Y) = H_V(Y) − H_V(Y | layer): the cross-entropy on test of the label frequencies of train, minus that of
    the probe. given: information beyond these as well (layer0, word), which takes one more probe per layer for each.
    bins: of equal width, of the calibration error. folds: of train, for the features of word identity.
    """

    given: list[str] = field(default_factory=lambda: [LAYER0, WORD])
    bins: int = 15
    folds: int = 10

    def __post_init__(self) -> None:
        """Refuse impossible values before anything is loaded."""
        for name in self.given:
            one_of("analysis.information.given", name, GIVEN)
        positive("analysis.information.bins", self.bins)
        if self.folds < 2:
            raise ConfigError(f"analysis.information.folds={self.folds}: at least 2, because one fold is left out")

    @property
    def further_layers(self) -> tuple[int, ...]:
        """Layer 0 where information beyond it is wanted."""
        return (0,) if LAYER0 in self.given else ()

    def check(self, study: Study) -> None:
        """Raise ConfigError for a task or a probe without probabilities of classes."""
        if study.labels.kind != "class" or not isinstance(study.probe, Linear):
            raise ConfigError(
                "analysis=information needs classes, and their probabilities from probe=linear or probe=mdl; it has "
                f"task={study.task.name} probe={study.probe.name}. Type task=pos probe=linear, or leave it out"
            )

    def __call__(self, study: Study) -> Findings:
        """Rows on test per layer: bits, Brier score, ECE and, for two classes, AUROC and average precision.

        Items of a class that train does not have have no finite bits: bits leave them out, and a note counts them. For
        Brier score and ECE they are errors.
        """
        target = study.items.targets[TASK]
        gold, read = target.flat("test"), self._read(study)
        given = [name for name in dict.fromkeys(self.given) if name != WORD or target.level == "word"]
        tallies, notes = [], []
        for name in given:
            found, stopped = conditional(study, name, self.folds)
            tallies += found
            notes += stopped
        if len(given) < len(set(self.given)):
            notes.append(Note("skipped", f"information: labels of {target.level} items have no word type"))
        unknown = int((gold >= target.n_classes).sum())
        if unknown:
            text = f"information: bits leave out {unknown:,} items of test whose class train does not have"
            notes.append(Note("skipped", text))
        sample = f"{len(gold):,} items of test"
        facts = {"sample": sample, "given": stated(given, self.folds), "bins": self.bins}
        if target.n_classes == 2:
            facts["positive"] = study.labels.classes[1]
        rows = [*_rows(study, read), *_measured(study, tallies)]
        return Findings(tuple(rows), facts=facts, notes=(*notes, Note("sample", f"information: {sample}")))

    def _read(self, study: Study) -> dict[str, Floats]:
        """Sums by sentence of test and layer: bits and information by target, Brier score, overconfidence by bin.

        Those of the control are of each draw. ``margin`` (N, L) is not summed: the log-odds of the last class against
        the first.
        """
        shape = (len(study.corpus.splits["test"]), len(study.layers))
        found = {name: np.zeros(shape) for name in ("bits", "brier", TASK)}
        found |= {"gaps": np.zeros((*shape, self.bins)), CONTROL: np.zeros((*shape, study.options.controls))}
        found["margin"] = np.zeros((len(study.items.targets[TASK].flat("test")), shape[1]))
        for place, layer in enumerate(study.layers):
            test = study.items.vectors.layer(layer)["test"]
            for prediction in _of_layer(study, layer):
                log_p, gold, information = _information(prediction, test)
                sums = by_sentence(np.nan_to_num(information), study)
                if prediction.target == CONTROL:
                    found[CONTROL][:, place, prediction.draw] = sums
                else:
                    found[TASK][:, place] = sums
                    found["bits"][:, place] = by_sentence(np.nan_to_num(gold_bits(log_p, gold)), study)
                    found["brier"][:, place] = by_sentence(squared_errors(log_p, gold), study)
                    found["gaps"][:, place] = by_sentence(overconfidence(log_p, gold, self.bins), study)
                    found["margin"][:, place] = log_p[:, -1] - log_p[:, 0]
        return found


def _of_layer(study: Study, layer: int) -> list[Prediction]:
    """The task and its controls; labels that can only be memorised tell nothing of other sentences."""
    return [p for p in study.predictions if p.layer == layer and p.fit is not None and p.target in (TASK, CONTROL)]


def _information(prediction: Prediction, test: NDArray[np.float32]) -> tuple[Floats, NDArray[np.int64], Floats]:
    """Log-probabilities (N, C), gold classes (N,), and the bits that each label is cheaper than without vectors."""
    assert prediction.fit is not None  # only predictions of probes are given
    log_p, target = probabilities(prediction.fit, test, prediction.fit.scale), prediction.gold
    gold = target.flat("test")
    without = label_bits(target.flat("train"), gold, target.n_classes)
    return log_p, gold, without - gold_bits(log_p, gold)


def _rows(study: Study, read: Mapping[str, Floats]) -> list[Measurement]:
    """Rows of the trained probes, from what ``_read`` found."""
    target, where = study.items.targets[TASK], (study.probe.name, "test")
    gold, run = target.flat("test"), (study.options.seed, study.resampling("test"))
    items = by_sentence(np.ones(len(gold)), study)
    known = by_sentence((gold < target.n_classes).astype(float), study)
    without = by_sentence(np.nan_to_num(label_bits(target.flat("train"), gold, target.n_classes)), study)
    tallies = [
        Tally("cross_entropy_bits", TASK, *where, study.layers, read["bits"], known),
        Tally("brier", TASK, *where, study.layers, read["brier"], items),
        Tally("label_entropy_bits", "label frequencies alone", *where, (0,), without[:, None], known),
    ]
    rows = _measured(study, tallies)
    draws = np.moveaxis(read[CONTROL], 2, 0) if any(p.target == CONTROL for p in study.predictions) else ()
    rows += information_rows(study.layers, (read[TASK], known), [(draw, items) for draw in draws], run)
    rows += calibration_rows(study.layers, read["gaps"], items, run)
    if target.n_classes == 2:
        sentence = np.repeat(np.arange(len(items)), items.astype(int))
        rows += ranking_rows(study.layers, read["margin"], gold, sentence, run)
    return rows


def _measured(study: Study, tallies: list[Tally]) -> list[Measurement]:
    """Rows of ``tallies``; what reads no vectors of a layer of its own (``… alone``) has no layer."""
    rows = measure_tallies(tallies, study.options.seed, study.resampling("test"))
    return [replace(row, layer=None) if row.target.endswith(" alone") else row for row in rows]
