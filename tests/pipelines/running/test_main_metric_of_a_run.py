"""A task's main metric that these labels give no value: the next one chooses the layer, or nothing is computed."""

from pathlib import Path

import pytest

from probing.result.rows import read_rows

FOUR = [("dogs", "NOUN", 2), ("bark", "VERB", 0), ("loudly", "ADV", 2), ("today", "ADV", 3)]
FIVE = [("the", "DET", 2), ("cats", "NOUN", 3), ("sleep", "VERB", 0), ("so", "ADV", 5), ("deeply", "ADV", 3)]


def conllu(*sentences: list[tuple[str, str, int]]) -> str:
    lines = [
        "".join(f"{i}\t{form}\t_\t{upos}\t_\t_\t{head}\tdep\t_\t_\n" for i, (form, upos, head) in enumerate(one, 1))
        for one in sentences
    ]
    return "\n".join([*lines, ""]) * 6


@pytest.fixture
def given(tiny, tmp_path):
    """given(sentences): what is typed for a tiny model on a treebank whose files all hold these sentences."""

    def given(*sentences: list[tuple[str, str, int]]) -> list[str]:
        for split in ("train", "dev", "test"):
            (tmp_path / f"{split}.conllu").write_text(conllu(*sentences))
        files = [f"data.{split}={tmp_path / split}.conllu" for split in ("train", "dev", "test")]
        return [f"model.checkpoint={tiny}", "data=conllu", *files, f"outputs={tmp_path / 'out'}", "resamples=20"]

    return given


def test_depth_of_sentences_too_short_for_nspr_is_reported_by_root_accuracy(given, make, here, manifest_of):
    folder = make(*given(FOUR), "task=depth", "layers=[0,1]", "attention=none")
    manifest = manifest_of(folder)
    assert manifest["metric"] == "root_accuracy"
    notes = [note["text"] for note in manifest["notes"] if note["kind"] == "caveat"]
    assert "the best layer is chosen by root_accuracy, because nspr has no value here" in notes
    assert any(text.startswith("nspr has no value on dev and test: it needs a sentence of 5 to 50") for text in notes)
    rows = read_rows(folder / "rows.csv")
    rows = rows[(rows["target"] == "task") & (rows["split"] == "test")]
    assert rows.groupby("metric")["value"].count().to_dict() == {
        "nspr": 0,
        "nspr_mean": 0,
        "r2": 2,
        "root_accuracy": 2,
    }
    done = here(f"outputs={folder.parents[6]}", small=False, program="report")
    assert (done.code, done.err) == (0, "")
    assert "root accuracy" in (folder.parents[6] / "reports" / "main" / "index.html").read_text()


def test_trees_of_equal_depth_are_refused_before_the_model_runs(given, here, refused, tmp_path):
    message = refused(here(*given(FIVE, FOUR), "task=tree_depth"), 1)
    assert "r2 has no value on dev and test: it needs two items with different labels" in message
    assert [path.name for path in Path(tmp_path / "out").rglob("*") if path.suffix in (".h5", ".csv", ".partial")] == []
