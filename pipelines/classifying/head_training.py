"""A head fitted on a corpus, and what the classifier scores: nothing is written here but a folder for the encoder."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines.classifying.wanted import Wanted
from pipelines.shared.machine import device_of, probe_device
from probing.analysis.head_items import HeadItems, head_items
from probing.axes import SPLITS, Corpus, Labels, Progress
from probing.errors import DataError, ModelError
from probing.model.checkpoint import resolve
from probing.model.saved_head import ModelHead
from probing.probe.fit import Setting
from probing.probe.head_fit import HeadFit, apply_head, fit_head
from probing.result.bootstrap import Score, interval
from probing.result.metrics import accuracy
from probing.result.resampling import Resampling, described, units_of

if TYPE_CHECKING:
    from probing.model.encoder import Encoder


@dataclass(frozen=True)
class SplitScore:
    """Accuracy on one split with its interval, beside that of the most frequent class of train.

    over: what was resampled. left_out: items without a vector, by reason.
    """

    split: str
    accuracy: Score
    majority: Score
    over: str
    left_out: Mapping[str, int]


@dataclass(frozen=True, eq=False)
class Fitted:
    """A trained head, how it was fitted, its scores by split, and the class that the majority baseline gives."""

    head: ModelHead
    fit: HeadFit
    scores: Sequence[SplitScore]
    most_frequent: str


def encoder_in(this: Wanted, folder: Path) -> "Encoder":
    """The classifier in ``folder``, loaded with its head. Raises ModelError if its head cannot be read apart."""
    from probing.model.encoder import load

    model = replace(this.model, checkpoint=str(folder), revision=None)
    encoder = load(model, resolve(model), device_of(this.settings.device), head=True)
    if encoder.head is None:
        why = next((note for note in encoder.notes if "head is left out" in note), "its head has missing weights")
        raise ModelError(f"{this.model.checkpoint}: no head can be trained: {why}")
    return encoder


def fitted(this: Wanted, corpus: Corpus, labels: Labels, encoder: "Encoder", on_progress: Progress) -> Fitted:
    """Fit the head of ``encoder``, in place, on train, with the strength that dev chooses, and score every split."""
    head, items = encoder.head, {}
    assert head is not None
    for split in SPLITS:
        values: Sequence[Any] = labels.values[split]
        items[split] = head_items(encoder, corpus.splits[split], values, on_progress)
        if not len(items[split].vectors):
            raise DataError(f"{split} of {corpus.name} has no item with a label and a vector; choose another corpus")
    setting = Setting(this.settings.seed, probe_device(this.settings.device), on_progress)
    vectors = {split: found.vectors for split, found in items.items()}
    flat = {split: np.concatenate(found.labels) for split, found in items.items()}
    fit = fit_head(head, vectors, flat, this.probe, setting)
    most = int(np.bincount(flat["train"]).argmax())
    scores = [_score(this, corpus, split, found, head, most) for split, found in items.items()]
    return Fitted(head, fit, scores, labels.classes[most])


def _score(this: Wanted, corpus: Corpus, split: str, items: HeadItems, head: ModelHead, most: int) -> SplitScore:
    resampling = Resampling(this.settings.resamples, units_of(corpus.splits[split]))
    counts = resampling.counts("bootstrap", split)
    ends = np.cumsum([len(one) for one in items.labels])[:-1]
    predicted = np.split(apply_head(head, items.vectors).argmax(axis=1), ends)
    majority = [np.full_like(one, most) for one in items.labels]
    found, baseline = (interval(accuracy(items.labels, one), counts) for one in (predicted, majority))
    return SplitScore(split, found, baseline, described(resampling.units), items.left_out)
