"""Subwords of chat templates, told from those of messages by their characters."""

import numpy as np

from probing.axes import Surface
from probing.model.align import align

# <u>Hi you <a>Oh</a>, where "Hi you " and "Oh" are said
CHAT = Surface("<u>Hi you <a>Oh</a>", ((3, 5), (6, 9), (13, 15)), ((3, 10), (13, 15)))
SPANS = [(0, 3), (3, 5), (5, 9), (9, 10), (10, 13), (13, 15), (15, 19)]


def words(spans, *sentences):
    lengths = np.array([len(row) for row in spans])
    return align(np.concatenate(spans), lengths, sentences)[0].tolist()


def test_subwords_outside_of_messages_belong_to_no_word():
    assert words([SPANS], CHAT) == [-1, 0, 1, -1, -1, 2, -1]


def test_white_space_at_the_end_of_a_message_belongs_to_no_word_of_the_next_one():
    text = Surface(CHAT.text, CHAT.spans)
    assert words([SPANS], text)[3:5] == [2, 2]  # as in a text, where all of it is said
    assert words([[(9, 13), (13, 15)]], CHAT) == [-1, 2]


def test_subword_that_begins_in_the_template_and_ends_in_a_message_is_the_messages():
    assert words([[(0, 5), (12, 15), (14, 19)]], CHAT) == [0, 2, 2]


def test_subword_without_characters_is_where_the_next_character_is():
    assert words([[(3, 3), (10, 10), (13, 13), (15, 15)]], CHAT) == [0, -1, 2, -1]


def test_chats_beside_each_other_and_an_empty_message():
    other = Surface("<u></u>ja<u>", ((7, 9),), ((3, 3), (7, 9)))
    assert words([[(0, 3), (3, 7), (7, 9), (9, 12)], SPANS], other, CHAT) == [-1, -1, 0, -1, -1, 0, 1, -1, -1, 2, -1]
