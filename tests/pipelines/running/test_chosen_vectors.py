"""A run extracts what it probes: chosen layers, pooled vectors, and activations of any size."""

import json
import runpy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[3]
USUAL = (
    "task=pos",
    "data.train=60",
    "data.dev=30",
    "data.test=30",
    "attention=none",
    "probe.l2=[1e-2]",
    "resamples=20",
)


@pytest.fixture(scope="module")
def run(here):
    """run(outputs, option=…, …): the rows of a small run and its manifest."""

    def run(outputs: Path, *given: str) -> tuple[pd.DataFrame, dict]:
        done = here(*USUAL, *given, f"outputs={outputs}")
        assert done.code == 0, done.err
        folder = Path(done.out.splitlines()[-1].partition(": ")[2])
        rows = pd.read_csv(folder / "rows.csv")
        return rows.drop(columns="run_id"), json.loads((folder / "manifest.json").read_text())

    return run


CHOSEN = ("layers=[1,2]", "store.pool=word")


def test_chosen_and_pooled_vectors_give_the_same_rows_from_their_own_file_and_from_that_of_all(run, tmp_path):
    own, about = run(tmp_path / "own", *CHOSEN)
    assert (about["store"]["layers"], about["store"]["pooled"]) == ([1, 2], "word mean")
    everything, full = run(tmp_path / "all")
    assert (full["store"]["layers"], full["store"]["pooled"]) == ([*range(7)], "none")
    served, from_all = run(tmp_path / "all", *CHOSEN)
    assert from_all["store"]["file"] == full["store"]["file"]
    pd.testing.assert_frame_equal(served, own)
    assert about["store"]["bytes"] < 0.5 * full["store"]["bytes"]
    # without layer 0 there is no difference to it
    probed = everything[everything["layer"].isin([1, 2]) & (everything["target"] != "over_layer0")]
    probed = probed.reset_index(drop=True)
    alone = own[own["layer"].isin([1, 2])].reset_index(drop=True)
    np.testing.assert_allclose(alone["value"], probed["value"], atol=0.02)  # of vectors before the second rounding


def test_what_an_analysis_reads_besides_is_extracted_too(run, tmp_path):
    _, about = run(tmp_path, "layers=2", "analysis=information")
    assert about["store"]["layers"] == [0, 2]
    _, about = run(tmp_path, "layers=2", "analysis=redundancy")
    assert about["store"]["layers"] == [*range(7)]


def test_further_layers_are_stored_for_other_runs(run, tmp_path):
    one, about = run(tmp_path, "layers=2", "store.layers=[1,4]")
    assert about["store"]["layers"] == [1, 2, 4]
    assert set(one["layer"].dropna()) == {2}
    _, other = run(tmp_path, "layers=[1,4]")
    assert other["store"]["file"] == about["store"]["file"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (("task=pos", "layers=1", "store.layers=[1,99]"), "the model has layers 0 (embedding output) to 6"),
        (("task=pos", "store.layers=few"), "type store.layers=all or 'store.layers=[0,3,6]'"),
        (("task=pos", "store.pool=sentence"), "cannot be made from those of sentences; type store.pool=word"),
        (("task=sentiment", "store.pool=word"), "cannot be made from those of words; type store.pool=sentence"),
        (("task=sentiment", "probe=attention_pool", "store.pool=sentence"), "reads all subwords; type store.pool=none"),
    ],
)
def test_vectors_that_pooled_ones_cannot_give_are_refused_before_anything_is_extracted(
    here, refused, tmp_path, given, message
):
    assert message in refused(here(*given, "attention=none", f"outputs={tmp_path}"), 2)
    assert list(tmp_path.rglob("*.h5")) == []


def test_massive_activations_run_from_end_to_end(run, tmp_path):
    """A decoder whose first position has 1e5 in one feature of the residual stream, as Gemma 3 has."""
    from safetensors.torch import load_file, save_file

    build = runpy.run_path(str(ROOT / "tests" / "model" / "conftest.py"))["build"]
    folder = build("llama", tmp_path / "decoder")
    weights = load_file(folder / "model.safetensors")
    [name] = [name for name in weights if name.endswith("embed_tokens.weight")]
    weights[name][1, 3] = 1e5  # of <s>
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    given = (f"model.checkpoint={folder}", "model.name=planted")
    found, about = run(tmp_path / "out", *given)
    exact, _ = run(tmp_path / "out", *given, "store.dtype=float32")
    assert about["store"]["dtype"] == "float16"
    assert about["store"]["scaled_features"]["0"] == 1
    assert any("have numbers above 65,504" in note["text"] for note in about["notes"])
    np.testing.assert_allclose(found["value"], exact["value"], atol=0.03)
    served, _ = run(tmp_path / "out", *given, *CHOSEN)
    own, _ = run(tmp_path / "own", *given, *CHOSEN)
    pd.testing.assert_frame_equal(served, own)
