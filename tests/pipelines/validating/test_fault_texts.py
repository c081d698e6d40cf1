"""Single texts of a faulty classifier: their evidence is that of the head and the probes, read one by one."""

from dataclasses import replace

import numpy as np
import pytest

from pipelines.validating.fault_answers import probes_of
from pipelines.validating.fault_outcomes import measured, parts_of_corpus
from pipelines.validating.fault_texts import evidence, fits, on_test, text_outcomes
from pipelines.validating.planted_faults import Sound, flipped_head, spurious_word
from pipelines.validating.pooled_vectors import Reader
from probing.axes import Sentence
from probing.diagnosis.text_verdict import Verdict
from probing.probe.linear import Linear

NAMES = ("negative", "positive")


@pytest.fixture(scope="module")
def sound(small_encoder, small_corpus):
    return Sound(Reader(small_encoder), parts_of_corpus(small_corpus(1)), 2, (3, 4), 1)


def of(faulty):
    return measured(faulty, probes_of(faulty.reader, faulty.parts, Linear("linear", [1e-2]), {}), NAMES)


@pytest.fixture(scope="module")
def flipped(sound):
    return of(flipped_head(sound, np.random.default_rng(0)))


def test_evidence_is_what_head_and_probes_say_of_the_text_and_of_its_parts(flipped):
    dev = flipped.faulty.parts["dev"]
    place = int(np.flatnonzero(flipped.answers.model != dev.gold)[0])
    text, label = dev.sentences[place], int(dev.gold[place])
    found = evidence(flipped, text, label)
    assert found.predicted == flipped.answers.model[place] != label
    assert [one.predicted for one in found.answers] == flipped.answers.probes[:, place].tolist()
    reader, head, test = flipped.faulty.reader, flipped.faulty.head, flipped.faulty.parts["test"]
    for layer, one in enumerate(found.answers):
        wrong = flipped.probes[layer].classes(reader.vectors(test.sentences)[layer]) != test.gold
        assert one.error == pytest.approx(wrong.mean())
    for at in range(len(text.words)):
        shorter = Sentence("s", text.words[:at] + text.words[at + 1 :])
        row = head.log_probabilities(reader.vectors([shorter])[-1])[0]
        assert found.shorter[at] == row.argmax()
        assert found.label_without[at] == pytest.approx(np.exp(row[label]))
    assert found.edits and len(found.neighbours) == 10
    for edit in found.edits:
        row = head.log_probabilities(reader.vectors([Sentence("e", edit.edit.words)])[-1])[0]
        assert edit.predicted == row.argmax()
        assert len(edit.answers) == len(found.answers)


def test_verdicts_on_the_most_confident_errors_of_a_flipped_head(flipped):
    found = text_outcomes(flipped, 200)
    assert len(found) == 10
    unused = [one for one in found if one.kind == "unused"]
    assert len(unused) > 5 and all(one.fits and one.gain.is_sure and one.gain.sign_is_right for one in unused)


def test_a_word_fits_only_if_it_is_the_planted_one(sound):
    spurious = of(spurious_word(sound, np.random.default_rng(0)))
    faulty = spurious.faulty
    told = Verdict("outweighed", "", "", (), word=str(faulty.expected["word"]))
    assert fits(faulty, told)
    assert not fits(faulty, replace(told, word="the"))
    assert not fits(faulty, Verdict("unused", "", "", ()))
    gold, before, after = on_test(spurious, told)
    has = [told.word in one.words for one in faulty.parts["test"].sentences]
    assert len(gold) == len(before) == len(after) == sum(has)
    plain = [one for one in sound.parts["test"].sentences]  # the same sentences before the word was put in
    expected = faulty.head.classes(sound.reader.vectors(plain)[-1])[has]
    assert after.tolist() == expected.tolist()
