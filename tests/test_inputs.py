"""Every odd file of tests/inputs/ is read, or refused in one line, as its row below says."""

import random
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from probing.data.conllu import Conllu
from probing.data.corpus import WITHHELD, load
from probing.data.delimited import KEPT, TAKEN_OFF
from probing.data.held_out import BY_LABEL
from probing.data.labelled import Labelled
from probing.data.labelled_sentences import SPELLINGS
from probing.data.treebank_sentence import BROKEN
from probing.errors import DataError
from probing.task.sentences import SentenceTask
from probing.task.trees import Depth
from probing.task.unseen_labels import unseen_notes
from probing.task.words import WordTask

INPUTS = Path(__file__).parent / "inputs"
FILES = sorted(path.name for path in INPUTS.iterdir() if path.name not in ("README.md", ".gitattributes"))
PIECES = [b'"', b"\t", b"\n", b"\r", b",", b";", b"{", b"[", b"\0", b"\xff\xfe", b"NaN", b"1e999", b"#", b"\\ud800"]
PIECES += [b"# global.columns = ID FORM\n", b"- 1", b"\xe2\x80\xa8"]
LABEL, POS, DEPTH = SentenceTask("label"), WordTask("pos"), Depth("depth")


@dataclass(frozen=True)
class Read:
    """What comes out of a file: the number of sentences of train, the first one, its labels, and what is counted."""

    sentences: int
    first: str
    labels: str
    counted: dict[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


# counted because one file serves as every split
REPEATS = ("sentence ids repeated, numbered", "dev and test sentences that occur in train, kept")
GOOD_BAD = Read(2, "so good", "pos")
NUMBERED = {"text": "0", "label": "1"}

# file, options of data=conllu or data=labelled ("test": another file for test; "task"), what comes out or the error
ROWS: list[tuple[str, dict[str, Any], Read | str]] = [
    ("text_withheld.conllu", {}, "4 of the 4 words of train are only '_': its text is withheld"),
    ("text_masked.conllu", {}, r"4 of the 4 words of train are only '\*'"),
    ("some_words_withheld.conllu", {}, Read(2, "dogs bark", "NOUN VERB", {WITHHELD: 3})),
    ("quotes_of_pandas.tsv", {}, Read(4, 'he said "no" twice', "neg", {TAKEN_OFF: 9})),
    ("quotes_around_all_text.tsv", {}, Read(2, "a good one", "1", {TAKEN_OFF: 12})),
    ("quotes_of_excel.tsv", {}, Read(3, "well, good", "pos", {TAKEN_OFF: 6})),
    ("quotes_as_words.tsv", {}, Read(3, '" so so', "neg", {KEPT: 3})),
    ("quotes_in_doubt.tsv", {}, Read(3, '"fine"', "pos", {KEPT: 3})),
    ("quotes_in_doubt.tsv", {"quotes": "cells"}, "quotes_in_doubt.tsv:4: not a table"),
    ("quotes_of_excel.tsv", {"quotes": "words"}, Read(3, '"well, good"', "pos")),
    ("quotes_after_a_space.csv", {}, Read(2, "good, so good", "pos")),
    ("labels_as_floats.tsv", {}, Read(2, "a good one", "1.0")),
    ("labels_as_floats.tsv", {"test": "labels_as_integers.tsv"}, Read(2, "a good one", "1", {SPELLINGS: 4})),
    ("labels_as_floats.tsv", {"labels": {"1": "pos"}}, Read(2, "a good one", "pos")),
    ("labels_as_integers.tsv", {}, Read(2, "a bad one", "0")),
    (
        "labels_as_floats.tsv",
        {"test": "labels_of_other_names.tsv"},
        r"no label of test \(negative, positive\) occurs in train \(0.0, 1.0\)",
    ),
    ("labels_of_other_names.tsv", {}, Read(2, "a bad one", "negative")),
    ("label_missing.jsonl", {}, "label_missing.jsonl:2: no label for 'so bad'"),
    (
        "labels_as_integers.tsv",
        {"test": "unseen_label.tsv"},
        Read(
            2,
            "a bad one",
            "0",
            notes=("1 test item has a label that train does not have (2): it counts as an error; train has 0, 1",),
        ),
    ),
    ("unseen_label.tsv", {}, Read(3, "a bad one", "0")),
    ("two_roots.conllu", {"task": POS}, Read(2, "cats sleep", "NOUN VERB", {BROKEN: 3})),
    (
        "two_roots.conllu",
        {"task": DEPTH},
        r"two_roots.conllu:5: .* two roots.*data.broken_trees=skip .*\(1 of the 2 of",
    ),
    (
        "two_roots.conllu",
        {"task": DEPTH, "broken_trees": "skip"},
        Read(2, "cats sleep", "NOUN VERB", {BROKEN: 3}),
    ),
    ("cycle.conllu", {"task": POS}, Read(2, "cats sleep", "NOUN VERB", {BROKEN: 3})),
    ("cycle.conllu", {"task": DEPTH}, "cycle.conllu:5: .* no root"),
    ("semicolons.csv", {}, Read(2, "so good, really", "pos")),
    ("semicolons_without_header.csv", NUMBERED, Read(3, "so good, really", "pos")),
    (
        "semicolons_without_header.csv",
        {},
        r"no text column 'text'; the first line has 'so good, really', .*a number from 0 to 1",
    ),
    ("separator_in_doubt.csv", NUMBERED, "comma and semicolon both give .*type data.separator=comma or"),
    ("separator_in_doubt.csv", {**NUMBERED, "separator": "semicolon"}, Read(3, "so good, really", "pos")),
    ("bars.txt", {}, GOOD_BAD),
    ("one_column.csv", {}, r"no text column 'text'; the first line has .*set it to 0; or data.separator=…"),
    ("two_columns_of_one_name.csv", {}, "two_columns_of_one_name.csv:1: 2 columns are named 'text'"),
    ("list.json", {}, GOOD_BAD),
    ("columns_of_pandas.json", {}, GOOD_BAD),
    ("one_object.json", {}, "no label column 'label'; this line has 'text', 'n'"),
    ("cut_off.json", {}, "cut_off.json:3: not JSON"),
    ("empty_last_line.jsonl", {}, GOOD_BAD),
    ("empty_last_line.csv", {}, GOOD_BAD),
    ("utf16_of_excel.txt", {}, Read(2, "so göod", "pos")),
    ("utf16_big_endian.tsv", {}, Read(2, "so göod", "pos")),
    (
        "utf16_without_mark.tsv",
        {},
        "utf16_without_mark.tsv:1: byte 0x00.*UTF-16LE without .*`iconv -f UTF-16LE -t UTF-8",
    ),
    (
        "windows_1252.tsv",
        {},
        "windows_1252.tsv:2: byte 0xf6 is not UTF-8; the file has another encoding: find out which",
    ),
    ("mixed_encodings.tsv", {}, "mixed_encodings.tsv:3: byte 0xe4 is not UTF-8; other lines are.*correct this line"),
    ("old_mac.csv", {}, GOOD_BAD),
    ("workbook.csv", {}, "workbook.csv: this is a zip archive or an Excel workbook; .*save the sheet as CSV"),
    ("gzip.tsv", {}, "gzip.tsv: this is a gzip archive"),
    ("categories_of_pandas.parquet", {}, GOOD_BAD),
    ("classes_of_datasets.parquet", {}, GOOD_BAD),
    ("classes_of_datasets.parquet", {"text": "sentence"}, "no column 'sentence'; it has 'text', 'label'"),
    ("cut_off.parquet", {}, "cut_off.parquet: cannot be read as Parquet"),
    ("named_columns.conllup", {"task": DEPTH}, Read(1, "They gave up", "PRON VERB ADP")),
    ("columns_without_words.conllup", {}, "columns_without_words.conllup:1: global.columns has no FORM"),
    (
        "more_columns_than_named.conllu",
        {},
        "11 columns between tabs, 10 are expected; other columns are named in a first",
    ),
    ("sorted_by_label.tsv", {"dev": None}, Read(119, "text 0", "neg", {BY_LABEL: 13})),
]


def source(file: str, options: dict[str, Any]) -> Conllu | Labelled:
    kind = Conllu if ".conll" in file else Labelled
    return kind("odd", **{"train": file, "dev": file, "test": file, "path": str(INPUTS), **options})


@pytest.mark.parametrize(("file", "options", "expected"), ROWS, ids=[f"{i}-{row[0]}" for i, row in enumerate(ROWS)])
def test_a_file_is_read_or_refused_as_its_row_says(file, options, expected):
    options = dict(options)
    task = options.pop("task", POS if ".conll" in file else LABEL)
    if isinstance(expected, str):
        with pytest.raises(DataError, match=expected) as refused:
            task.labels(load(source(file, options)))
        assert "\n" not in str(refused.value)
        return
    corpus = load(source(file, options))
    labels = task.labels(corpus)
    train = corpus.splits["train"]
    first = train[0]
    assert (len(train), " ".join(first.words), first.label or " ".join(first.upos)) == (
        expected.sentences,
        expected.first,
        expected.labels,
    )
    assert {reason: n for reason, n in corpus.skipped.items() if reason not in REPEATS} == expected.counted
    assert tuple(unseen_notes(labels)) == expected.notes


def mutated(rng: random.Random, content: bytes) -> bytes:
    """``content`` with up to five bytes flipped, pieces cut, doubled or put in."""
    found = bytearray(content)
    for _ in range(rng.choice([1, 1, 2, 5])):
        at = rng.randrange(len(found) + 1)
        end = min(len(found), at + rng.randrange(1, 20))
        kind = rng.choice(["flip", "cut", "delete", "double", "insert", "repeat"])
        if kind == "flip" and at < len(found):
            found[at] ^= 1 << rng.randrange(8)
        elif kind == "cut":
            del found[at:]
        elif kind == "delete":
            del found[at:end]
        elif kind == "double":
            found[at:at] = found[at:end]
        elif kind == "insert":
            found[at:at] = rng.choice(PIECES)
        elif kind == "repeat":
            found[at:at] = bytes([rng.randrange(256)]) * 50
    return bytes(found)


def check_mutations(folder: Path, times: int) -> None:
    """Whatever is done to a file, it is read, or refused in one line."""
    for file, (i, columns) in product(FILES, product(range(times), ({}, NUMBERED))):
        kept = {} if ".conll" in file else columns
        (folder / file).write_bytes(mutated(random.Random(f"{file}{i}"), (INPUTS / file).read_bytes()))
        try:
            corpus = load(source(file, {**kept, "path": str(folder)}))
            for task in [POS, DEPTH] if ".conll" in file else [LABEL]:
                task.labels(corpus)
        except DataError as error:
            assert len(str(error).splitlines()) == 1, (file, i)


def test_a_damaged_file_is_read_or_refused_in_one_line(tmp_path):
    check_mutations(tmp_path, 2)


@pytest.mark.slow
def test_many_damaged_files_are_read_or_refused_in_one_line(tmp_path):
    check_mutations(tmp_path, 300)


def test_every_file_has_a_row():
    named = {file for row in ROWS for file in (row[0], row[1].get("test"))}
    assert set(FILES) == named - {None}


def test_the_dev_set_of_a_sorted_file_has_every_label_of_train():
    corpus = load(source("sorted_by_label.tsv", {"dev": None}))
    for split in ("train", "dev"):
        assert {s.label for s in corpus.splits[split]} == {"neg", "neu", "pos"}
    labels = LABEL.labels(corpus)
    assert (labels.classes, labels.unseen) == (("neg", "neu", "pos"), ())


def test_of_a_tree_that_is_skipped_no_word_has_a_depth():
    labels = DEPTH.labels(load(source("two_roots.conllu", {"broken_trees": "skip"})))
    assert [list(map(str, depths)) for depths in labels.values["test"]] == [["1", "0"], ["nan", "nan"]]
