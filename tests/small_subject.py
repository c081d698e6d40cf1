"""A small classifier to diagnose: a tiny BERT with random weights, probes on all layers, sentences of the grammar."""

import runpy
from pathlib import Path

from probing.analysis.study import Study
from probing.analysis.study_options import Options
from probing.data.grammar import Grammar
from probing.diagnosis.subject import Subject
from probing.model.checkpoint import Model, resolve
from probing.probe.linear import Linear
from probing.probe.saved import Saved, folded
from probing.store.key import Store
from probing.task.sentences import SentenceTask

ERRORS = {0: 0.625, 1: 0.375, 2: 0.5, 3: 0.5}  # of the probes on test, as they are shown


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
    return Subject(study, saved, ERRORS, probe_layer=2)
