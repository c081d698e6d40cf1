"""The predicted gain of a verdict on one text, by hand and from answers that were simulated."""

from dataclasses import replace

import numpy as np
import pytest

from probing.axes import Sentence
from probing.diagnosis.answers import Answers, Groups
from probing.diagnosis.compared import FEWEST
from probing.diagnosis.diagnosed_text import diagnosed_text
from probing.diagnosis.edited_texts import text_sentence
from probing.diagnosis.head_reference import head_reference
from probing.diagnosis.taken_out import ABSENT, classes_by, without_words
from probing.diagnosis.text_gain import NOT_PREDICTED, OTHER_LABEL, OnDev, others, text_gain
from probing.diagnosis.text_verdict import Verdict
from probing.result.resampling import Resampling

N = 400
EVERY = np.ones(N, dtype=bool)
RESAMPLING = Resampling(1000, np.arange(N))


def told(kind, layer=None, word=None):
    return Verdict(kind, "", "", (), layer, word)


@pytest.fixture
def answers():
    """The classifier is right in 60 %, the probe on layer 2 in 90 %, on layer 0 in 75 %, where the classifier is."""
    rank = np.random.default_rng(0).permutation(N) / N
    gold = np.random.default_rng(1).integers(2, size=N)
    model, lower, read = (np.where(rank < share, gold, 1 - gold) for share in (0.6, 0.75, 0.9))
    groups = Groups((), np.zeros((N, 0), dtype=bool))
    return Answers(gold, model, np.stack([lower, read]), (0, 2), groups)


@pytest.mark.parametrize(("verdict", "gain"), [(told("unused"), 0.3), (told("lost", 0), 0.15)])
def test_gain_is_that_of_the_probe_over_the_classifier_and_is_paired(answers, verdict, gain):
    found = text_gain(verdict, answers, EVERY, RESAMPLING).estimate
    assert found.value == pytest.approx(gain)
    assert found.n == N
    # paired: no answer becomes wrong, so that the deviation is that of one share, not of two
    half = 1.96 * np.sqrt(gain * (1 - gain) / N)
    assert (found.high - found.low) / 2 == pytest.approx(half, rel=0.1)


def test_of_a_lower_layer_it_is_said_what_the_layer_that_is_read_brings(answers):
    assert text_gain(told("lost", 0), answers, EVERY, RESAMPLING).same_layer == pytest.approx(0.3)
    assert text_gain(told("unused"), answers, EVERY, RESAMPLING).same_layer is None
    probe = replace(answers, model=answers.probes[-1])  # the classifier is this probe
    assert text_gain(told("lost", 0), probe, EVERY, RESAMPLING).same_layer is None


def test_gain_without_a_word_is_of_the_sentences_that_have_it(answers):
    has = np.arange(N) < 50
    without = np.where(has, answers.gold, ABSENT)
    given = replace(answers, without={"yesterday": without})
    found = text_gain(told("outweighed", word="yesterday"), given, EVERY, RESAMPLING)
    assert found.estimate.n == 50
    assert found.estimate.value == pytest.approx(1 - answers.right[:50].mean())
    few = replace(answers, without={"yesterday": np.where(np.arange(N) < FEWEST - 1, answers.gold, ABSENT)})
    found = text_gain(told("outweighed", word="yesterday"), few, EVERY, RESAMPLING)
    assert found.estimate is None and found.why.startswith("19 other sentences of dev with “yesterday”")


def test_the_text_itself_does_not_count(answers):
    sentences = [Sentence(str(n), ("The", str(n))) for n in range(N)]
    inside = others(sentences, text_sentence("the 7"))
    assert np.flatnonzero(~inside).tolist() == [7]
    assert text_gain(told("unused"), answers, inside, RESAMPLING).estimate.n == N - 1


def test_an_interval_has_a_width_where_no_answer_changes(answers):
    same = replace(answers, without={"the": np.where(np.arange(N) < 40, answers.model, ABSENT)})
    found = text_gain(told("outweighed", word="the"), same, EVERY, RESAMPLING).estimate
    assert found.value == 0
    assert (found.low, found.high) == pytest.approx((-0.0876, 0.0876), abs=1e-4)  # Wilson's upper end of 0 of 40


@pytest.mark.parametrize("kind", NOT_PREDICTED)
def test_other_verdicts_predict_none_and_say_so(answers, kind):
    found = text_gain(told(kind), answers, EVERY, RESAMPLING)
    assert found.estimate is None and found.why == NOT_PREDICTED[kind]


@pytest.fixture(scope="module")
def on_dev(small_subject):
    return OnDev(small_subject)


def test_answers_on_dev_are_those_of_the_whole_split(on_dev, small_split):
    expected = small_split[0]
    assert on_dev.found.numbers.tolist() == expected.numbers.tolist()
    for name in ("gold", "model", "probes"):
        assert (getattr(on_dev.found.answers, name) == getattr(expected.answers, name)).all()
    text = text_sentence("The movie was unexpectedly not boring")
    found = on_dev.gain(told("lost", 1), text).estimate
    right = expected.answers.probes_right[1] - expected.answers.right
    assert found.value == pytest.approx(right.mean()) and found.n == len(right)
    assert on_dev.gain(told("undecided"), text).estimate is None


def test_dev_and_every_word_are_read_once(small_subject, monkeypatch):
    fresh = OnDev(small_subject)
    sentences = fresh.found.sentences
    expected = without_words(["the"], sentences, classes_by(small_subject))["the"]
    assert (expected != ABSENT).sum() >= FEWEST
    first = fresh.gain(told("outweighed", word="the"), text_sentence("dull"))
    assert first.estimate.n == (expected != ABSENT).sum()
    monkeypatch.setattr("probing.diagnosis.text_gain.plain_answers", None)
    monkeypatch.setattr("probing.diagnosis.text_gain.without_words", None)
    assert fresh.gain(told("outweighed", word="the"), text_sentence("dull")) == first
    assert fresh.without("the").tolist() == expected.tolist()


def test_a_diagnosed_text_has_the_gain_of_its_verdict(small_subject, on_dev):
    dev, means = on_dev.found, head_reference(small_subject, 10)
    wrong = dev.wrong[:6]
    for place in wrong:
        one = diagnosed_text(small_subject, dev.sentences[place], int(dev.answers.gold[place]), means, on_dev)
        assert one.gain == on_dev.gain(one.verdict, one.evidence.sentence)


def test_the_gain_for_a_word_is_that_over_the_words_of_other_sentences(word_subject):
    on_dev = OnDev(word_subject)
    dev, text = on_dev.found, on_dev.found.sentences[0]
    assert (dev.items, on_dev.known) == ("words", None)
    found = on_dev.gain(told("lost", 0), text)
    there = np.array([sentence.words != text.words for sentence in dev.sentences])
    gained = (dev.answers.probes_right[0] - dev.answers.right)[there]
    assert (found.items, found.estimate.n) == ("words", len(gained)) and len(text.words) <= (~there).sum()
    assert found.estimate.value == pytest.approx(gained.mean())
    by_sentence = [gained[dev.numbers[there] == n].sum() for n in np.unique(dev.numbers[there])]
    half = 1.96 * np.sqrt(len(by_sentence) * np.var(by_sentence)) / len(gained)  # words of a sentence go together
    assert (found.estimate.high - found.estimate.low) / 2 == pytest.approx(half, rel=0.3)
    without = on_dev.gain(told("outweighed", word="the"), text)
    assert without.estimate is None and without.why == OTHER_LABEL


def test_the_width_where_no_answer_changes_is_that_of_so_many_sentences(answers):
    same = replace(answers, probes=np.stack([answers.model, answers.model]))
    found = text_gain(told("unused"), same, EVERY, Resampling(100, np.arange(N) // 10), "words")
    assert found.estimate.high == pytest.approx(0.0876, abs=1e-4)  # Wilson's upper end of 0 of 40
    few = text_gain(told("unused"), same, np.arange(N) < 5, RESAMPLING, "words")
    assert few.why == "5 other words of dev, and at least 20 are needed"
