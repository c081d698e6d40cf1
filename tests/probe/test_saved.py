"""A saved probe predicts from raw vectors what the trained one did; a damaged or changed file is refused."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import save_file

from probing.axes import no_progress
from probing.errors import DataError
from probing.probe.fit import TASK, Fit, Setting
from probing.probe.linear import Linear
from probing.probe.mdl import Mdl
from probing.probe.reference import Reference
from probing.probe.saved import FILE, Saved, folded, from_file, to_bytes

from .conftest import Planted, target

CLASSES = ("ADJ", "NOUN", "VERB")


class Uneven(Planted):
    """Features whose means are up to some thousand deviations: more than float16 can resolve."""

    def layer(self, layer: int):
        wide = np.logspace(-1, 1, 16, dtype=np.float32)
        return {split: x * wide + 30 * wide[::-1] for split, x in super().layer(layer).items()}


def fits(probe, kind: str) -> list[Fit]:
    vectors = Uneven(noise=1.0)
    targets = {TASK: target(vectors.classes, kind), "control0": target(vectors.classes, kind, shuffle=True)}
    return list(probe.fit(vectors, targets, [0, 1], Setting(0, "cpu", no_progress)))


def saved(found: list[Fit], kind: str) -> Saved:
    weights, intercepts = folded(found, kind)
    classes = CLASSES if kind == "class" else ()
    return Saved("pos", "word", kind, "mean", "first", classes, "sha256-0", "abc", weights, intercepts)


@pytest.mark.parametrize("standardise", [True, False])
@pytest.mark.parametrize("kind", ["class", "scalar"])
def test_a_file_predicts_from_raw_vectors_what_its_run_did(kind, standardise, tmp_path):
    found = fits(Linear("linear", [1e-3, 1e-2], standardise), kind)
    (tmp_path / FILE).write_bytes(to_bytes(saved(found, kind)))
    back = from_file(tmp_path / FILE)
    assert back.layers == (0, 1)
    for fit in (fit for fit in found if fit.target == TASK):
        said = back.read(fit.layer, Uneven(noise=1.0).layer(fit.layer)["test"])
        trained = np.concatenate(fit.predicted["test"])
        assert back.weights[fit.layer].dtype == np.float32
        if kind == "class":
            assert (said.argmax(axis=1) == trained).all()
        else:
            assert np.allclose(said, trained, atol=1e-4)


def test_everything_about_the_probes_comes_back(tmp_path):
    before = saved(fits(Linear("linear", [1e-2]), "class"), "class")
    (tmp_path / FILE).write_bytes(to_bytes(before))
    after = from_file(tmp_path / FILE)
    bare = {"weights": {}, "intercepts": {}}
    assert vars(replace(after, **bare)) == vars(replace(before, **bare))
    for layer in before.layers:
        assert (after.weights[layer] == before.weights[layer]).all()
        assert (after.intercepts[layer] == before.intercepts[layer]).all()


def test_the_online_code_leaves_the_linear_probe_to_save_and_scikit_learn_nothing():
    linear = folded(fits(Linear("linear", [1e-2]), "class"), "class")
    online = folded(fits(Mdl("mdl", [1e-2], fractions=[0.5, 1.0]), "class"), "class")
    for ours, same in zip(linear, online, strict=True):
        assert ours.keys() == same.keys() == {0, 1}
        assert all((ours[layer] == same[layer]).all() for layer in ours)
    assert folded(fits(Reference("sklearn", [1e-2]), "class"), "class") == ({}, {})


@pytest.fixture
def file(tmp_path) -> Path:
    path = tmp_path / FILE
    weights = {0: np.ones((3, 4), np.float32)}
    intercepts = {0: np.zeros(3, np.float32)}
    path.write_bytes(to_bytes(Saved("pos", "word", "class", "mean", "first", CLASSES, "c", "r", weights, intercepts)))
    return path


@pytest.mark.parametrize("n_bytes", [0, 5, 100, -1])
def test_a_cut_off_file_is_named(file, n_bytes):
    file.write_bytes(file.read_bytes()[:n_bytes])
    with pytest.raises(DataError, match=r"probes\.safetensors cannot be read"):
        from_file(file)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"probes\.safetensors cannot be read"):
        from_file(tmp_path / FILE)


def test_weights_of_another_program_are_not_taken_for_probes(tmp_path):
    save_file({"weights/0": np.ones((3, 4), np.float32)}, tmp_path / FILE)
    with pytest.raises(DataError, match="no probing-probes file"):
        from_file(tmp_path / FILE)


@pytest.mark.parametrize(
    "change",
    [
        {"classes": CLASSES[:2]},
        {"kind": "scalar"},
        {"level": "pair"},
        {"vector": "cls"},
        {"cls_position": "middle"},
        {"weights": {0: np.full((3, 4), np.nan, np.float32)}},
        {"weights": {}, "intercepts": {}},
        {"weights": {-1: np.ones((3, 4), np.float32)}, "intercepts": {-1: np.zeros(3, np.float32)}},
        {"classes": (["ADJ"], "NOUN", "VERB")},
        {"classes": (1, 2, 3)},
    ],
    ids=str,
)
def test_a_file_that_contradicts_itself_is_refused(file, change):
    file.write_bytes(to_bytes(replace(from_file(file), **change)))
    with pytest.raises(DataError, match="do not fit"):
        from_file(file)


@pytest.mark.parametrize("layers", ["[" * 100_000, "[1e999]", "[null]", "{", "3", '["x"]', "[[0]]"])
def test_layers_that_are_no_list_of_numbers_are_refused_in_a_line(file, layers):
    with safe_open(file, framework="np") as whole:
        tensors = {key: whole.get_tensor(key) for key in ("weights/0", "intercept/0")}
        about = whole.metadata()
    save_file(tensors, file, about | {"layers": layers})
    with pytest.raises(DataError, match=r"probes\.safetensors cannot be read \(.*\); delete its folder"):
        from_file(file)


@pytest.mark.parametrize("dtype", [np.float16, np.float64, np.int32])
@pytest.mark.parametrize("name", ["weights/0", "intercept/0"])
def test_numbers_in_another_type_are_refused(file, name, dtype):
    with safe_open(file, framework="np") as whole:
        tensors = {key: whole.get_tensor(key) for key in ("weights/0", "intercept/0")}
        about = whole.metadata()
    save_file(tensors | {name: tensors[name].astype(dtype)}, file, about)
    with pytest.raises(DataError, match="do not fit"):
        from_file(file)
