import os
from pathlib import Path

import pytest

from probing.data.corpus import load
from probing.data.held_out import BY_LABEL
from probing.data.labelled import Labelled
from probing.data.locate import corpus_name
from probing.errors import DataError


@pytest.fixture
def read(tmp_path):
    """The sentences of one file, read as train."""

    def sentences(ending: str, content: str | bytes, **options):
        file = tmp_path / f"a{ending}"
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return Labelled("toy", file.name, file.name, file.name, path=str(tmp_path), **options).load().splits["train"]

    return sentences


def pairs(sentences):
    return [(s.words, s.label) for s in sentences]


EXPECTED = [(("a", "good", "one"), "pos"), (("bad", ",", "bad"), "neg")]


@pytest.mark.parametrize(
    ("ending", "text"),
    [
        (".tsv", "text\tlabel\na good one\tpos\nbad , bad\tneg\n"),
        (".txt", "text\tlabel\na  good one \tpos\nbad , bad\tneg"),
        (".csv", 'label,text\npos,a good one\nneg,"bad , bad"\n'),
        (".jsonl", '{"text": "a good one", "label": "pos"}\n{"label": "neg", "text": "bad , bad", "id": 7}\n'),
        (".tsv", "\ufefftext\tlabel\r\na good one\tpos\r\nbad , bad\tneg\r\n"),
    ],
)
def test_every_format_gives_the_same_sentences(read, ending, text):
    sentences = read(ending, text)
    assert pairs(sentences) == EXPECTED
    assert len({s.id for s in sentences}) == 2


def test_ids_name_split_and_line(read):
    assert [s.id for s in read(".tsv", "text\tlabel\na\tx\nb\ty\n")] == ["train-2", "train-3"]
    assert [s.id for s in read(".csv", 'text,label\n"a\nb",x\nc,y\n')] == ["train-2", "train-4"]


def test_columns_are_counted_where_there_is_no_header(read):
    text = "2\ta good one\tpos\n1\tbad , bad\tneg\n"  # a cell may read like a column's number
    assert pairs(read(".tsv", text, text="1", label="2")) == EXPECTED


def test_a_first_line_that_may_be_a_header_is_counted(tmp_path):
    (tmp_path / "a.tsv").write_text("review\tstars\ngood\tpos\nbad\tneg\nbad\tpos\nbad\tneg\n")
    (tmp_path / "b.tsv").write_text("good\tpos\nbad\tneg\nbad\tpos\nbad\tneg\n")

    def counted(name: str) -> dict[str, int]:
        skipped = Labelled("toy", name, "b.tsv", "b.tsv", text="0", label="1", path=str(tmp_path)).load().skipped
        return {reason: n for reason, n in skipped.items() if "header" in reason}

    assert [*counted("a.tsv").values()] == [1]
    assert counted("b.tsv") == {}


def test_a_header_is_known_by_the_columns_asked_for(read):
    text = "review\tstars\na good one\t5\nbad , bad\t1\n"
    options = {"text": "review", "label": "stars", "labels": {"5": "pos", "1": "neg"}}
    assert pairs(read(".tsv", text, **options)) == EXPECTED


def test_labels_are_renamed_and_numbers_are_labels(read):
    text = '{"text": "a", "label": 1}\n{"text": "b", "label": 0}\n{"text": "c", "label": true}\n'
    assert [s.label for s in read(".jsonl", text, labels={"0": "negative"})] == ["1", "negative", "True"]


def test_quotation_marks_are_words_in_tsv_and_quotes_in_csv(read):
    assert read(".tsv", 'text\tlabel\n" so so\tx\n')[0].words == ('"', "so", "so")
    assert read(".csv", 'text,label\n"one ""two""\nthree",x\n')[0].words == ("one", '"two"', "three")


@pytest.mark.parametrize(
    ("ending", "text", "line", "reason"),
    [
        (".tsv", "text\tlabel\na\tx\nb\n", 3, "1 columns where 2 were expected; every line needs text and label"),
        (".tsv", "text\tlabel\na\tx\ty\n", 2, "3 columns where 2"),
        (".tsv", "text\tlabel\na\t\n", 2, "no label for 'a'; every line needs text and label"),
        (".tsv", "text\tlabel\n \tx\n", 2, "the text is empty; remove the line"),
        (".tsv", "text\tlabel\na\tx\n\nb\ty\n", 3, "the line is empty; remove it"),
        (".tsv", "\na\tx\n", 1, "the line is empty"),
        (".tsv", "text\tlabel\na\rb\tx\n", 2, "not a table"),
        (".csv", 'text,label\na,x\n"b,y\nc,z\n', 3, "not a table"),
        (".csv", 'text,label\n"a"b,x\n', 2, "not a table"),
        (".jsonl", '{"text": "a", "label": "x"}\n{"text": "b", \n', 2, "not JSON"),
        (".jsonl", '{"text": "a", "label": "x"}\n\n{"text": "b", "label": "x"}\n', 2, "the line is empty; remove it"),
        (".jsonl", '[{"text": "a", "label": "x"}]\n', 1, "a JSON object per line is expected"),
        (".jsonl", '{"text": "a", "label": null}\n', 1, "no label for 'a'"),
        (".jsonl", '{"text": null, "label": "x"}\n', 1, "the text is empty"),
        (".jsonl", '{"text": ["a", "b"], "label": "x"}\n', 1, r"strings or numbers, this is .*'a', 'b'"),
        (".jsonl", '{"text": "a \\ud83d", "label": "x"}\n', 1, "not JSON.*surrogates"),
        (".jsonl", '{"text": "a", "label": ' + "[" * 100_000, 1, "not JSON.*recursion"),
        (".jsonl", '{"text": "a"}\n', 1, r"no label column 'label'; this line has 'text': set data\.label="),
        (".tsv", "text\tgold\na\tx\n", 2, r"no label column 'label'; this line has 'text', 'gold': set data\.label="),
        (
            ".tsv",
            "review\tstars\na\tx\n",  # nothing says that it is a header, but these may be the names
            1,
            r"no text column 'text'; the first line has 'review', 'stars': if these are names .*set data\.text=",
        ),
        (".tsv", b"text\tlabel\ncaf\xe9\tx\n", 2, "byte 0xe9 is not UTF-8"),
    ],
)
def test_a_bad_line_is_named(read, ending, text, line, reason):
    with pytest.raises(DataError, match=rf"a\{ending}:{line}: .*{reason}"):
        read(ending, text)


@pytest.mark.parametrize(("ending", "text"), [(".tsv", "text\tlabel\n"), (".jsonl", "\ufeff")])
def test_a_file_needs_sentences(read, ending, text):
    with pytest.raises(DataError, match=rf"a\{ending}: no text in it"):
        read(ending, text)


def test_an_unknown_ending_names_those_known(read):
    with pytest.raises(DataError, match=r"unknown ending '\.xlsx'.*\.tsv, \.csv, \.txt, \.json, \.jsonl or \.parquet"):
        read(".xlsx", "text\tlabel\n")


def test_a_file_that_is_sorted_by_label_gives_a_dev_set_of_both_labels(tmp_path):
    """The last tenth would be of one label, and every probe would be chosen by it."""
    (tmp_path / "all.tsv").write_text("".join(f"text {i}\t{'x' if i < 20 else 'y'}\n" for i in range(40)))
    corpus = load(Labelled(None, "all.tsv", "all.tsv", text="0", label="1", path=str(tmp_path)))
    assert corpus.name == corpus_name(None, str(tmp_path), "all.tsv")
    assert [s.label for s in corpus.splits["dev"]] == ["x", "x", "y", "y"]
    assert len(corpus.splits["train"]) == 36
    assert corpus.skipped[BY_LABEL] == 4
    # the 36 of train are in test too
    assert corpus.skipped["dev and test sentences that occur in train, kept"] == 36


DATA = os.environ.get("PROBING_DATA")


@pytest.mark.skipif(DATA is None, reason="PROBING_DATA names no folder with sst2/")
def test_sst2_has_its_published_size():
    labels = {"0": "negative", "1": "positive"}
    source = Labelled("sst2", "train.tsv", "test.tsv", "dev.tsv", text="0", label="1", labels=labels, folder="sst2")
    corpus = load(source)
    assert {split: len(s) for split, s in corpus.splits.items()} == {"train": 6920, "dev": 872, "test": 1821}
    for sentences in corpus.splits.values():
        assert {s.label for s in sentences} == {"negative", "positive"}
    assert corpus.sources[0] == Path(DATA or "", "sst2", "train.tsv")
