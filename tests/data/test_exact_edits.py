"""Exact edits against the grammar itself: every text is read back by trying all rules, and gives the stated label."""

import runpy
from collections import Counter
from pathlib import Path

import pytest

from probing.axes import Sentence
from probing.data.exact_edits import KINDS, edits_of, exact_edits
from probing.data.grammar import LABELS, Grammar
from probing.data.minimal_pair import NOWHERE

OTHER = {"positive": "negative", "negative": "positive"}


@pytest.fixture(scope="module")
def read():
    """All (label, tree) that the grammar gives a text."""
    return runpy.run_path(str(Path(__file__).with_name("test_english.py")))["read"]


@pytest.fixture(scope="module")
def edited():
    grammar = Grammar(train=120, dev=1, test=1)
    sampler = grammar.sampler("train", "edits")
    return [(sentence, exact_edits(derived, tense, sampler)) for sentence, derived, tense in grammar.derived()["train"]]


def labels(read, words):
    first, *others = words
    return {label for start in {first, first.lower()} for label, _ in read(" ".join([start, *others]))}


def test_the_grammar_reads_every_edit_with_the_label_that_it_states(read, edited):
    read_back = 0
    for sentence, edits in edited:
        for edit in edits:
            if len(edit.words) <= 10 and read_back < 50:
                assert labels(read, edit.words) == {OTHER[sentence.label] if edit.flips else sentence.label}, edit.text
                read_back += 1
    assert read_back == 50


def test_all_kinds_occur_and_those_of_clauses_and_words_flip_as_they_must(edited):
    counts = Counter((edit.kind, edit.flips) for _, edits in edited for edit in edits)
    assert {kind for kind, _ in counts} == {*KINDS.values(), "swap antonym", "swap synonym", "swap name"}
    for kind in ("add contrast", "drop contrast"):
        assert counts[kind, True] and not counts[kind, False]
    for kind in ("add intensifier", "drop concession", "add concession", "shorten", "lengthen", "swap synonym"):
        assert counts[kind, False] and not counts[kind, True]
    assert counts["swap antonym", False]  # in what others say, which does not count


def test_aligned_words_are_the_same_but_for_the_one_that_changed(edited):
    for sentence, edits in edited:
        for edit in edits:
            pairs = [
                (new, sentence.words[at]) for new, at in zip(edit.words, edit.source, strict=True) if at != NOWHERE
            ]
            differing = [(new, old) for new, old in pairs if new.lower() != old.lower() and {new, old} != {"a", "an"}]
            assert len(differing) <= 1, (edit.kind, edit.text, sentence.words)
            assert edit.words != sentence.words and edit.sure == "exact"


def test_the_same_seed_gives_the_same_edits_and_no_text_twice():
    grammar = Grammar(train=6, dev=1, test=1)

    def made():
        sampler = grammar.sampler("train", "edits")
        return [exact_edits(derived, tense, sampler) for _, derived, tense in grammar.derived()["train"]]

    assert made() == made()
    for edits in made():
        assert len({edit.text for edit in edits}) == len(edits)


def test_a_negation_takes_and_gives_back_the_form_of_the_verb():
    grammar = Grammar(train=300, dev=1, test=1)
    sampler = grammar.sampler("train", "edits")
    forms = set()
    for sentence, derived, tense in grammar.derived()["train"]:
        for edit in exact_edits(derived, tense, sampler):
            if edit.kind in ("drop negation", "add negation"):
                for new, at in zip(edit.words, edit.source, strict=True):
                    if at > 0 and new != sentence.words[at]:
                        forms.add(edit.kind)
                        assert {new, sentence.words[at]} & {*sampled_verbs(sampler)}, (new, sentence.words[at])
    assert forms == {"drop negation", "add negation"}
    assert set(LABELS.values()) == {*OTHER}


def sampled_verbs(sampler):
    """All forms of all verbs that have a base form."""
    return [word.text for words in sampler.lexicon.values() for w in words if "VB" in w for word in w.values()]


def test_a_sentence_of_the_grammar_is_found_by_its_words_and_has_the_same_edits_in_each_call():
    grammar = Grammar(train=20, dev=5, test=5)
    edits, [sentence, *_] = edits_of(grammar), grammar.load().splits["dev"]
    found = edits(sentence)
    assert found and all(edit.sure == "exact" for edit in found)
    assert edits(sentence) == edits_of(grammar)(sentence) == found
    assert edits(Sentence("s", ("No", "sentence", "of", "it"))) == ()
