"""What a reader of the scores must know: where they come from and what limits them."""

import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from omegaconf import OmegaConf

from pipelines.running.config import Experiment
from pipelines.shared.options import CONF
from pipelines.shared.versions import code_version
from probing.axes import Corpus
from probing.data.corpus import fingerprint
from probing.model.checkpoint import Checkpoint
from probing.probe.fit import TASK
from probing.result.score import Prediction
from probing.store.layout import StoreFile

# what changes no number: where things land, and on what they are computed
NOT_IN_THE_ID = ("tag", "outputs", "device", "threads", "strict")


@dataclass
class Notes:
    """What a reader of the scores must know: substituted, rebuilt, skipped, truncated, unconverged, caveat."""

    entries: list[dict[str, str]] = field(default_factory=list)

    def add(self, kind: str, text: str) -> None:
        """Say it once, now and in the manifest."""
        if {"kind": kind, "text": text} not in self.entries:
            self.entries.append({"kind": kind, "text": text})


def caveats(
    experiment: Experiment, store: StoreFile, scoring: Sequence[str], found: Sequence[Prediction], notes: Notes
) -> None:
    """What limits the reading of the scores."""
    for reason, count in store.index.counts.items():
        if count:
            notes.add("truncated" if "truncated" in reason else "skipped", f"{reason.replace('_', ' ')}: {count:,}")
    if store.provenance["final_norm"]:
        last = store.n_layers - 1
        notes.add("caveat", f"layer {last} has passed the model's final layer norm, the layers below it have not")
    notes.add("caveat", f"control: {experiment.task.control_note}")
    strengths = getattr(experiment.probe, "l2", None)
    edge = [p.layer for p in found if p.target == TASK and p.fit and strengths and _at_edge(p.fit.chosen, strengths)]
    if edge:
        notes.add("caveat", f"l2 was chosen at the end of its grid on layers {edge}; a wider probe.l2 may score higher")
    for text in scoring:
        notes.add("caveat", text)


def _at_edge(chosen: Mapping[str, float], strengths: Sequence[float]) -> bool:
    # the weak end of a ridge is ordinary least squares: nothing lies beyond it
    weakest = min(strengths) if "objective_nats" in chosen else None
    return len(strengths) > 1 and chosen.get("l2") in (weakest, max(strengths))


def selected(found: Sequence[Prediction]) -> list[dict[str, Any]]:
    """What was chosen on dev, per layer and target."""
    return [
        {
            "layer": p.layer,
            "target": p.target,
            "seed": p.seed,
            "dev": p.fit.dev_score,
            "converged": p.fit.converged,
            **p.fit.chosen,
        }
        for p in found
        if p.fit is not None
    ]


def identify(experiment: Experiment, checkpoint: Checkpoint, corpus: Corpus) -> str:
    """Twelve digits that stand for everything that a number of this run depends on, but the code."""
    settings = {k: v for k, v in vars(experiment.settings).items() if k not in NOT_IN_THE_ID}
    task, probe = ([type(part).__name__, vars(part)] for part in (experiment.task, experiment.probe))
    model = {k: getattr(experiment.model, k) for k in ("precision", "long", "max_subwords")}
    store = {k: getattr(experiment.store, k) for k in ("dtype", "batch_subwords")}
    if experiment.attention.name != "none":
        store["maps"] = experiment.store.attention.sentences
    attention = vars(experiment.attention) if experiment.attention.name != "none" else "none"
    parts = [settings, task, probe, attention, model, store, checkpoint.revision, fingerprint(corpus)]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:12]


def describe(experiment: Experiment, checkpoint: Checkpoint, corpus: Corpus) -> dict[str, Any]:
    """Configuration and provenance for the manifest."""
    return {
        "config": OmegaConf.to_container(experiment.config),
        "command": " ".join(["python -m pipelines.run", *sys.argv[1:]]),
        "commit": code_version(CONF.parent),
        "checkpoint": {
            "name": checkpoint.name,
            "revision": checkpoint.revision,
            "requested": experiment.stand_ins.get("model", checkpoint.name),
            "stand_in": "model" in experiment.stand_ins,
        },
        "data": {
            "name": corpus.name,
            "requested": experiment.stand_ins.get("data", corpus.name),
            "stand_in": "data" in experiment.stand_ins,
            "fingerprint": fingerprint(corpus),
            "sentences": {split: len(sentences) for split, sentences in corpus.splits.items()},
            "skipped": dict(corpus.skipped),
        },
    }
