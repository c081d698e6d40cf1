"""The short way to a diagnosis: why a classifier gets a text wrong."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from probing.analysis.prediction_tables import probes_to_save
from probing.analysis.study import Study
from probing.attention.interventions.prompt_head import Prompt
from probing.diagnosis.diagnosed_text import diagnosed_text
from probing.diagnosis.head_reference import head_reference
from probing.diagnosis.probed_subject import check_label, probed_subject, whole_text
from probing.diagnosis.text_gain import OnDev
from probing.errors import ConfigError, shown
from probing.interface.estimator import Probe
from probing.interface.text_diagnoses import TextDiagnoses
from probing.report.diagnosed.of_subject import diagnosis_of_texts
from probing.report.of_probe import provenance_of

EXAMPLE = 'probing.diagnose(probe, "It was not boring", "positive")'
FIT = "probe = probing.fit_probe(probing.extract(model, corpus), task='sentiment')"  # every layer


def diagnose(
    probe: Probe,
    text: str | Sequence[str],
    label: str | Sequence[str],
    *,
    prompt: str | None = None,
    answers: Mapping[str, str] | None = None,
) -> TextDiagnoses:
    """Find out why a classifier gets a text wrong: where the answer turns, which words and heads count, what to mend.

    Args:
        probe: from ``fit_probe``, for a task that gives a class to sentences, on all layers. It brings the model and
            the corpus. The classifier that is diagnosed is the model's own head if it was loaded with ``head=True`` and
            has one for these classes; otherwise the probe on the layer that is best on dev.
        text: a text as it is written, or a list of texts.
        label: its right label, one of ``probe.classes_``; of a list of texts one for each.
        prompt: of a causal model whose next word is the answer: what it reads, with ``{text}`` where the text stands.
        answers: with ``prompt``: by class, what the model goes on with, as in ``{"positive": " good", …}``.

    Returns:
        The diagnosis: ``.verdict``, ``.answer``, ``.confidence``, ``.evidence``; all numbers as a table with
        ``.to_frame()``; pages with ``.save(folder)``. A notebook shows the page. ``found[0]`` is the first of several
        texts. The numbers are those of ``python -m pipelines.diagnose``.

    Raises:
        ConfigError: no such probe, a label that is no class of train, a text without a label.
        DataError: a text that is empty, or longer than the model's window.
        ModelError: the classes of the model's own head are not those of the corpus.

    Examples:
        >>> import probing
        >>> vectors = probing.extract(probing.load_model("minilm"), probing.load_corpus("grammar", max_sentences=40))
        >>> probe = probing.fit_probe(vectors, task="sentiment")
        >>> found = probing.diagnose(probe, "It was good", "positive")
        >>> found.label
        'positive'
        >>> sorted(found.to_frame()["what"].unique())[:3]
        ['answer', 'answer without the word', 'attends to']
    """
    study = _study_of(probe)
    texts, labels = _paired(text, label)
    names = ["label"] if isinstance(label, str) else [f"label {n}" for n in range(1, len(labels) + 1)]
    for name, one in zip(names, labels, strict=True):
        check_label(name, one, study.labels)
    subject = probed_subject(study, probes_to_save(study), probe.to_frame(), _prompt(prompt, answers))
    befores = [""] if isinstance(text, str) else [f"text {n}: " for n in range(1, len(texts) + 1)]
    sentences = [whole_text(subject, one, before) for one, before in zip(texts, befores, strict=True)]
    means, on_dev, classes = head_reference(subject), OnDev(subject), subject.classes
    found = [
        diagnosed_text(subject, sentence, classes.index(one), means, on_dev)
        for sentence, one in zip(sentences, labels, strict=True)
    ]
    return TextDiagnoses(diagnosis_of_texts(subject, found, _provenance(study)))


def _study_of(probe: object) -> Study:
    """The study of a probe on all layers. Raises: ConfigError, with what to type, for anything else."""
    if not isinstance(probe, Probe):
        raise ConfigError(f"{shown(repr(probe))}: a probe on all layers is expected first; type {FIT}, then {EXAMPLE}")
    study = probe.study_
    if (study.labels.level, study.labels.kind) != ("sentence", "class"):
        raise ConfigError(
            f"the probe is of task={study.task.name}: a diagnosis is of a classifier of sentences; type {FIT}, or load "
            "a corpus with sentences and labels of your own"
        )
    if study.options.layers is not None:
        raise ConfigError(f"the probe is on layer {probe.layer_} alone; a diagnosis reads all layers; type {FIT}")
    return study


def _paired(text: str | Sequence[str], label: str | Sequence[str]) -> tuple[list[str], list[str]]:
    """Texts and their labels. Raises: ConfigError."""
    pairs = (("text", text), ("label", label))
    for name, given in pairs:
        if not isinstance(given, Sequence) or not given or not all(isinstance(one, str) for one in given):
            raise ConfigError(f"{name}={shown(repr(given))}: a string is expected, or a list of them; type {EXAMPLE}")
    texts, labels = ([given] if isinstance(given, str) else list(given) for given in (text, label))
    if isinstance(text, str) != isinstance(label, str) or len(texts) != len(labels):
        seen = [f"a {name}" if isinstance(given, str) else f"a list of {len(given)} {name}s" for name, given in pairs]
        raise ConfigError(f"{seen[0]} and {seen[1]} are given; give a list of texts a list with one label for each")
    if empty := [number for number, one in enumerate(texts, start=1) if not one.strip()]:
        which = "text" if isinstance(text, str) else f"text {empty[0]}"
        raise ConfigError(f"{which} is empty; type {EXAMPLE}")
    return texts, labels


def _prompt(prompt: str | None, answers: Mapping[str, str] | None) -> Prompt | None:
    if (prompt is None) != (answers is None):
        raise ConfigError("prompt= and answers= belong together: give both, or neither")
    return None if prompt is None else Prompt(prompt, dict(answers or {}))


def _provenance(study: Study) -> dict[str, Any]:
    """As JSON holds it."""
    found: dict[str, Any] = json.loads(json.dumps(provenance_of(study), default=str))
    return found
