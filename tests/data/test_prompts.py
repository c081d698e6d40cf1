"""Files of prompts: splits by file, by line or drawn, and one line with the number of the line that is wrong."""

import json

import pytest

from probing.data.corpus import fingerprint, load, text_fingerprint
from probing.data.prompts import Prompts
from probing.errors import ConfigError, DataError


def rows(n, **more):
    return [{"text": f"prompt {i}", "label": "ab"[i % 2], **more} for i in range(n)]


def written(path, records):
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return str(path)


def sizes(corpus):
    return {split: len(sentences) for split, sentences in corpus.splits.items()}


def test_one_file_gives_all_splits_drawn_by_label_and_counted(tmp_path):
    corpus = load(Prompts("mine", written(tmp_path / "a.jsonl", rows(40))))
    assert sizes(corpus) == {"train": 33, "dev": 3, "test": 4}
    assert {s.label for s in corpus.splits["test"]} == {"a", "b"}
    said = " ".join(corpus.skipped)
    assert "as test, since there is no test file" in said
    assert "as dev, since there is no dev file" in said
    assert len({s.id for split in corpus.splits.values() for s in split}) == 40


def test_a_file_for_each_split(tmp_path):
    files = {name: written(tmp_path / f"{name}.jsonl", rows(n)) for name, n in (("train", 5), ("dev", 3), ("test", 2))}
    corpus = load(Prompts("mine", **files))
    assert sizes(corpus) == {"train": 5, "dev": 3, "test": 2}
    assert corpus.splits["dev"][2].id == "dev-3"


def test_lines_name_their_split(tmp_path):
    lines = [{**row, "part": part} for row, part in zip(rows(6), ["train", "test", "validation"] * 2, strict=True)]
    corpus = load(Prompts("mine", written(tmp_path / "a.jsonl", lines), split="part"))
    assert [s.words[1] for s in corpus.splits["dev"]] == ["2", "5"]
    assert sizes(corpus) == {"train": 2, "dev": 2, "test": 2}
    lines[3]["part"] = "tset"
    with pytest.raises(DataError, match=r"b.jsonl:4: part=tset; one of train, dev, test, validation is expected"):
        Prompts("mine", written(tmp_path / "b.jsonl", lines), split="part").load()


def test_broken_line_is_named_by_its_number(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "one"}\n{"text": "two"\n{"text": "three"}\n', encoding="utf-8")
    with pytest.raises(DataError, match=r"a.jsonl:2: not JSON"):
        Prompts("mine", str(path)).load()
    path.write_text('{"text": "one"}\n{"texts": "two"}\n', encoding="utf-8")
    with pytest.raises(DataError, match=r"a.jsonl:2: neither text nor messages"):
        Prompts("mine", str(path)).load()


def test_texts_and_chats_are_not_mixed(tmp_path):
    chat = {"messages": [{"role": "user", "content": "Hi"}]}
    with pytest.raises(DataError, match="train-1 is a text and train-2 a list of messages"):
        Prompts("mine", written(tmp_path / "a.jsonl", [*rows(1), chat])).load()


def test_roles_and_labels_of_messages_are_in_the_fingerprint_and_not_in_that_of_the_text(tmp_path):
    def corpus(role, label):
        chats = [{"messages": [{"role": role, "content": f"Hi {i}", "label": label}]} for i in range(6)]
        return Prompts("mine", written(tmp_path / "a.jsonl", chats)).load()

    one, role, label = corpus("user", "x"), corpus("system", "x"), corpus("user", "y")
    assert len({*map(fingerprint, (one, role, label))}) == 3
    assert text_fingerprint(one) == text_fingerprint(label)


@pytest.mark.parametrize(
    "options, said",
    [
        ({"generate": 0}, "data.generate=0"),
        ({"generate": 4, "temperature": -1.0}, "data.temperature=-1.0"),
        ({"temperature": 1.0}, "no effect without data.generate=64"),
        ({"split": "part", "test": "b.jsonl"}, "leave out data.dev and data.test"),
        ({"max_sentences": 0}, "data.max_sentences=0"),
    ],
)
def test_impossible_options_are_refused(options, said):
    with pytest.raises(ConfigError, match=said):
        Prompts("mine", "a.jsonl", **options)
