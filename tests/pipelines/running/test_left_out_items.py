"""Items without a vector or a label are left out on both sides, and counted."""

import json
from pathlib import Path

import pandas as pd
import pytest

from probing.result.rows import read_rows

# The tokenizer drops a zero-width space, so that word 2 has no subword; word 3 has no tag.
ROWS = [("dogs", "NOUN", 3), ("\u200b", "X", 3), ("well", "_", 4), ("bark", "VERB", 0), (".", "PUNCT", 4)]
LINES = [f"{i}\t{w}\t_\t{tag}\t_\t_\t{head}\tdep\t_\t_" for i, (w, tag, head) in enumerate(ROWS, start=1)]


@pytest.fixture
def given(tiny, tmp_path) -> list[str]:
    for split in ("train", "dev", "test"):
        (tmp_path / f"{split}.conllu").write_text(("\n".join(LINES) + "\n\n") * 10)
    files = [f"data.{split}={tmp_path / split}.conllu" for split in ("train", "dev", "test")]
    model = [f"model.checkpoint={tiny}", "threads=1", "layers=1", f"outputs={tmp_path / 'out'}"]
    return ["data=conllu", "data.name=odd", *files, *model]


def test_words_without_vector_or_label_are_left_out_and_counted(given, make):
    folder = make(*given, "data=conllu")
    predictions = pd.read_parquet(folder / "predictions.parquet")
    task = predictions[predictions["target"] == "task"]
    assert task["form"].tolist() == ["dogs", "bark", "."] * 10
    assert task["word"].tolist() == [1, 4, 5] * 10
    assert task["gold"].tolist() == ["NOUN", "VERB", "PUNCT"] * 10
    rows = read_rows(folder / "rows.csv")
    assert set(rows.loc[rows["probe"] == "linear", "n_items"]) == {30}
    skipped = [n["text"] for n in json.loads((folder / "manifest.json").read_text())["notes"] if n["kind"] == "skipped"]
    assert "30 words have no vector and are left out" in skipped
    assert "30 words have no label and are left out" in skipped


def test_pairs_lose_rows_and_columns_and_punctuation_may_be_removed(given, make):
    edges = {}
    for punctuation in ("keep", "remove"):
        folder = make(*given, "task=distance", "probe.epochs=1", "probe.rank=4", f"punctuation={punctuation}")
        rows = read_rows(folder / "rows.csv")
        uuas = rows[(rows["metric"] == "uuas") & (rows["target"] == "task") & (rows["split"] == "test")]
        edges[punctuation] = uuas["n_items"].item() / 10
    # without word 2: dogs-well, well-bark and bark-. ; without punctuation the first two
    assert edges == {"keep": 3, "remove": 2}
    assert Path(folder).name == "seed0,layers=1,punctuation=remove"


def test_labels_that_train_does_not_have_count_as_errors_and_are_reported(given, make, tmp_path):
    """30 scored words of test, 10 of them tagged INTJ, which train never has; the rest is as before."""
    table = (tmp_path / "test.conllu").read_text()
    (tmp_path / "test.conllu").write_text(table.replace("PUNCT", "INTJ"))
    folder = make(*given, "probe.l2=[1e-3]")
    rows = read_rows(folder / "rows.csv")
    task = rows[(rows["target"] == "task") & (rows["layer"] == 1)].set_index(["split", "metric"])
    assert task.loc["test", "n_items"].tolist() == [30, 30]
    assert task.loc[("dev", "accuracy"), "value"] == 1
    assert task.loc[("test", "accuracy"), "value"] == 20 / 30
    assert task.loc[("test", "macro_f1"), "value"] == pytest.approx(2 / 3)  # NOUN, VERB right; INTJ never
    baseline = rows[rows["target"].isin(["majority", "type_majority"]) & (rows["split"] == "test")]
    assert baseline[baseline["metric"] == "accuracy"].set_index("target")["value"].to_dict() == {
        "majority": pytest.approx(1 / 3),
        "type_majority": pytest.approx(2 / 3),
    }
    predictions = pd.read_parquet(folder / "predictions.parquet")
    predictions = predictions[predictions["target"] == "task"]
    assert predictions["gold"].tolist() == ["NOUN", "VERB", "INTJ"] * 10
    assert predictions["predicted"].tolist() == ["NOUN", "VERB", "PUNCT"] * 10
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["classes"] == ["NOUN", "PUNCT", "VERB", "X"]
    notes = [n["text"] for n in manifest["notes"] if n["kind"] == "caveat"]
    [note] = [text for text in notes if "a label that train does not have" in text]
    assert note.startswith(
        "10 test items have a label that train does not have (INTJ): each counts as an error; train has"
    )
    assert manifest["unseen"] == {"INTJ": {"test": 10}}
