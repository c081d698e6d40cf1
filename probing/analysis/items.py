"""Items: words, sentences, pairs or mentions with a label and a vector, on which probes and controls are trained."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probing.axes import ITEMS, SPLITS, Corpus, IntArray, Labels, Note, Places, Split
from probing.errors import ModelError
from probing.probe.fit import SCORED, TASK, InputSize, Probe, Setting, Target
from probing.probe.pair_probe import TWO_VECTORS
from probing.result.score import CONTROL, MEMORISATION, Prediction
from probing.rng import generator
from probing.store.layout import StoreFile
from probing.store.vectors import Vectors
from probing.task.labels import Form, Task, with_product
from probing.task.unseen_labels import unseen_notes

Cut = Mapping[Split, Sequence[NDArray[np.int64]]]  # the places of kept items among those of each sentence


@dataclass(frozen=True, eq=False)
class Items:
    """Items that have both a vector and a label.

    targets: the task and its controls (``control0`` …) by name; see ``Task.memorised`` on which sentences a control is
    scored. words: per split and sentence the positions of the items' words (0 for a sentence). notes: what was left
    out. places: of edges and mentions, per split and sentence.
    """

    vectors: Vectors
    targets: Mapping[str, Target]
    words: Mapping[Split, Sequence[IntArray]]
    notes: tuple[Note, ...] = ()
    places: Mapping[Split, Sequence[Places]] | None = None


def pair_up(
    task: Task,
    labels: Labels,
    store: StoreFile,
    controls: Mapping[str, Labels],
    inside: NDArray[np.bool_] | None = None,
) -> Items:
    """Stored vectors with their labels, and with those of ``controls``, by name; as ``paired``."""
    position = str(store.provenance["cls_position"])
    vectors = Vectors(store, labels.level, task.vector, position, labels.places, with_product(task))
    return paired(task, labels, vectors, controls, inside)


def paired(
    task: Task,
    labels: Labels,
    vectors: Vectors,
    controls: Mapping[str, Labels],
    inside: NDArray[np.bool_] | None = None,
) -> Items:
    """Vectors with their labels, and with those of ``controls``, by name.

    ``inside``: which items take part, in the order of splits and sentences; None: all. Items without a vector or
    without a label are left out and counted. Raises: ModelError if a split has no item left.
    """
    has_label = _labelled(labels)
    keep = vectors.available & has_label
    reasons = {"have no vector": ~vectors.available, "have no label": ~has_label}
    notes = tuple(
        Note("skipped", f"{found.sum():,} {ITEMS[labels.level]} {reason} and are left out")
        for reason, found in reasons.items()
        if found.any()
    )
    if inside is not None:
        keep &= inside
    cut = _cut(labels, keep)
    scored = ("train",) if task.memorised else SCORED
    targets = {TASK: _target(labels, cut)}
    targets |= {name: replace(_target(found, cut), scored=scored) for name, found in controls.items()}
    for split in SPLITS:
        if not any(np.size(v) for v in targets[TASK].values[split]):
            raise ModelError(
                f"no item of {split} has both a label and a vector, so there is nothing to probe; choose another task "
                "or corpus"
            )
    unseen = unseen_notes(replace(labels, values=targets[TASK].values))
    all_notes = (*labels.notes, *notes, *(Note("caveat", text) for text in unseen))
    return Items(vectors.select(keep), targets, _words(labels, cut), all_notes, _places(labels, cut))


def input_size(
    task: Task, labels: Labels, inside: NDArray[np.bool_] | None, model_width: int, layers: Sequence[int]
) -> InputSize:
    """What a probe will read of a model whose vectors have ``model_width`` features. inside: as for ``paired``."""
    keep = _labelled(labels) if inside is None else _labelled(labels) & inside
    part = model_width * (2 if task.vector == "ends" else 1)
    n_parts = 2 if labels.level in TWO_VECTORS and task.vector != "cls" else 1
    with_it = n_parts == 2 and with_product(task)
    return InputSize(int(keep.sum()), part * (n_parts + with_it), part, layers)


def labelled(labels: Labels) -> tuple[Target, Mapping[Split, Sequence[IntArray]]]:
    """The labels without a model: as a target, and per split and sentence the positions of the labelled items."""
    cut = _cut(labels, _labelled(labels))
    return _target(labels, cut), _words(labels, cut)


def _places(labels: Labels, cut: Cut) -> dict[Split, list[Places]] | None:
    """The places of the items that are kept; None where items have none."""
    if labels.places is None:
        return None
    found = {split: zip(labels.places[split], cut[split], strict=True) for split in SPLITS}
    return {split: [Places(p.words[c], p.spans[c]) for p, c in each] for split, each in found.items()}


def _words(labels: Labels, cut: Cut) -> Mapping[Split, Sequence[IntArray]]:
    """The positions of the words by which the kept items are known."""
    places = _places(labels, cut)
    return cut if places is None else {split: [p.words for p in found] for split, found in places.items()}


def control(task: Task, corpus: Corpus, labels: Labels, drawn: tuple[int, int], form: Form = str) -> Labels:
    """One draw of a control task. Its random stream depends on seed and draw, so that no two draws are equal."""
    seed, draw = drawn
    return task.control(corpus, labels, generator(seed, "control", task.name, f"draw {draw}"), form)


def control_name(draw: int) -> str:
    """The name of a draw of the control task among targets."""
    return f"control{draw}"


def draw_of(name: str) -> int | None:
    """The draw from a name given by ``control_name``; None for any other target."""
    return int(name.removeprefix("control")) if name.startswith("control") else None


def fit_probes(probe: Probe, items: Items, layers: Sequence[int], setting: Setting) -> tuple[Prediction, ...]:
    """The probe of every layer, fitted to the task and to its controls, with its predictions; the task first."""
    found = []
    for fit in probe.fit(items.vectors, items.targets, layers, setting):
        draw, gold = draw_of(fit.target), items.targets[fit.target]
        name = TASK if draw is None else CONTROL if "test" in gold.scored else MEMORISATION
        predicted = {split: fit.predicted[split] for split in gold.scored if split in fit.predicted}
        found.append(Prediction(name, fit.layer, setting.seed, gold, predicted, fit, draw))
    # the task comes before its controls, because selectivity needs the statistics of the task
    return tuple(sorted(found, key=lambda prediction: prediction.target != TASK))


def _labelled(labels: Labels) -> NDArray[np.bool_]:
    flags = []
    for split in SPLITS:
        for values in labels.values[split]:
            known = values >= 0 if labels.kind != "scalar" else ~np.isnan(values.astype(float))
            flags.append(known.all(axis=1) if values.ndim == 2 else known)
    return np.concatenate(flags)


def _cut(labels: Labels, keep: NDArray[np.bool_]) -> dict[Split, list[NDArray[np.int64]]]:
    """Per split and sentence, the positions that are kept."""
    cut: dict[Split, list[NDArray[np.int64]]] = {split: [] for split in SPLITS}
    at = 0
    for split in SPLITS:
        for values in labels.values[split]:
            cut[split].append(np.flatnonzero(keep[at : at + len(values)]))
            at += len(values)
    return cut


def _target(labels: Labels, cut: Cut) -> Target:
    values = {
        split: [v[np.ix_(*[c] * v.ndim)] for v, c in zip(labels.values[split], cut[split], strict=True)]
        for split in SPLITS
    }
    if labels.kind == "position":
        values = {s: [_among(v, c) for v, c in zip(values[s], cut[s], strict=True)] for s in SPLITS}
    return Target(labels.level, labels.kind, len(labels.classes), values)


def _among(values: NDArray[Any], kept: NDArray[np.int64]) -> NDArray[np.int64]:
    """Places in a sentence as places among the words that are ``kept``; -1, always wrong, for a word that is not."""
    at = np.searchsorted(kept, values)
    found = at < len(kept)
    found[found] = kept[at[found]] == values[found]
    return np.where(found, at, -1)
