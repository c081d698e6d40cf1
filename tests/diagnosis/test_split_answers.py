"""Answers for a whole split, held against those for single sentences."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from probing.attention.interventions.prompt_head import Prompt
from probing.diagnosis.cause import cause
from probing.diagnosis.diagnosed_text import diagnosed_text
from probing.diagnosis.head_reference import head_reference
from probing.diagnosis.split_answers import plain_answers, split_answers, unread
from probing.diagnosis.text_gain import OnDev
from probing.diagnosis.word_groups import word_groups


def fits(subject, sentence):
    return len(subject.subwords([sentence]).ids) <= 64


def test_gold_and_answers_are_those_of_the_sentences(small_split, small_subject):
    found, _ = small_split
    dev = small_subject.study.corpus.splits["dev"]
    assert [dev[n] for n in found.numbers] == [*found.sentences]
    assert [*found.sentences] == [one for one in dev if one.label and fits(small_subject, one)]
    assert 0 < len(found.sentences) < len(dev)  # some are left out
    assert [small_subject.classes[label] for label in found.answers.gold] == [one.label for one in found.sentences]
    alone = [small_subject.log_probabilities([one])[0].argmax() for one in found.sentences]
    assert found.answers.model.tolist() == alone


def test_the_probe_that_is_read_is_the_classifier_and_lower_probes_stand_below_it(small_split, by_hand):
    answers = small_split[0].answers
    assert answers.layers == (0, 1, 2)
    # vectors of the store are float16, so that an answer on the edge may differ
    assert (answers.probes[-1] == answers.model).mean() > 0.95
    lowest = [by_hand(one, 0).argmax() for one in small_split[0].sentences]
    assert (answers.probes[0] == lowest).mean() > 0.95


def test_errors_are_all_there_with_the_most_confident_first(small_split):
    found, _ = small_split
    assert sorted(found.wrong) == np.flatnonzero(found.answers.model != found.answers.gold).tolist()
    assert len(found.wrong) > 2
    confidence = found.log_probabilities.max(axis=1)[found.wrong]
    assert (np.diff(confidence) <= 0).all()


def test_groups_are_those_of_the_sentences_that_are_kept(small_split):
    found, _ = small_split
    lengths = np.array([len(one.words) for one in found.sentences])
    np.testing.assert_array_equal(found.answers.groups.inside[:, 0], lengths % 2 == 0)


def test_answers_on_train_are_held_against_its_labels(small_split, small_subject):
    right, groups = small_split[0].answers.of_train
    train = [one for one in small_subject.study.corpus.splits["train"] if one.label and fits(small_subject, one)]
    alone = [small_subject.log_probabilities([one])[0].argmax() for one in train]
    assert right.tolist() == [small_subject.classes[n] == one.label for n, one in zip(alone, train, strict=True)]
    assert len(groups.inside) == len(train)


def test_sentences_that_are_cut_or_do_not_fit_with_their_prompt_are_counted(small_subject):
    assert unread(small_subject, "dev", 3) == ()  # a probe reads what the store has
    encoder = small_subject.encoder
    cutting = replace(encoder, frame=replace(encoder.frame, truncate=True, window=20))
    corpus = small_subject.study.corpus
    subject = replace(small_subject, study=SimpleNamespace(encoder_with_maps=cutting, corpus=corpus))
    n_long = sum(len(small_subject.subwords([one]).ids) > 20 for one in corpus.splits["dev"])
    assert n_long > 1
    [note] = unread(subject, "dev", 0)
    assert note.kind == "truncated"
    assert note.text.startswith(f"{n_long} sentences of dev are longer than the model reads, and are cut")
    prompted = replace(small_subject, prompt=Prompt("Review: {text} So:", {"negative": " bad", "positive": " good"}))
    [note] = unread(prompted, "dev", 1234)
    assert note.text == "1,234 sentences of dev do not fit into one input with the prompt around them, and are left out"


def test_one_pass_without_words_gives_the_same_answers(small_split, small_subject):
    plain = plain_answers(small_subject, "dev")
    assert plain.numbers.tolist() == small_split[0].numbers.tolist()
    np.testing.assert_array_equal(plain.log_probabilities, small_split[0].log_probabilities)
    assert plain.answers.without == {} and plain.answers.of_train is None


def test_a_head_of_words_that_ignores_what_its_layer_has_is_called_unused(constant_head):
    answers = split_answers(
        constant_head, "dev", word_groups(constant_head, "dev"), word_groups(constant_head, "train")
    )
    noun = constant_head.classes.index("NOUN")
    assert set(answers.answers.model.tolist()) == {noun}
    dev = constant_head.study.corpus.splits["dev"]
    asked = list(zip(answers.numbers, answers.words, strict=True))
    assert [constant_head.classes[n] for n in answers.answers.gold] == [dev[n].upos[word] for n, word in asked]
    assert answers.answers.without == {} and answers.items == "words"
    groups = word_groups(constant_head, "dev")
    every = constant_head.with_vector("dev")
    rows = {(n, word): row for row, (n, word) in enumerate(zip(every.sentences, every.words, strict=True))}
    np.testing.assert_array_equal(answers.answers.groups.inside, groups.inside[[rows[one] for one in asked]])
    probe, head = answers.answers.probes_right[-1].mean(), answers.answers.right.mean()
    assert probe > head + 0.1  # or nothing was planted
    found = cause(answers.answers, constant_head.study.resampling("dev", answers.numbers))
    assert found.kind == "unused"
    assert found.gain.low < probe - head < found.gain.high or found.group != "all sentences"


def test_one_of_its_words_is_called_unused_too(constant_head):
    subject = constant_head
    means = head_reference(subject, 20)
    found = split_answers(subject, "dev", word_groups(subject, "dev"))
    right = found.answers.probes[-1] == found.answers.gold
    place = next(n for n in found.wrong if right[n] and len(found.sentences[n].words) > 2)
    on_dev, label, word = OnDev(subject, found), int(found.answers.gold[place]), int(found.words[place])
    one = diagnosed_text(subject, found.sentences[place], label, means, on_dev, word=word)
    assert one.evidence.answers[-1].predicted == one.evidence.label  # the probe on the layer that is read
    assert (one.answer, one.verdict.kind) == ("NOUN", "unused")
    assert one.patched is None and "no edit is known" in one.notes[0].text
    words = [*map(str.lower, one.evidence.sentence.words)]
    others = np.array([[*map(str.lower, sentence.words)] != words for sentence in found.sentences])
    gain = found.answers.probes_right[-1][others].mean() - found.answers.right[others].mean()
    assert one.gain.estimate.value == pytest.approx(gain) and one.gain.estimate.low < gain < one.gain.estimate.high
    assert (one.gain.items, one.gain.estimate.n) == ("words", others.sum()) and others.sum() < len(others)
