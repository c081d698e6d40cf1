"""A run saves its linear probes: from the store's vectors they predict what the run predicted."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from probing.axes import Sentence
from probing.probe.saved import FILE, Saved, from_file
from probing.result.rows import read_rows
from probing.store.layout import StoreFile
from probing.store.vectors import Vectors, rows_of
from probing.view.forward_view import Options, sentence_view
from probing.view.model_views import encoder_of
from probing.view.probe_selection import select_probes
from probing.view.record import CorpusSentence, Tokens

QUICK = ("tag=probes", "attention=none", "resamples=20")


@pytest.fixture(scope="module")
def runs(make) -> dict[str, Path]:
    """Classes and numbers of words, classes of sentences."""
    tasks = {"pos": (), "depth": (), "sentiment": ("task.vector=cls",)}
    return {task: make(f"task={task}", *more, *QUICK) for task, more in tasks.items()}


def manifest(run: Path) -> dict:
    return json.loads((run / "manifest.json").read_text())


def predictions(run: Path) -> pd.DataFrame:
    """The run's predictions of the task on test."""
    table = pd.read_parquet(run / "predictions.parquet")
    return table[table["target"] == "task"]


def predicted_by(probes: Saved, layer: int, vectors: np.ndarray) -> np.ndarray:
    found = probes.read(layer, vectors)
    return np.array(probes.classes)[found.argmax(axis=1)] if probes.classes else found


def agree(said: np.ndarray, trained: np.ndarray, within: float = 1e-4) -> bool:
    return bool(np.allclose(said, trained, atol=within) if said.dtype.kind == "f" else (said == trained).all())


@pytest.mark.parametrize("task", ["pos", "depth", "sentiment"])
def test_the_probes_reproduce_the_runs_predictions(runs, outputs, task):
    run, probes = runs[task], from_file(runs[task] / FILE)
    assert probes.layers == tuple(range(7))
    assert (probes.run_id, probes.checkpoint) == (manifest(run)["run_id"], manifest(run)["checkpoint"]["revision"])
    assert list(probes.classes) == manifest(run)["classes"]
    assert {probes.task} == set(read_rows(run / "rows.csv")["task"])
    table = predictions(run)
    with StoreFile(outputs / "store" / manifest(run)["store"]["file"]) as store:
        vectors = Vectors(store, probes.level, probes.vector, probes.cls_position)
        for layer in probes.layers:
            trained = table[table["layer"] == layer]["predicted"].to_numpy()
            trained = trained.astype(float) if task == "depth" else trained
            assert agree(predicted_by(probes, layer, vectors.layer(layer)["test"]), trained)


def test_probes_that_are_selected_for_a_sentence_predict_the_same(runs, outputs):
    found = select_probes([outputs / "runs" / "probes"], manifest(runs["pos"])["checkpoint"]["revision"], "float32")
    assert found.notes == ()
    table = predictions(runs["pos"])
    sentence = table["sentence"].iloc[0]
    forms = tuple(table[(table["sentence"] == sentence) & (table["layer"] == 0)]["form"])
    with StoreFile(outputs / "store" / manifest(runs["pos"])["store"]["file"]) as store:
        number = store.index.id.tolist().index(sentence.encode())
        rows = slice(store.index.start[number], store.index.start[number] + store.index.length[number])
        word = store.index.word[rows].astype(np.int64)
        none = np.zeros(len(word), np.int64)
        tokens = Tokens(("",) * len(word), tuple(word < 0), word, none, forms, np.zeros(len(forms), np.int64))
        said = {one.task: one for one in found(rows_of(store, number), tokens)}
    assert said.keys() == {"pos", "depth", "sentiment,vector=cls"}
    for name, run in runs.items():
        one = said["sentiment,vector=cls" if name == "sentiment" else name]
        table = predictions(run)
        for layer, predicted in zip(one.layers, one.predicted, strict=True):
            trained = table[(table["sentence"] == sentence) & (table["layer"] == layer)]["predicted"]
            trained = trained.astype(float) if name == "depth" else trained
            assert agree(np.array(predicted), trained.to_numpy())


def test_a_live_pass_over_every_test_sentence_predicts_what_the_run_did(runs, outputs):
    """Here hidden states come from the model in float32; the probes were trained on float16 from the store."""
    found = select_probes([outputs / "runs" / "probes"], manifest(runs["pos"])["checkpoint"]["revision"], "float32")
    words = predictions(runs["pos"])
    words = words[words["layer"] == 0].groupby("sentence", sort=False)["form"].agg(tuple)
    said: dict[tuple[str, int], list] = {}
    for identity, forms in words.items():
        place = CorpusSentence("grammar", "test", 0, Sentence(identity, forms))
        view = sentence_view(encoder_of("minilm"), place, Options(parts=()), found)
        for one in view.probes:
            for layer, predicted in zip(one.layers, one.predicted, strict=True):
                said.setdefault((one.task.partition(",")[0], layer), []).extend(predicted)
    for task, run in runs.items():
        table = predictions(run)
        for layer in range(7):
            trained = table[table["layer"] == layer]["predicted"].to_numpy()
            trained = trained.astype(float) if task == "depth" else trained
            # batches differ in the last bit, which changes some numbers by one step of float16
            assert agree(np.array(said[task, layer]), trained, within=2e-3), (task, layer)


@pytest.mark.parametrize("probe, saved", [("mdl", True), ("sklearn", False)])
def test_of_other_probes_the_online_code_saves_its_linear_probe_and_scikit_learn_nothing(make, probe, saved):
    run = make("task=pos", f"probe={probe}", "probe.l2=[1e-2]", "layers=1", *QUICK)
    assert (run / FILE).exists() == saved
    assert not saved or from_file(run / FILE).layers == (1,)
