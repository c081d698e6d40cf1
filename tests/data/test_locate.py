import json

import pytest

from probing.data.conllu import Conllu
from probing.data.labelled import Labelled
from probing.data.locate import DATA_VARIABLE, LONGEST_PART, corpus_name, find
from probing.data.treebank_sentence import EMPTY, RANGES
from probing.errors import DataError, UnavailableError

FILES = {"train": "train.tsv", "test": "test.tsv"}


@pytest.fixture
def folder(tmp_path):
    """<tmp>/toy with train.tsv and test.tsv."""
    place = tmp_path / "toy"
    place.mkdir()
    for file in FILES.values():
        (place / file).write_text("a\tx\n")
    return place


def test_files_are_looked_for_in_the_folder_then_below_the_variable(folder, monkeypatch, tmp_path):
    expected = {split: folder / file for split, file in FILES.items()}
    monkeypatch.delenv(DATA_VARIABLE, raising=False)
    assert find("toy", str(folder), None, FILES) == expected
    assert find("toy", None, "toy", FILES) is None
    monkeypatch.setenv(DATA_VARIABLE, str(tmp_path))
    assert find("toy", None, "toy", FILES) == expected
    assert find("toy", None, "elsewhere", FILES) is None
    with pytest.raises(DataError):  # what the user names comes first, even if it is not there
        find("toy", str(tmp_path), "toy", FILES)


def test_without_a_folder_files_are_relative_to_the_working_folder_or_absolute(folder, monkeypatch):
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HOME", str(folder))
    for base in ("", "~/", f"{folder}/"):
        found = find("toy", None, None, {split: base + file for split, file in FILES.items()})
        assert found is not None
        assert [path.resolve() for path in found.values()] == [folder / file for file in FILES.values()]


def test_a_missing_or_empty_file_is_named_with_what_to_type(folder):
    (folder / "test.tsv").unlink()
    with pytest.raises(DataError, match=r"corpus toy: no test file at .*toy/test\.tsv; .*data\.path=.*data\.test="):
        find("toy", str(folder), None, FILES)
    (folder / "test.tsv").touch()
    with pytest.raises(DataError, match=r"corpus toy: .*toy/test\.tsv is empty; the test split needs"):
        find("toy", str(folder), None, FILES)


def test_a_corpus_that_is_nowhere_says_what_to_bring(monkeypatch):
    monkeypatch.delenv(DATA_VARIABLE, raising=False)
    with pytest.raises(UnavailableError, match=r"corpus toy: .*data\.path=<folder with a\.tsv>.*PROBING_DATA"):
        Labelled("toy", "a.tsv", "b.tsv", folder="toy").load()


# What the Hub holds, as folders of files that its client library reads the same way.


@pytest.fixture
def client(monkeypatch, tmp_path):
    """The client library, with its cache in a temporary folder; a folder is read without asking the Hub."""
    import datasets

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("probing.data.locate.unreachable", lambda: pytest.fail("asked the Hub for a local folder"))
    monkeypatch.delenv(DATA_VARIABLE, raising=False)
    datasets.disable_progress_bars()
    return datasets


UPOS = ["_", "AUX", "PART", "PRON", "VERB"]
# "Don't sleep" with an empty node: the older tables keep range and node among the words.
OLD = {
    "idx": "s-1",
    "tokens": ["Don't", "Do", "n't", "you", "sleep"],
    "upos": ["_", "AUX", "PART", "PRON", "VERB"],
    "xpos": [None, "VB", "RB", "PRP", "VB"],
    "head": ["None", "3", "3", "None", "0"],
    "deprel": ["_", "aux", "advmod", "_", "root"],
}
NEW = {
    "sent_id": "s-1",
    "tokens": ["Do", "n't", "sleep"],
    "upos": ["AUX", "PART", "VERB"],
    "xpos": ["VB", "RB", "VB"],
    "head": [3, 3, 0],
    "deprel": ["aux", "advmod", "root"],
    "mwt": [{"id": "1-2", "form": "Don't"}],
    "empty_nodes": [{"id": "2.1", "form": "you"}],
}


def write(client, folder, rows, splits=("train", "validation", "test"), class_label=None):
    """Parquet files of the same rows for every split, the column ``class_label`` (and its names) as ClassLabel."""
    table = client.Dataset.from_list(rows)
    if class_label:
        column, names = class_label
        label = client.ClassLabel(names=names)
        feature = table.features[column]
        listed = client.List(label) if hasattr(feature, "feature") else label
        rows = [{**row, column: _numbers(row[column], names)} for row in rows]
        table = client.Dataset.from_list(rows, features=client.Features({**table.features, column: listed}))
    folder.mkdir(exist_ok=True)
    for split in splits:
        table.to_parquet(folder / f"{split}.parquet")
    return str(folder)


def _numbers(value, names):
    return [names.index(v) for v in value] if isinstance(value, list) else names.index(value)


@pytest.mark.parametrize(
    ("row", "class_label"), [(OLD, ("upos", UPOS)), (NEW, None)], ids=["ranges among the words", "ranges apart"]
)
def test_treebanks_of_the_hub_give_the_words_and_count_the_rest(client, tmp_path, row, class_label):
    place = write(client, tmp_path / "ud", [row, row], class_label=class_label)
    corpus = Conllu("toy", "a.conllu", "b.conllu", folder="toy", hub=place).load()
    assert list(corpus.splits) == ["train", "dev", "test"]
    for split in corpus.splits.values():
        for sentence in split:
            assert sentence.id == "s-1"
            assert sentence.words == ("Do", "n't", "sleep")
            assert sentence.upos == ("AUX", "PART", "VERB")
            assert sentence.xpos == ("VB", "RB", "VB")
            assert sentence.heads == (3, 3, 0)
            assert sentence.deprel == ("aux", "advmod", "root")
    assert corpus.skipped == {RANGES: 6, EMPTY: 6}
    assert corpus.sources == ()


def test_treebanks_are_checked_wherever_they_come_from(client, tmp_path):
    place = write(client, tmp_path / "ud", [NEW, {**NEW, "head": [2, 1, 0]}])
    broken = Conllu("toy", "a.conllu", "b.conllu", hub=place).load().splits["train"][1]
    assert "ud, train row 2: sentence s-1 is not a tree: a cycle" in broken.broken_tree


def test_a_treebank_without_heads_keeps_its_words(client, tmp_path):
    place = write(client, tmp_path / "ud", [{**NEW, "head": ["_", "_", "_"], "mwt": [], "empty_nodes": []}])
    corpus = Conllu("toy", "a.conllu", "b.conllu", hub=place).load()
    assert corpus.splits["test"][0].words == ("Do", "n't", "sleep")
    assert corpus.splits["test"][0].heads == ()
    assert corpus.skipped == {}


def test_other_tables_are_refused_with_the_columns_they_have(client, tmp_path):
    place = write(client, tmp_path / "ud", [{"tokens": ["a"], "tags": ["X"]}])
    with pytest.raises(DataError, match=r"no column 'upos', 'xpos', 'head', 'deprel'; it has 'tokens', 'tags'"):
        Conllu("toy", "a.conllu", "b.conllu", hub=place).load()
    with pytest.raises(DataError, match=r"no column 'text', 'label'; it has 'tokens', 'tags'"):
        Labelled("toy", "a.tsv", "b.tsv", hub=place).load()


def test_labelled_text_of_the_hub(client, tmp_path):
    for split in ("train", "test"):
        rows = [{"text": f"{split} {i}", "label": i % 2, "label_text": "unused"} for i in range(20)]
        (tmp_path / f"{split}.jsonl").write_text("\n".join(map(json.dumps, rows)))
    source = Labelled("toy", "a", "b", text="0", label="1", labels={"0": "negative"}, folder="x", hub=str(tmp_path))
    corpus = source.load()
    assert {split: len(s) for split, s in corpus.splits.items()} == {"train": 18, "dev": 2, "test": 20}
    assert corpus.splits["test"][3].words == ("test", "3")
    assert sorted(s.label for s in corpus.splits["dev"]) == ["1", "negative"]


def test_classes_of_the_hub_come_by_name_and_hidden_labels_are_missing(client, tmp_path):
    rows = [{"sentence": "so good", "label": "positive"}, {"sentence": "so bad", "label": "negative"}]
    place = write(client, tmp_path / "sst2", rows, class_label=("label", ["negative", "positive"]))
    source = Labelled("toy", "a", "b", text="sentence", hub=place)
    assert [s.label for s in source.load().splits["dev"]] == ["positive", "negative"]
    hidden = client.Dataset.from_parquet(f"{place}/test.parquet").map(lambda _: {"label": -1})
    hidden.to_parquet(f"{place}/test.parquet")
    with pytest.raises(DataError, match="test row 1: no label for 'so good'"):
        source.load()


def test_splits_beyond_the_three_are_left_alone_and_missing_ones_named(client, tmp_path):
    splits = ("train", "test", "extra")
    place = write(client, tmp_path / "ud", [NEW, NEW], splits=splits)
    card = tmp_path / "ud" / "README.md"
    files = {split: f"  - {{split: {split}, path: {split}.parquet}}\n" for split in splits}
    head = "---\nconfigs:\n- config_name: default\n  data_files:\n"
    card.write_text(f"{head}{''.join(files.values())}---\n")
    source = Conllu("toy", "a.conllu", "b.conllu", hub=place)
    assert list(source.load().splits) == ["train", "test", "dev"]
    card.write_text(f"{head}{files['train']}{files['extra']}---\n")
    with pytest.raises(DataError, match=r"has the splits train, extra; train and test are needed"):
        source.load()


@pytest.mark.parametrize(("file", "content"), [("train.parquet", "PAR1 no more"), ("train.jsonl", '{"a": ')])
def test_a_damaged_file_is_unavailable_with_its_reason(client, tmp_path, file, content):
    (tmp_path / file).write_text(content)
    with pytest.raises(UnavailableError, match=r"not available from .* \(\w.*data\.path="):
        Conllu("toy", "a.conllu", "b.conllu", hub=str(tmp_path)).load()


@pytest.mark.parametrize(
    ("path", "train", "expected"),
    [
        ("/home/me/reviews", "train.csv", "reviews-train"),
        (None, "/home/me/reviews/train.csv", "reviews-train"),
        ("/home/me", "films/train.csv", "films-train"),
        ("/home/me/gum", "gum_en-train.conllu", "gum_en-train"),  # the file says it all
        ("/home/me/my corpus (2)", "a,b.train.tsv", "my-corpus-2-a-b.train"),
        ("/home/me/.hidden", "x.tsv", "hidden-x"),
        ("/", "x.tsv", "x"),
        ("/home/me/語料", "訓練.tsv", "語料-訓練"),
        ("/home/me/???", "!!.tsv", "corpus"),
    ],
)
def test_a_corpus_is_named_after_its_folder_and_its_file(path, train, expected):
    assert corpus_name(None, path, train) == expected
    assert corpus_name("mine", path, train) == "mine"


def test_a_long_name_still_names_a_folder_and_a_relative_one_its_working_folder(tmp_path, monkeypatch):
    assert len(corpus_name(None, "/" + "a" * 300, "b" * 300 + ".tsv")) <= 2 * LONGEST_PART + 1
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert corpus_name(None, None, "train.csv") == corpus_name(None, ".", "train.csv") == "here-train"


def test_corpora_in_two_folders_have_two_names(tmp_path):
    for name in ("films", "books"):
        (tmp_path / name).mkdir()
        for file in ("train.tsv", "test.tsv"):
            (tmp_path / name / file).write_text("text\tlabel\n" + f"good {name}\tx\nbad {name}\ty\n" * 10)
    loaded = [Labelled(None, "train.tsv", "test.tsv", path=str(tmp_path / name)).load() for name in ("films", "books")]
    assert [corpus.name for corpus in loaded] == ["films-train", "books-train"]
