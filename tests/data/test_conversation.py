"""Records of prompts and chats: words, labels, spans, and one line for whatever is wrong."""

import pytest

from probing.axes import Message, Surface
from probing.data.conversation import conversation, message_words, spans_of, with_answer
from probing.errors import DataError

CHAT = {
    "messages": [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "Is  it\nraining?", "label": "question"},
    ],
    "label": True,
    "site": "forum",
}


def read(record, source=None):
    return conversation(record, "file:7", "train-7", source)


def test_text_is_read_as_it_is_written():
    found = read({"text": " Two  words\n", "label": 1})
    assert found.words == ("Two", "words")
    assert found.surface == Surface(" Two  words\n", ((1, 4), (6, 11)))
    assert found.messages == (Message("text", " Two  words\n"),)
    assert (found.id, found.label, found.source) == ("train-7", "1", None)


def test_chat_has_words_labels_and_source():
    found = read(CHAT, "site")
    assert found.words == ("Be", "kind.", "Is", "it", "raining?")
    assert found.surface is None
    assert (found.label, found.source) == ("true", "forum")
    assert [message.label for message in found.messages] == [None, "question"]
    assert message_words(found) == [(0, 2), (2, 5)]


def test_spans_are_words_whichever_way_they_are_given():
    spans = [
        {"message": 1, "characters": [5, 9], "label": "late"},  # "t\nra": part of two words
        {"message": 1, "words": [0, 1], "label": "verb"},
        {"message": 0, "characters": [0, 2], "label": "first"},
    ]
    assert spans_of(read({**CHAT, "spans": spans})) == [(0, 1, "first"), (2, 3, "verb"), (3, 5, "late")]


@pytest.mark.parametrize(
    "record, said",
    [
        ({"label": "x"}, "file:7: neither text nor messages"),
        ({"text": "a", "messages": []}, "file:7: text and messages"),
        ({"text": " \n "}, "file:7: there is no word"),
        ({"text": 5}, "file:7: text must be a text, this is 5"),
        ({"messages": []}, "file:7: messages must be a list"),
        ({"messages": [{"content": "a"}]}, "file:7: message 0 has no role"),
        ({"messages": [{"role": "user", "content": [{"type": "text"}]}]}, "file:7: message 0: content must be a text"),
        ({"messages": [{"role": "user", "content": "a", "tool_calls": []}]}, "file:7: message 0 has tool_calls"),
        ({"messages": [{"role": "text", "content": "a"}]}, "file:7: message 0 has the role text"),
        ({"text": "a", "label": ["x"]}, "file:7: a label must be"),
        ({"text": "a", "spans": {}}, "file:7: spans must be a list"),
        (
            {"text": "a b", "spans": [{"words": [1, 3], "label": "x"}]},
            "words=[1, 3] is outside of its text, which has 2",
        ),
        (
            {"text": "a b", "spans": [{"characters": [0, 4], "label": "x"}]},
            "outside of its text, which has 3 characters",
        ),
        ({"text": "a b", "spans": [{"characters": [1, 1], "label": "x"}]}, "outside of its text"),
        ({"text": "a b", "spans": [{"characters": [1, 2], "label": "x"}]}, "are white space"),
        ({"text": "a b", "spans": [{"words": [0, 1]}]}, "file:7: span 0 has no label"),
        ({"text": "a b", "spans": [{"label": "x"}]}, "file:7: span 0: no range"),
        ({**CHAT, "spans": [{"words": [0, 1], "label": "x"}]}, "file:7: span 0: message=None; a number from 0 to 1"),
        ({**CHAT, "spans": [{"message": 2, "words": [0, 1], "label": "x"}]}, "message=2; a number from 0 to 1"),
    ],
)
def test_one_line_says_what_is_wrong(record, said):
    with pytest.raises(DataError) as error:
        read(record)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_source_that_is_missing_is_named():
    with pytest.raises(DataError, match="no source in 'sight'; this line has 'messages', 'label', 'site'"):
        read(CHAT, "sight")


def test_answer_is_a_further_message_of_the_assistant():
    found = with_answer(read({"text": "Say no:"}), " No, no")
    assert found.words == ("Say", "no:", "No,", "no")
    assert [found.surface.text[a:b] for a, b in found.surface.spans] == [*found.words]
    assert found.messages[-1] == Message("assistant", " No, no", answer=True)
    assert message_words(found) == [(0, 2), (2, 4)]
    empty = with_answer(read({"text": "Say no:"}), "\n")
    assert empty.words == ("Say", "no:")
    assert message_words(empty) == [(0, 2), (2, 2)]
