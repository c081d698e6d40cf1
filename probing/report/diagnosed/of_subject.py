"""A diagnosis of a subject, with what its pages say of the whole."""

from collections.abc import Mapping, Sequence
from typing import Any

from probing.diagnosis.diagnosed_text import DiagnosedText
from probing.diagnosis.head_caveats import head_caveats
from probing.diagnosis.subject import Subject
from probing.report.diagnosed.diagnosed_record import Diagnosis


def diagnosis_of_texts(
    subject: Subject,
    texts: Sequence[DiagnosedText],
    provenance: Mapping[str, Any],
    *,
    shown: str | None = None,
    stand_ins: Sequence[str] = (),
) -> Diagnosis:
    """The record that pages, rows.csv and diagnosis.json are made of. shown: what the overview lists, in its title."""
    study = subject.study
    model = study.checkpoint.name
    return Diagnosis(
        f"{model} on {study.corpus.name}, {study.task.name}: {shown or f'diagnosed texts ({len(texts)})'}",
        f"{subject.described} of {model}",
        subject.classes,
        subject.names,
        texts,
        caveats=head_caveats(subject),
        stand_ins=stand_ins,
        provenance=provenance,
    )
