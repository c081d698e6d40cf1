from pathlib import Path

import pytest

from probing.data.corpus import load
from probing.data.held_out import BY_LABEL
from probing.data.hub_dataset import HubDataset
from probing.errors import DataError, UnavailableError


@pytest.fixture
def dataset(tmp_path, monkeypatch):
    """A folder as ``datasets`` writes it, with these numbers of rows per split; classes are neg and pos."""
    import datasets

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("probing.data.locate.unreachable", lambda: pytest.fail("asked the Hub for a local folder"))
    datasets.disable_progress_bars()
    features = datasets.Features({"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["neg", "pos"])})

    def made(hidden: str | None = None, parquet: bool = False, **sizes: int) -> str:
        folder = tmp_path / "reviews"
        tables = {
            split: datasets.Dataset.from_dict(
                {
                    "text": [f"{split} {i}" for i in range(size)],
                    "label": [-1 if split == hidden else i % 2 for i in range(size)],
                },
                features=features,
            )
            for split, size in sizes.items()
        }
        if parquet:
            folder.mkdir()
            for split, table in tables.items():
                table.to_parquet(folder / f"{split}.parquet")
        else:
            datasets.DatasetDict(tables).save_to_disk(folder)
        return str(folder)

    return made


@pytest.mark.parametrize("parquet", [False, True])
def test_a_folder_is_read_with_classes_by_name(dataset, parquet):
    corpus = load(HubDataset(None, dataset(parquet=parquet, train=4, validation=2, test=2)))
    assert corpus.name == "reviews"
    assert [(s.id, s.words, s.label) for s in corpus.splits["dev"]] == [
        ("dev-1", ("validation", "0"), "neg"),
        ("dev-2", ("validation", "1"), "pos"),
    ]
    assert {split: len(found) for split, found in corpus.splits.items()} == {"train": 4, "dev": 2, "test": 2}


def test_where_test_has_no_labels_another_split_serves(dataset):
    hub = dataset(hidden="test", train=20, validation=4, test=2)
    with pytest.raises(
        DataError, match=r"reviews, test row 1: no label for 'test 0'; .* has train, validation, test; .*data\.test="
    ):
        HubDataset(None, hub).load()
    corpus = load(HubDataset("named", hub, test="validation", labels={"neg": "bad"}))
    assert corpus.name == "named"
    assert [s.words[0] for s in corpus.splits["test"]] == ["validation"] * 4
    assert corpus.skipped == {BY_LABEL: 2}
    assert {s.label for s in corpus.splits["dev"]} == {"bad", "pos"}


def test_a_split_or_column_that_is_not_there_names_those_that_are(dataset):
    hub = dataset(train=4, unsupervised=2)
    with pytest.raises(DataError, match=r"no split 'test'; it has 'train', 'unsupervised': type data\.test=…"):
        HubDataset(None, hub).load()
    with pytest.raises(DataError, match="train, test are train, train; give each another split"):
        HubDataset(None, hub, test="train").load()
    with pytest.raises(
        DataError, match=r"reviews, train: no column 'review'; it has 'text', 'label'; type data\.text=…"
    ):
        HubDataset(None, hub, test="unsupervised", text="review").load()


@pytest.mark.parametrize(
    "content", ["", "[]", '{"features": 3}', '{"features": {"text": 3, "label": {"_type": "No"}}}']
)
def test_a_folder_that_is_damaged_is_refused_in_one_line(dataset, content):
    hub = dataset(train=4, test=2)
    Path(hub, "train", "dataset_info.json").write_text(content)
    with pytest.raises(UnavailableError, match=r"reviews \(.*data\.hub=") as one:
        HubDataset(None, hub).load()
    assert "\n" not in str(one.value)


def test_what_cannot_be_had_says_what_to_type(monkeypatch, tmp_path):
    monkeypatch.setattr("probing.data.locate.unreachable", lambda: "no network here")
    with pytest.raises(UnavailableError, match=r"corpus glue-sst2: .*no network here.*data\.hub=<id on the Hub") as one:
        HubDataset(None, "nyu-mll/glue", "sst2").load()
    assert "\n" not in str(one.value)
    with pytest.raises(UnavailableError, match=r"not available from .*empty \(\w.*data\.hub_config="):
        (tmp_path / "empty").mkdir()
        HubDataset(None, str(tmp_path / "empty")).load()
