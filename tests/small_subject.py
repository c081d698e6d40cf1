"""A small classifier to diagnose: a tiny BERT with random weights, probes on all layers, sentences of the grammar."""

import runpy
from dataclasses import replace
from pathlib import Path

from probing.analysis.study import Study
from probing.analysis.study_options import Options
from probing.data.grammar import Grammar
from probing.diagnosis.subject import Subject
from probing.model.checkpoint import Checkpoint, Model, resolve
from probing.model.new_head import save_classifier, with_new_head
from probing.probe.linear import Linear
from probing.probe.saved import Saved, folded
from probing.store.key import Store
from probing.task.labels import Task
from probing.task.sentences import SentenceTask
from probing.task.words import WordTask

ERRORS = {0: 0.625, 1: 0.375, 2: 0.5, 3: 0.5}  # of the probes on test, as they are shown


def subject(folder: Path, task: Task | None = None) -> Subject:
    """Diagnosed is the probe of layer 2. task: sentiment of a sentence, unless given. Files go to ``folder``."""
    build = runpy.run_path(str(Path(__file__).parent / "model" / "conftest.py"))["build"]
    model = Model(str(build("bert", folder / "tiny")))
    asked: Task = task or SentenceTask("sentiment")
    study = Study(
        corpus=Grammar(name="grammar", train=80, dev=60, test=30).load(),
        task=asked,
        model=model,
        checkpoint=resolve(model),
        probe=Linear("linear", [1e-2]),
        store=Store(str(folder / "store")),
        options=Options(resamples=200),
    )
    fits = [made.fit for made in study.predictions if made.fit is not None]
    weights, intercepts = folded(fits, "class")
    encoder = study.encoder
    about = (asked.name, asked.level, "class", "mean", encoder.cls_position, study.labels.classes)
    saved = Saved(*about, "revision", "run", weights, intercepts)
    return Subject(study, saved, ERRORS, probe_layer=2)


def of_words(folder: Path) -> Subject:
    """The same of words: their parts of speech."""
    return subject(folder, WordTask("pos"))


def with_constant_head(probed: Subject, folder: Path, answer: str) -> Subject:
    """The same probes of words, and a head of the model's own that gives every word one class, whatever it reads.

    Its classes stand in reversed order. The checkpoint is written to ``folder``.
    """
    import torch

    checkpoint: Checkpoint = probed.study.checkpoint
    names = [*reversed(probed.classes)]
    full = with_new_head(checkpoint, "word", names, None, 3)
    with torch.no_grad():
        full.classifier.weight.zero_()
        full.classifier.bias.copy_(torch.tensor([2.0 * (name == answer) for name in names]))
    save_classifier(full, checkpoint, folder)
    model = Model(str(folder))
    old = probed.study
    parts = {name: getattr(old, name) for name in ("corpus", "task", "probe", "store", "options")}
    study = Study(**parts, model=model, checkpoint=resolve(model), with_head=True)
    return replace(probed, study=study)
