"""Labels of conversations, messages, spans and words of spans."""

import numpy as np
import pytest

from probing.axes import Corpus
from probing.data.conversation import conversation, with_answer
from probing.errors import ConfigError, DataError
from probing.task.conversations import Conversation, MessageTask, SpanTask, SpanWord, answer_start


def chat(name, label, mood):
    messages = [
        {"role": "user", "content": "Hello you", "label": "greeting"},
        {"role": "assistant", "content": "Hi"},
        {"role": "user", "content": f"I am {mood}", "label": mood},
        {"role": "assistant", "content": "I see you"},
    ]
    spans = [{"message": 2, "words": [2, 3], "label": mood}, {"message": 0, "words": [0, 2], "label": "hello"}]
    return conversation({"messages": messages, "label": label, "spans": spans}, "f:1", name)


def corpus(*, labels=("a", "b")):
    two = [chat("1", labels[0], "glad"), chat("2", labels[1], "sad")]
    return Corpus("mine", {split: tuple(two) for split in ("train", "dev", "test")})


def test_label_of_a_conversation_and_the_parts_that_have_its_vector():
    spans = {"prompt": [[0, 6]], "answer": [[6, 9]], "last_prompt": [[6, 9]]}
    for vector, span in spans.items():
        found = Conversation("conversation", vector).labels(corpus())
        assert found.classes == ("a", "b")
        assert [v.tolist() for v in found.values["test"]] == [[0], [1]]
        assert found.places["test"][0].spans.tolist() == [span]
        assert found.places["test"][0].words.tolist() == [6]
    assert Conversation("conversation", "mean").labels(corpus()).places is None


def test_the_baseline_reads_no_word_that_the_vector_has_not_seen():
    surfaces = {vector: Conversation("c", vector).surface for vector in ("prompt", "last_prompt", "answer", "mean")}
    assert surfaces == {
        "prompt": "bag of the words before",
        "last_prompt": "bag of the words before",
        "answer": "bag of words",
        "mean": "bag of words",
    }


def test_answer_begins_after_all_words_where_nobody_answers():
    asked = conversation({"messages": [{"role": "user", "content": "Is it so?"}]}, "f:1", "x")
    assert answer_start(asked) == 3
    text = conversation({"text": "So it is:"}, "f:1", "x")
    assert answer_start(text) == 3
    assert answer_start(with_answer(text, " yes it is")) == 3


def test_label_that_is_missing_is_one_line():
    with pytest.raises(DataError, match="task=conversation needs a label, and corpus mine has none for sentence 2"):
        Conversation("conversation").labels(corpus(labels=("a", None)))


def test_vectors_that_do_not_exist_are_refused():
    with pytest.raises(ConfigError, match="task.vector=first: .* last_prompt"):
        Conversation("conversation", "first")
    with pytest.raises(ConfigError, match="task.vector=all: .* last"):
        MessageTask("message", "all")


def test_messages_with_a_label_are_items():
    found = MessageTask("message").labels(corpus())
    assert found.classes == ("glad", "greeting", "sad")
    assert [v.tolist() for v in found.values["test"]] == [[1, 0], [1, 2]]
    assert found.places["test"][0].spans.tolist() == [[[0, 2]], [[3, 6]]]
    assert found.places["test"][0].words.tolist() == [1, 5]
    assert [note.text for note in found.notes] == ["12 of 24 messages have no label or no word and are left out"]


def test_spans_are_items():
    found = SpanTask("span", "last").labels(corpus())
    assert found.classes == ("glad", "hello", "sad")
    assert found.places["test"][1].spans.tolist() == [[[0, 2]], [[5, 6]]]
    assert [v.tolist() for v in found.values["test"]] == [[1, 0], [1, 2]]


def test_words_have_the_label_of_their_span():
    inside = SpanWord("span_word").labels(corpus()).values["test"][0]
    assert inside.tolist() == [1, 1, -1, -1, -1, 0, -1, -1, -1]
    outside = SpanWord("span_word", outside="no").labels(corpus())
    assert outside.classes == ("glad", "hello", "no", "sad")
    assert outside.values["test"][0].tolist() == [1, 1, 2, 2, 2, 0, 2, 2, 2]


def test_control_of_messages_is_one_label_per_last_word():
    labels = MessageTask("message").labels(corpus())
    drawn = MessageTask("message").control(corpus(), labels, np.random.default_rng(0)).values
    firsts = {int(values[0]) for split in drawn for values in drawn[split]}
    assert len(firsts) == 1  # "you" is the last word of all these messages
