"""One function per stage of a run; ``pipelines.run`` calls them in the order in which they stand here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.running.config import Experiment
from pipelines.running.provenance import Notes
from pipelines.shared.machine import device_of, probe_device
from probing.axes import SPLITS, Corpus, Labels, Progress, Split
from probing.errors import ModelError
from probing.model.checkpoint import Checkpoint, Model, resolve
from probing.probe.baselines import baselines
from probing.probe.fit import TASK, Setting, Target
from probing.result.score import Prediction
from probing.rng import generator
from probing.store.key import key, key_parts
from probing.store.layout import StoreFile
from probing.store.vectors import Vectors, check_layers
from probing.store.write import ensure


def extract(
    experiment: Experiment,
    model: Model,
    checkpoint: Checkpoint,
    corpus: Corpus,
    provenance: Mapping[str, Any],
    on_progress: Progress,
) -> StoreFile:
    """The representations of ``corpus``: read from the store, or computed once and written there."""
    layers = experiment.settings.layers
    parts = key_parts(experiment.store, model, checkpoint, corpus)
    described = {"key": key(parts), **parts, "model": checkpoint.name, "data": corpus.name, **provenance}

    def load() -> Any:
        from probing.model import encoder

        found = encoder.load(model, checkpoint, device_of(experiment.settings.device))
        if layers != "all":
            check_layers(layers, found.n_layers)
        return found

    path = ensure(experiment.store, f"{checkpoint.name}-{corpus.name}", described, corpus, load, on_progress)
    store = StoreFile(path)
    if layers != "all":
        check_layers(layers, store.n_layers)
    return store


def layers_of(experiment: Experiment, store: StoreFile) -> list[int]:
    """The layers to probe, in order."""
    chosen = experiment.settings.layers
    return list(range(store.n_layers)) if chosen == "all" else list(chosen)


@dataclass(frozen=True)
class Items:
    """The labelled items that have a vector: their vectors, and per split and sentence which words they are."""

    vectors: Vectors
    targets: Mapping[str, Target]
    words: Mapping[Split, Sequence[NDArray[np.int64]]]


def pair_up(experiment: Experiment, corpus: Corpus, labels: Labels, store: StoreFile, notes: Notes) -> Items:
    """Vectors with their labels and controls; items without a vector or a label are dropped and counted."""
    task, settings = experiment.task, experiment.settings
    cls_position = str(store.provenance["cls_position"])
    vectors = Vectors(store, labels.level, task.vector, cls_position)
    labelled = _labelled(labels)
    keep = vectors.available & labelled
    for count, reason in ((~vectors.available).sum(), "have no vector"), ((~labelled).sum(), "have no label"):
        if count:
            notes.add("skipped", f"{count:,} {labels.level} items {reason} and are left out")
    controls = {
        _control_name(draw): task.control(corpus, labels, generator(settings.seed + draw, "control", task.name))
        for draw in range(settings.controls)
    }
    cut = _cut(labels, keep)
    targets = {name: _target(found, cut) for name, found in {TASK: labels, **controls}.items()}
    for split in SPLITS:
        if not any(np.size(v) for v in targets[TASK].values[split]):
            raise ModelError(f"no item of {split} has both a label and a vector; nothing can be probed")
    return Items(vectors.select(keep), targets, cut)


def _control_name(draw: int) -> str:
    return f"control{draw}"


def _labelled(labels: Labels) -> NDArray[np.bool_]:
    flags = []
    for split in SPLITS:
        for values in labels.values[split]:
            known = values >= 0 if labels.kind == "class" else ~np.isnan(values.astype(float))
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


def _target(labels: Labels, cut: Mapping[Split, Sequence[NDArray[np.int64]]]) -> Target:
    values = {
        split: [v[np.ix_(*[c] * v.ndim)] for v, c in zip(labels.values[split], cut[split], strict=True)]
        for split in SPLITS
    }
    return Target(labels.level, labels.kind, len(labels.classes), values)


def probe(
    experiment: Experiment, items: Items, layers: Sequence[int], notes: Notes, on_progress: Progress
) -> list[Prediction]:
    """Fit the probe to the task and its controls on every layer."""
    seed = experiment.settings.seed
    setting = Setting(seed, probe_device(experiment.settings.device), on_progress)
    found = []
    for fit in experiment.probe.fit(items.vectors, items.targets, layers, setting):
        draw = 0 if fit.target == TASK else int(fit.target.removeprefix("control"))
        name = TASK if fit.target == TASK else "control"
        found.append(Prediction(name, fit.layer, seed + draw, items.targets[fit.target], fit.predicted, fit))
        if not fit.converged:
            notes.add("unconverged", f"{name}, layer {fit.layer}: stopped before convergence")
    # the task before its controls, metric by metric: selectivity needs the task's statistics
    return sorted(found, key=lambda p: p.target != TASK)


def floor(experiment: Experiment, corpus: Corpus, items: Items) -> list[Prediction]:
    """The baselines that read no vector."""
    target = items.targets[TASK]
    words = {
        split: [
            [s.words[i] for i in c] if target.level == "word" else []
            for s, c in zip(corpus.splits[split], items.words[split], strict=True)
        ]
        for split in SPLITS
    }
    seed = experiment.settings.seed
    return [Prediction(name, None, seed, target, found) for name, found in baselines(target, words).items()]


def untrained(
    experiment: Experiment,
    corpus: Corpus,
    labels: Labels,
    provenance: Mapping[str, Any],
    notes: Notes,
    on_progress: Progress,
) -> list[Prediction]:
    """The same probe on the same architecture with random weights."""
    twin = replace(experiment.model, untrained_seed=experiment.settings.seed)
    store = extract(experiment, twin, resolve(twin), corpus, provenance, on_progress)
    items = pair_up(experiment, corpus, labels, store, notes)
    alone = replace(items, targets={TASK: items.targets[TASK]})
    found = probe(experiment, alone, layers_of(experiment, store), notes, on_progress)
    return [replace(p, target="untrained", fit=None) for p in found]
