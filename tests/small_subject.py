"""A small classifier to diagnose: a tiny BERT with random weights, probes on all layers, sentences of the grammar."""

import runpy
from pathlib import Path

import numpy as np

from probing.analysis.study import Study
from probing.analysis.study_options import Options
from probing.data.grammar import Grammar
from probing.diagnosis.subject import Subject
from probing.model.checkpoint import Model, resolve
from probing.probe.linear import Linear
from probing.probe.saved import Saved, folded
from probing.store.key import Store
from probing.task.sentences import SentenceTask

LAYERS = (0, 1, 2, 3)


def subject(folder: Path) -> Subject:
    """Diagnosed is the probe of layer 2. Files are written to ``folder``."""
    build = runpy.run_path(str(Path(__file__).parent / "model" / "conftest.py"))["build"]
    model = Model(str(build("bert", folder / "tiny")))
    study = Study(
        corpus=Grammar(name="grammar", train=80, dev=60, test=30).load(),
        task=SentenceTask("sentiment"),
        model=model,
        checkpoint=resolve(model),
        probe=Linear("linear", [1e-2]),
        store=Store(str(folder / "store")),
        options=Options(resamples=200),
    )
    fits = [made.fit for made in study.predictions if made.fit is not None]
    weights, intercepts = folded(fits, "class")
    encoder = study.encoder
    about = ("sentiment", "sentence", "class", "mean", encoder.cls_position, study.labels.classes)
    saved = Saved(*about, "revision", "run", weights, intercepts)
    return Subject(study, saved, errors(study), probe_layer=2)


def errors(study: Study) -> dict[int, float]:
    """The share of wrong answers of each layer's probe on test, counted here."""
    gold = np.array([study.labels.values["test"][n][0] for n in range(len(study.corpus.splits["test"]))])
    probes = [made for made in study.predictions if made.target == "task"]
    return {made.layer: float((np.concatenate(made.predicted["test"]) != gold).mean()) for made in probes}
