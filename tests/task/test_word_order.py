"""Bigram shift: half of the sentences have two adjacent words swapped, and nothing else tells which."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from probing.axes import SPLITS, Corpus, Sentence, Surface
from probing.data.corpus import REPEATED, fingerprint, text_fingerprint, unique_ids
from probing.data.grammar import Grammar
from probing.errors import DataError
from probing.rng import generator
from probing.task.sentences import SentenceTask
from probing.task.word_order import INTACT, N_SWAPPED, SWAPPED, BigramShift, read_by, swappable, swapped

TASK = BigramShift("bigram_shift")


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return Grammar(train=400, dev=50, test=50).load()


@pytest.fixture(scope="module")
def new(corpus) -> Corpus:
    return TASK.rewritten(corpus)


def pairs(corpus: Corpus, new: Corpus):
    return [pair for split in SPLITS for pair in zip(corpus.splits[split], new.splits[split], strict=True)]


def test_a_label_says_whether_exactly_two_neighbours_are_swapped(corpus, new):
    for old, now in pairs(corpus, new):
        differ = [i for i, (a, b) in enumerate(zip(old.words, now.words, strict=True)) if a != b]
        if now.label == SWAPPED:
            first, second = differ
            assert second == first + 1 and now.words[first : second + 1] == old.words[first : second + 1][::-1]
        else:
            assert (now.label, differ) == (INTACT, [])


def test_half_of_the_sentences_are_swapped_whatever_their_length(new):
    of = [s for s in new.splits["train"]]
    for some in (of, [s for s in of if len(s.words) < 12], [s for s in of if len(s.words) > 14]):
        share = np.mean([s.label == SWAPPED for s in some])
        assert len(some) > 80 and abs(share - 0.5) < 3 * 0.5 / np.sqrt(len(some))


def test_the_first_word_and_punctuation_stay_in_their_places(corpus, new):
    for old, now in pairs(corpus, new):
        assert now.words[0] == old.words[0]
        assert [i for i, w in enumerate(now.words) if not w.isalnum()] == [
            i for i, w in enumerate(old.words) if not w.isalnum()
        ] or any("'" in w for w in old.words)


def test_ids_order_and_documents_stay_and_the_annotation_of_the_old_text_goes(corpus, new):
    for old, now in pairs(corpus, new):
        assert (now.id, now.document) == (old.id, old.document)
        assert not (now.upos or now.heads or now.deprel or now.feats)


def test_a_sentence_is_changed_alike_in_any_corpus_and_otherwise_with_another_seed(corpus, new):
    part = Corpus("part", {split: corpus.splits[split][7:20] for split in SPLITS})
    assert TASK.rewritten(part).splits["dev"] == new.splits["dev"][7:20]
    other = BigramShift("bigram_shift", text_seed=1).rewritten(corpus)
    assert (
        0.3
        < np.mean([a.label == b.label for a, b in zip(new.splits["train"], other.splits["train"], strict=True)])
        < 0.7
    )


def test_fingerprints_follow_the_new_text_and_its_name_says_so(corpus, new):
    assert text_fingerprint(new) != text_fingerprint(corpus) and fingerprint(new) != fingerprint(corpus)
    assert new.name == "grammar-swapped"
    assert new.skipped[N_SWAPPED] == sum(s.label == SWAPPED for split in SPLITS for s in new.splits[split])
    labels = TASK.labels(new)
    assert labels.classes == (INTACT, SWAPPED)
    assert labels.values["test"][0].tolist() == [int(new.splits["test"][0].label == SWAPPED)]


def test_repeated_sentences_are_counted_in_the_new_text():
    same = tuple(Sentence(f"a{i}", ("we", "saw", "it")) for i in range(20))
    old = unique_ids(Corpus("toy", {"train": same[:1], "dev": same[1:10], "test": same[10:]}))
    now = TASK.rewritten(old)
    train = now.splits["train"][0].words
    assert old.skipped[REPEATED] == 19
    assert now.skipped[REPEATED] == sum(s.words == train for split in ("dev", "test") for s in now.splits[split]) < 19


def test_a_sentence_without_two_words_to_swap_has_no_label():
    short = Sentence("s", ("Go", "now", "!"))
    assert swappable(short) == []
    new = TASK.rewritten(Corpus("toy", dict.fromkeys(SPLITS, (short,))))
    assert TASK.gold(new.splits["train"][0]) == [None]


def test_a_corpus_that_was_not_rewritten_is_refused_even_if_it_has_labels(corpus):
    with pytest.raises(DataError, match="the text of grammar is unchanged"):
        TASK.labels(corpus)


def test_only_a_task_that_rewrites_changes_what_is_read(corpus):
    assert read_by(SentenceTask("sentiment"), corpus) is corpus
    assert read_by(TASK, corpus).name == "grammar-swapped"


def test_the_control_is_shuffled_labels(new):
    labels = TASK.labels(new)
    control = TASK.control(new, labels, generator(0))
    both = [Counter(np.concatenate(of.values["train"]).tolist()) for of in (labels, control)]
    assert both[0] == both[1] and labels.values["train"] != control.values["train"]


def test_the_text_as_it_is_written_is_swapped_too_and_spans_follow():
    text = "We saw  a sea, don't we?"
    spans = ((0, 2), (3, 6), (8, 9), (10, 13), (13, 14), (15, 17), (17, 20), (21, 23), (23, 24))
    words = ("We", "saw", "a", "sea", ",", "do", "n't", "we", "?")
    sentence = Sentence("s", words, surface=Surface(text, spans))
    assert swappable(sentence) == [1, 2]  # "dowe n't" is no order of words
    assert swappable(replace(sentence, surface=None)) == [1, 2, 5, 6]
    for place in (1, 2):
        now = swapped(sentence, place)
        assert [now.surface.text[a:b] for a, b in now.surface.spans] == list(now.words)
    assert swapped(sentence, 1).surface.text == "We a  saw sea, don't we?"


def test_words_with_the_same_characters_stay_where_they_are_in_text_as_it_is_written():
    text, spans = "on voit du chat noir", ((0, 2), (3, 7), (8, 10), (8, 10), (11, 15), (16, 20))
    sentence = Sentence("s", ("on", "voit", "de", "le", "chat", "noir"), surface=Surface(text, spans))
    assert swappable(sentence) == [4]  # not voit and de, nor le and chat: du has both words
    now = swapped(sentence, 4)
    assert now.surface.text == "on voit du noir chat"
    assert [now.surface.text[a:b] for a, b in now.surface.spans] == ["on", "voit", "du", "du", "noir", "chat"]
