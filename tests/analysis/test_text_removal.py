"""Removal from one text: its numbers are those of ``analysis=usage``; and what cannot be removed."""

import re
import runpy
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from probing.analysis.property_removals import PropertyRemovals
from probing.analysis.read_text import corpus_text, text_output, unknown_text
from probing.analysis.text_removal import WHOLE, Wanted, text_removal
from probing.analysis.usage import Usage
from probing.analysis.usage_output import sample_of_test
from probing.axes import Sentence
from probing.errors import ConfigError, DataError

USAGE = {"methods": ["mean_swap", "leace", "inlp"], "sentences": 4, "items": 300}
TEXT = Sentence("text", ("The", "small", "dog", "sleeps"))


@pytest.fixture(scope="module")
def words(word_subject):
    """The study of a tiny BERT without a head, its saved probes, and removals of its properties of words."""
    return word_subject.study, word_subject.saved, PropertyRemovals(word_subject.study, Usage(**USAGE))


@pytest.fixture(scope="module")
def sentences(small_subject):
    return small_subject.study, small_subject.saved, PropertyRemovals(small_subject.study, Usage(**USAGE))


def test_a_property_of_one_class_is_named(tmp_path):
    planted = runpy.run_path(str(Path(__file__).parents[1] / "planted_network.py"))["planted"]
    one_class = r"^property=word_length: .*train of planted has one class only"
    with closing(planted(tmp_path, seed=1)) as study, pytest.raises(DataError, match=one_class):
        PropertyRemovals(study).concept("word_length")


def removed(given, text, *wanted):
    study, saved, removals = given
    return text_removal(removals, text, text_output(study, saved, text, "auto"), Wanted(*wanted))


def of_test(given, *wanted):
    """The removal from every sentence that the analysis samples."""
    study, _, removals = given
    numbers = sample_of_test(study, USAGE["sentences"]).sentences
    return [removed(given, corpus_text(study, removals.known, "test", int(at)), *wanted) for at in numbers]


def values(rows, metric, target, layer):
    return {r.probe: r.value for r in rows if (r.metric, r.target, r.layer) == (metric, target, layer)}


@pytest.mark.parametrize(
    ("fixture", "own", "other"), [("words", "pos", "head_side"), ("sentences", "sentiment", "tense")]
)
def test_its_numbers_are_those_of_the_analysis(request, fixture, own, other):
    given = request.getfixturevalue(fixture)
    rows = Usage(**USAGE, concepts=[own, other])(given[0]).rows
    for name, layer, method in ((own, 1, "leace"), (other, 0, "inlp")):
        each = of_test(given, name, layer, method)
        assert all(one.output.gold and not one.output.own_head for one in each)
        against = [(change.against, change.draw) for change in each[0].output.after]
        assert against == [("", 0), *(("random", draw) for draw in range(Usage().draws)), ("control", 0)]
        nats = np.concatenate([[change.nats for change in one.output.after] for one in each], axis=1)
        before = [np.array(one.output.before) for one in each]
        pairs = zip(each, before, strict=True)
        differs = np.concatenate(
            [[np.array(change.predicted) != was for change in one.output.after] for one, was in pairs], axis=1
        )
        for metric, found in (("effect_nats", nats), ("prediction_change", differs)):
            mean, expected = found.mean(axis=1), values(rows, metric, name, layer)
            assert mean[0] == pytest.approx(expected[method], abs=1e-5)
            assert mean[1:-1].mean() == pytest.approx(expected[f"{method}_random"], abs=1e-5)
            assert mean[-1] == pytest.approx(expected[f"{method}_control"], abs=1e-5)
        assert np.abs(nats).max() > 1e-3
        for higher in range(layer + 1, 4):
            right = [probe for one in each for probe in one.probes if (probe.property, probe.layer) == (name, higher)]
            share = np.concatenate([np.equal(probe.after[0], probe.gold)[np.array(probe.gold) >= 0] for probe in right])
            expected = values(rows, "decodable_above", f"{name} on layer {higher}", layer)[method]
            assert share.mean() == pytest.approx(expected, abs=1e-9)


def test_before_a_change_probes_say_what_the_analysis_reads(words):
    rows = Usage(**USAGE)(words[0]).rows
    each = [probe for one in of_test(words, "pos", 1, "leace") for probe in one.probes if probe.layer == 1]
    for name in ("pos", "head_side"):
        right = np.concatenate([np.equal(p.before, p.gold)[np.array(p.gold) >= 0] for p in each if p.property == name])
        assert right.mean() == pytest.approx(values(rows, "decodable", name, 1)["validation"], abs=1e-9)


def test_of_a_text_without_labels_the_class_that_was_predicted_is_scored(words):
    found = removed(words, unknown_text(words[0], TEXT), "pos", 0, "mean_projection")
    assert found.words == found.output.words == (0, 1, 2, 3)
    assert not found.output.gold and found.output.scored == found.output.before
    assert found.output.name == "the linear probe of pos on layer 3"
    assert {probe.layer for probe in found.probes} == {0, 1, 2, 3} and not any(probe.gold for probe in found.probes)
    assert [change.rank for change in found.output.after[:3]] == [found.output.after[0].rank] * 3
    [own] = [probe for probe in found.probes if (probe.property, probe.layer) == ("pos", 0)]
    assert max(own.before) < len(own.classes) == len(words[2].concept("pos").gold.names)


def test_a_head_that_is_not_there_is_not_read(words):
    with pytest.raises(ConfigError, match="output=head: the checkpoint has no head"):
        text_output(words[0], words[1], unknown_text(words[0], TEXT), "head")


def test_a_label_of_the_whole_text_has_no_word(sentences):
    found = removed(sentences, unknown_text(sentences[0], TEXT), "sentiment", 1, "leace")
    assert found.words == found.output.words == (WHOLE,)
    assert len(found.output.before) == 1


def test_the_models_own_head_is_read_where_there_is_one(constant_head):
    given = (constant_head.study, constant_head.saved, PropertyRemovals(constant_head.study, Usage(**USAGE)))
    found = removed(given, unknown_text(given[0], TEXT), "pos", 3, "leace")  # a head reads the highest layer
    assert (found.output.name, found.output.own_head) == ("the model's own classifier of words", True)
    assert found.output.before == ("NOUN",) * 4
    assert np.abs([change.nats for change in found.output.after]).max() < 1e-6  # it reads nothing at all


@pytest.mark.parametrize(
    ("wanted", "error", "said"),
    [
        (("tense", 1, "leace"), ConfigError, "property=tense: grammar has no such property; choose one of pos, "),
        (
            ("pos", 3, "leace"),
            ConfigError,
            "layer=3: no layer above it is read, because the output is the linear probe",
        ),
        (("pos", 9, "leace"), ConfigError, "layer=9: it cannot be changed below the linear probe of pos on layer 3"),
        (("pos", 1, "mean_swap"), ConfigError, "method=mean_swap: not a valid value; choose one of mean_projection, "),
    ],
)
def test_what_cannot_be_removed_is_said_in_one_line(words, wanted, error, said):
    with pytest.raises(error, match=re.escape(said)) as refused:
        removed(words, unknown_text(words[0], TEXT), *wanted)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "said"), [(("\u200b",), "no word that the model reads"), (("dog",) * 99, "shorten it")]
)
def test_a_text_that_is_not_read_whole_is_refused(words, text, said):
    with pytest.raises(DataError, match=said):
        text_output(words[0], words[1], unknown_text(words[0], Sentence("text", text)), "auto")
