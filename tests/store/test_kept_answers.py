"""Answers are written once, kept beside the store, and never trusted when they are damaged."""

import json
from pathlib import Path
from unittest import mock

import pytest

from probing.axes import Corpus, no_progress
from probing.data.conversation import conversation
from probing.data.corpus import fingerprint, text_fingerprint
from probing.errors import DataError
from probing.model.checkpoint import Checkpoint, Model
from probing.model.generation import EMPTY, Answering
from probing.store.kept_answers import with_answers

GREEDY = Answering(4)


@pytest.fixture
def corpus():
    splits = {"train": ("How?", "Why?"), "dev": ("Who?",), "test": ("When?",)}
    return Corpus(
        "mine",
        {
            split: tuple(conversation({"text": text}, "f:1", f"{split}-{n}") for n, text in enumerate(texts))
            for split, texts in splits.items()
        },
    )


@pytest.fixture
def asked(tmp_path):
    """asked(corpus, {"train-0": "yes"}): the corpus with these answers, and how often the model wrote."""

    def call(corpus, said, how=GREEDY, revision="sha256-0"):
        def write(model, checkpoint, prompts, *_):
            found = {prompt.id: said.get(prompt.id, "") for prompt in prompts}
            return found, {EMPTY: sum(not text for text in found.values())}

        checkpoint = Checkpoint("tiny", tmp_path, revision, ())
        with mock.patch("probing.store.kept_answers.answers", side_effect=write) as written:
            found = with_answers(corpus, how, Model("tiny"), checkpoint, (tmp_path / "store", "cpu"), no_progress)
        return found, written.call_count

    return call


def test_answers_are_part_of_the_corpus_and_written_once(corpus, asked):
    one, times = asked(corpus, {"train-0": " yes it is"})
    assert times == 1
    assert one.name == "mine-answered4"
    assert one.splits["train"][0].words == ("How?", "yes", "it", "is")
    assert one.splits["train"][1].messages[-1].answer
    assert one.skipped == {EMPTY: 3}
    assert fingerprint(one) != fingerprint(corpus)
    assert text_fingerprint(one) != text_fingerprint(corpus)
    again, times = asked(corpus, {"train-0": " no"})
    assert (times, again) == (0, one)


def test_other_options_and_other_weights_are_other_answers(corpus, asked):
    said = {"train-0": " yes"}
    for how, revision in (
        (Answering(4), "sha256-0"),
        (Answering(5), "sha256-0"),
        (Answering(4, 1.0), "sha256-0"),
        (Answering(4, 1.0, 1), "sha256-0"),
        (Answering(4), "sha256-1"),
    ):
        assert asked(corpus, said, how, revision)[1] == 1
    assert asked(corpus, said, Answering(4, 1.0, 1))[0].name == "mine-answered4-t1-1"


def test_damaged_answers_are_written_again(corpus, asked, tmp_path):
    first, _ = asked(corpus, {"train-0": " yes"})
    [path] = (tmp_path / "store" / "answers").glob("*.json")
    for damage in (
        lambda text: text[:40],
        lambda text: text.replace(" yes", " not"),
        lambda text: json.dumps({**json.loads(text), "answers": []}),
    ):
        path.write_text(damage(path.read_text(encoding="utf-8")), encoding="utf-8")
        again, times = asked(corpus, {"train-0": " yes"})
        assert (times, again) == (1, first)
    assert [p.name for p in Path(path.parent).glob(".*")] == []


def test_only_empty_answers_are_an_error_of_one_line(corpus, asked):
    with pytest.raises(DataError, match="tiny answers none of the 4 prompts with a word; check"):
        asked(corpus, {"train-0": " \n"})
