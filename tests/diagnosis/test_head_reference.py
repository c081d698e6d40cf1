"""Means that replace heads, and what is said where there are none."""

from dataclasses import replace

import numpy as np

from probing.analysis.text_parts import reference
from probing.diagnosis.diagnosed_text import diagnosed_text
from probing.diagnosis.edited_texts import text_sentence
from probing.diagnosis.head_reference import head_reference
from probing.errors import ModelError

TEXT = "The movie was unexpectedly not boring"


def test_means_are_those_of_a_sample_of_dev(small_subject):
    expected = reference(small_subject.encoder, small_subject.study.sample("dev", 15).subwords)
    found = head_reference(small_subject, 15)
    np.testing.assert_allclose(found.heads, expected.heads, atol=1e-5)
    assert found.notes == ()


def refused(*_arguments, **_options):
    raise ModelError("the heads of this architecture are not known")


def test_an_unknown_architecture_ends_in_a_note_and_the_rest_goes_on(small_subject, monkeypatch):
    monkeypatch.setattr("probing.diagnosis.head_reference.reference", refused)
    means = head_reference(small_subject)
    assert not means.heads.size
    found = diagnosed_text(small_subject, text_sentence(TEXT), 0, means)
    assert found.evidence.parts == () and found.evidence.methods and found.verdict.kind
    assert "effects of heads and layers left out: the heads of this architecture are not known" in [
        note.text for note in found.evidence.notes
    ]


def test_parts_that_cannot_be_measured_are_a_note(small_subject, monkeypatch):
    means = head_reference(small_subject, 10)
    monkeypatch.setattr("probing.diagnosis.one_text.text_parts", refused)
    found = diagnosed_text(small_subject, text_sentence(TEXT), 0, replace(means, notes=()))
    assert found.evidence.parts == ()
    assert any("effects of heads and layers left out" in note.text for note in found.evidence.notes)
