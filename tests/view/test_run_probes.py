"""The probes of a run's folder: their scores, their corpus, and everything that makes a folder unusable."""

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from probing.errors import ConfigError, DataError
from probing.probe.saved import FILE
from probing.view.probe_selection import select_probes
from probing.view.run_probes import corpus_identity, read_run


def manifest(folder: Path) -> dict:
    return json.loads((folder / "manifest.json").read_text())


def test_scores_are_those_of_the_probes_on_the_runs_own_test_split(run):
    folder = run("a")
    found = read_run(folder, manifest(folder))
    outline = found.probes.outline
    assert outline.score == (0.5, 0.51)  # not .9, which another analysis of the run measured
    assert outline.low == (0.49, 0.49)
    assert outline.high == (0.51, 0.51)
    assert outline.control == pytest.approx((0.425, 0.435))  # the mean of both draws
    assert (outline.metric, outline.data, outline.run) == ("accuracy", "ewt", "main/m/ewt/pos/linear/a")
    assert found.dev == pytest.approx(0.11)


@pytest.mark.parametrize("stored", ["float16", "float32"])
def test_vectors_are_rounded_as_the_store_holds_them_and_not_as_was_asked_for(run, stored):
    folder = run("a", dtype="auto")
    assert read_run(folder, {**manifest(folder), "store": {"dtype": stored}}).probes.dtype == stored


def test_the_training_data_are_described(run):
    kept, removed, generated = run("a", n_train=12544), run("b", punctuation="remove"), run("c", source={"name": "x"})
    assert read_run(kept, manifest(kept)).data == "ewt (12,544 sentences)"
    assert read_run(removed, manifest(removed)).data == "ewt without punctuation (1,000 sentences)"
    assert not read_run(generated, manifest(generated)).generated


def test_a_corpus_without_a_name_is_known_by_its_train_file():
    options = {"_target_": "probing.data.conllu.Conllu", "name": None, "train": "./here/a.conllu"}
    assert corpus_identity(options, "f").source == ("probing.data.conllu.Conllu", "a.conllu")
    assert corpus_identity({**options, "name": "mine"}, "f").source == ("probing.data.conllu.Conllu", "mine")


def test_a_task_that_cannot_be_built_leaves_a_note_instead_of_gold(run):
    folder = run("a")

    def unknown(options):
        raise ConfigError(f"task.column={options['column']}: no such task")

    found = read_run(folder, manifest(folder), unknown).probes
    assert found.gold is None
    assert found.outline.notes == ("gold labels are not shown: task.column=upos: no such task",)


def damage_probes(folder: Path) -> None:
    (folder / FILE).write_bytes((folder / FILE).read_bytes()[:-3])


def damage_rows(folder: Path) -> None:
    (folder / "rows.csv").write_text("nothing\n")


def damage_manifest(folder: Path) -> None:
    (folder / "manifest.json").write_text("{")


def of_an_earlier_version(folder: Path) -> None:
    pd.read_csv(folder / "rows.csv").drop(columns="analysis").to_csv(folder / "rows.csv", index=False)


def with_facts(**facts: object) -> Callable[[Path], None]:
    """Other entries in the manifest."""
    return lambda folder: (folder / "manifest.json").write_text(json.dumps(manifest(folder) | facts))


def with_config(**options: object) -> Callable[[Path], None]:
    """Other options in the manifest's configuration."""
    return lambda folder: with_facts(config=manifest(folder)["config"] | options)(folder)


DAMAGES = {
    "probes": damage_probes,
    "rows": damage_rows,
    "manifest": damage_manifest,
    "earlier version": of_an_earlier_version,
    "run_id": with_facts(run_id="another"),
    "layers": with_facts(layers=7),
    "classes": with_facts(classes=[["A", "B"]]),
    "metric": with_facts(metric=None),
    "corpus": with_facts(data={"name": "ewt"}),
    "no dtype": with_config(store={}),
    "dtype": with_config(store={"dtype": ["float16"]}),
    "store": with_config(store=None),
    "data": with_config(data=None),
}


def other_digit(folder: Path) -> None:
    text = (folder / "rows.csv").read_text()
    (folder / "rows.csv").write_text(text.replace("0.51", "0.61", 1))


def other_weight(folder: Path) -> None:
    content = bytearray((folder / FILE).read_bytes())
    content[-1] ^= 1
    (folder / FILE).write_bytes(content)


@pytest.mark.parametrize("damage, name", [(other_digit, "rows.csv"), (other_weight, FILE), (damage_rows, "rows.csv")])
def test_a_file_that_is_not_what_the_run_wrote_is_named_with_the_command(run, damage, name):
    folder = run("a")
    damage(folder)
    with pytest.raises(DataError, match=rf"{folder / name} is damaged: .*delete {folder}, then run again"):
        read_run(folder, manifest(folder))


def test_probes_that_are_missing_are_named_where_the_run_had_some(run, tmp_path):
    (run("a") / FILE).unlink()
    [note] = select_probes([tmp_path], "sha256-1", "float32").notes
    assert f"{FILE} is missing" in note


def test_probes_of_a_run_without_checksums_say_so(run, unsigned):
    folder = run("a")
    assert read_run(folder, manifest(folder)).probes.outline.notes == ()
    unsigned(folder)
    [note] = read_run(folder, manifest(folder)).probes.outline.notes
    assert "without checksums" in note


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_run_is_passed_over_and_named(run, unsigned, tmp_path, hidden, tokens, damage):
    run("old", finished="2023-01-01T00:00:00+00:00")
    damage(unsigned(run("new")))
    found = select_probes([tmp_path], "sha256-1", "float32")
    assert [one.run.rpartition("/")[2] for one in found(hidden, tokens)] == ["old"]
    [note] = found.notes
    assert note.startswith("passed over: ")
    assert str(tmp_path / "runs" / "new") in note


def test_a_run_of_an_earlier_version_is_to_be_made_again(run, unsigned, tmp_path):
    of_an_earlier_version(unsigned(run("a")))
    [note] = select_probes([tmp_path], "sha256-1", "float32").notes
    assert "no column analysis" in note
    assert "run again" in note
