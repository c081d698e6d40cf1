"""Tiny models of every family that give attention maps, and run folders with probes that a reader can check by eye."""

import json
import runpy
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from probing.probe.saved import FILE, Saved, to_bytes
from probing.result.checksums import CHECKSUMS, OWN, signed
from probing.result.rows import Row, write_rows
from probing.view.record import Float32, Tokens

MODELS = runpy.run_path(str(Path(__file__).parent.parent / "model" / "conftest.py"))


@pytest.fixture(scope="session")
def encoder_of(tmp_path_factory):
    """The encoder of a family's tiny model (3 blocks, 2 heads, width 16, 64 positions), loaded so that it gives maps;
    shared: leave it as it is.
    """
    from probing.model.checkpoint import Model, resolve
    from probing.model.encoder import load

    @cache
    def encoder_of(family: str):
        model = Model(checkpoint=str(MODELS["build"](family, tmp_path_factory.mktemp(family))))
        return load(model, resolve(model), maps=True)

    return encoder_of


@pytest.fixture(params=MODELS["FAMILIES"])
def family(request) -> str:
    return request.param


@pytest.fixture
def encoder(family, encoder_of):
    """Each family in turn."""
    return encoder_of(family)


CHECKPOINT = "sha256-1"
NATURAL = {"_target_": "probing.data.conllu.Conllu", "name": "ewt"}


@pytest.fixture
def tokens() -> Tokens:
    """[CLS] the fox ##es [SEP] sleep [SEP]; "…" is a word without a subword."""
    return Tokens(
        labels=("[CLS]", "the", "fox", "##es", "[SEP]", "sleep", "[SEP]"),
        special=(True, False, False, False, True, False, True),
        word=np.array([-1, 0, 1, 1, -1, 3, -1]),
        segment=np.array([0, 0, 0, 0, 0, 1, 1]),
        forms=("the", "foxes", "…", "sleep"),
        form_segment=np.array([0, 0, 1, 1]),
    )


@pytest.fixture
def hidden() -> Float32:
    """Two layers of width 2: the first feature of subword s is s, the second 1 in layer 0 and -1 in layer 1."""
    return np.stack([np.column_stack([np.arange(7), np.full(7, sign)]) for sign in (1, -1)]).astype(np.float32)


@pytest.fixture
def run(tmp_path) -> Callable[..., Path]:
    """A finished run: class A where the second feature is positive, else B; or the first feature as a number.

    By default of ewt, with 0.5 on test and 0.1 on dev.
    """

    def make(name: str, classes: tuple[str, ...] = ("A", "B"), **given: object) -> Path:
        about = {"task": "pos", "level": "word", "vector": "mean", "finished": "2024-01-01T00:00:00+00:00"}
        about |= {"checkpoint": CHECKPOINT, "precision": "float32", "layers": (0, 1), "run_id": name}
        about |= {"dtype": "float16", "probe": "linear", "dev": 0.1, "punctuation": "keep"}
        about |= {"data": "ewt", "source": NATURAL, "fingerprint": "ewt", "n_train": 1000, **given}
        folder = tmp_path / "runs" / name
        folder.mkdir(parents=True)
        (folder / FILE).write_bytes(to_bytes(_saved(about, classes)))
        write_rows(list(_rows(name, about)), folder / "rows.csv")
        manifest = signed(_manifest(name, classes, about), folder, [FILE, "rows.csv"])
        (folder / "manifest.json").write_text(json.dumps(manifest))
        return folder

    return make


@pytest.fixture
def unsigned() -> Callable[[Path], Path]:
    """unsigned(folder): the same run as an earlier version made it, without checksums."""

    def remove(folder: Path) -> Path:
        facts = json.loads((folder / "manifest.json").read_text())
        kept = {key: value for key, value in facts.items() if key not in (CHECKSUMS, OWN)}
        (folder / "manifest.json").write_text(json.dumps(kept))
        return folder

    return remove


def _saved(about: dict, classes: tuple[str, ...]) -> Saved:
    weights = np.array([[0, 2], [0, -2]] if classes else [1, 0], np.float32)
    return Saved(
        task=about["task"],
        level=about["level"],
        kind="class" if classes else "scalar",
        vector=about["vector"],
        cls_position=about.get("cls_position", "first"),
        classes=classes,
        checkpoint=about["checkpoint"],
        run_id=about["run_id"],
        weights=dict.fromkeys(about["layers"], weights),
        intercepts=dict.fromkeys(about["layers"], np.zeros(len(classes) or (), np.float32)),
    )


def _manifest(name: str, classes: tuple[str, ...], about: dict) -> dict:
    return {
        "run_id": name,
        "metric": "accuracy",
        "level": about["level"],
        "layers": list(about["layers"]),
        "classes": list(classes),
        "finished": about["finished"],
        "checkpoint": {"revision": about["checkpoint"]},
        "data": {"name": about["data"], "fingerprint": about["fingerprint"], "sentences": {"train": about["n_train"]}},
        "config": {
            "model": {"precision": about["precision"]},
            "store": {"dtype": about["dtype"]},
            "probe": {"name": about["probe"]},
            "data": about["source"],
            "punctuation": about["punctuation"],
            "task": {"name": about["task"], "column": "upos"},
        },
    }


def _rows(run_id: str, about: dict) -> Iterator[Row]:
    """Scores of the probes, and after them a row of an analysis under the name of the same probe."""
    same = {"tag": "main", "model": "m", "checkpoint": CHECKPOINT, "data": about["data"], "task": about["task"]}
    same |= {"probe": "linear", "head": None, "n_items": 10, "n_sentences": 5, "run_id": run_id}

    def row(analysis: str, split: str, target: str, draw: int, metric: str, layer: int, value: float) -> Row:
        measured = {"split": split, "target": target, "layer": layer, "seed": draw, "draw": draw, "metric": metric}
        ends = {"ci_low": value - 0.01, "ci_high": value + 0.01}
        return Row(**same, **measured, **ends, analysis=analysis, value=value + layer / 100)

    yield row("saliency", "test", "task", 0, "accuracy", 0, 0.9)
    for layer in about["layers"]:
        for split, metric, base in (
            ("dev", "accuracy", about["dev"]),
            ("test", "accuracy", 0.5),
            ("test", "macro_f1", 0.2),
        ):
            yield row("probes", split, "task", 0, metric, layer, base)
            for draw, less in enumerate((0.1, 0.05)):
                yield row("probes", split, "control", draw, metric, layer, base - less)
