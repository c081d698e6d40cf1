"""Which stored subwords make up the vectors of parts of a conversation."""

import numpy as np

from probing.axes import Places
from probing.store.file_index import Index
from probing.store.item_pools import item_pools

# two sentences of three words: template, word 0 (two subwords), template, words 1 and 2, template
WORDS = [-1, 0, 0, -1, -1, 1, 2, -1]


def index(words=(WORDS, WORDS), n_words=(3, 3), **counts):
    lengths = np.array([len(row) for row in words])
    ends = np.cumsum([0, *lengths])
    flat = np.concatenate(words).astype(np.int32)
    sizes = np.array(n_words)
    return Index(ends[:-1], lengths, np.array([b"a", b"b"]), np.zeros(2, np.uint8), sizes, flat, flat, ends, counts)


def columns(found, vector, *spans):
    places = [Places(np.array([span[0]]), np.array([[span]])) for span in spans]
    [pool] = item_pools(found, vector, "last", {"train": places, "dev": [], "test": []})
    return [row.nonzero()[1].tolist() for row in pool.toarray().reshape(len(spans), 1, -1)]


def test_last_of_the_prompt_is_the_subword_before_the_answer_or_the_very_last_one():
    assert columns(index(), "last_prompt", (1, 3), (3, 3)) == [[4], [15]]


def test_no_subword_comes_before_an_answer_that_opens_a_text():
    assert columns(index(([0, 1, 2], WORDS)), "last_prompt", (0, 3), (1, 3)) == [[], [7]]


def test_an_answer_that_was_cut_off_gives_no_vector():
    cut = index((WORDS[:4], WORDS), truncated_sentences=1)
    assert columns(cut, "last_prompt", (1, 3), (1, 3)) == [[], [8]]


def test_a_prompt_that_may_have_been_cut_off_gives_no_vector():
    cut = index((WORDS, WORDS[:5]), (3, 1), truncated_sentences=1)
    assert columns(cut, "last_prompt", (3, 3), (1, 1)) == [[], [12]]


def test_parts_are_means_and_an_empty_answer_has_no_vector():
    assert columns(index(), "prompt", (0, 1), (0, 3)) == [[1, 2], [9, 10, 13, 14]]
    assert columns(index(), "answer", (1, 3), (3, 3)) == [[5, 6], []]


def test_first_and_last_subword_of_words_in_a_row():
    assert columns(index(), "first", (0, 2), (1, 3)) == [[1], [13]]
    assert columns(index(), "last", (0, 1), (0, 3)) == [[2], [14]]
