"""Which probes speak, of what vectors, and what stands beside their word."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from probing.axes import Sentence
from probing.errors import DataError
from probing.probe.saved import FILE, Saved, to_bytes
from probing.result.rows import Row, write_rows
from probing.view.predict import gold_of, pooling, reader, with_gold
from probing.view.record import Predicted, Tokens

CHECKPOINT = "sha256-1"
# [CLS] the  fox ##es [SEP] sleep [SEP]; "…" is a word without a subword
TOKENS = Tokens(
    labels=("[CLS]", "the", "fox", "##es", "[SEP]", "sleep", "[SEP]"),
    special=(True, False, False, False, True, False, True),
    word=np.array([-1, 0, 1, 1, -1, 3, -1]),
    segment=np.array([0, 0, 0, 0, 0, 1, 1]),
    forms=("the", "foxes", "…", "sleep"),
    form_segment=np.array([0, 0, 1, 1]),
)
# two layers of width 2: the first feature of subword s is s, the second 1 in layer 0 and -1 in layer 1
HIDDEN = np.stack([np.column_stack([np.arange(7), np.full(7, sign)]) for sign in (1, -1)]).astype(np.float32)


@pytest.fixture
def run(tmp_path) -> Callable[..., Path]:
    """A finished run: class A where the second feature is positive, else B; or the first feature as a number."""

    def make(name: str, classes: tuple[str, ...] = ("A", "B"), **given) -> Path:
        about = {"task": "pos", "level": "word", "vector": "mean", "finished": "2024-01-01T00:00:00+00:00"}
        about |= {"checkpoint": CHECKPOINT, "precision": "float32", "layers": (0, 1), "run_id": name}
        about |= {"dtype": "float16", "probe": "linear", "dev": 0.1, **given}
        folder = tmp_path / "runs" / name
        folder.mkdir(parents=True)
        weights = np.array([[0, 2], [0, -2]] if classes else [1, 0], np.float32)
        probes = Saved(
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
        (folder / FILE).write_bytes(to_bytes(probes))
        manifest = {
            "run_id": name,
            "metric": "accuracy",
            "level": about["level"],
            "layers": list(about["layers"]),
            "classes": list(classes),
            "finished": about["finished"],
            "checkpoint": {"revision": about["checkpoint"]},
            "config": {
                "model": {"precision": about["precision"]},
                "store": {"dtype": about["dtype"]},
                "probe": {"name": about["probe"]},
            },
        }
        (folder / "manifest.json").write_text(json.dumps(manifest))
        write_rows(list(rows(name, about["task"], about["layers"], about["dev"])), folder / "rows.csv")
        return folder

    return make


def rows(run_id: str, task: str, layers: tuple[int, ...], dev: float):
    for layer in layers:
        for split, metric, base in (("dev", "accuracy", dev), ("test", "accuracy", 0.5), ("test", "macro_f1", 0.2)):
            for target, seed, value in (("task", 0, base), ("control", 0, base - 0.1), ("control", 1, base - 0.05)):
                ends = (value - 0.01, value + 0.01)
                yield Row(
                    *(
                        "main",
                        "m",
                        CHECKPOINT,
                        "ewt",
                        split,
                        task,
                        "probes",
                        target,
                        "linear",
                        layer,
                        None,
                        0,
                        seed,
                        metric,
                    ),
                    *(value + layer / 100, *ends, 10, 5, run_id),
                )


def test_words_are_classified_layer_by_layer(run, tmp_path):
    run("a")
    [found] = reader([tmp_path], CHECKPOINT, "float32")(HIDDEN, TOKENS)
    assert found.predicted == [["A", "A", None, "A"], ["B", "B", None, "B"]]
    assert found.probability is not None
    sure = 1 / (1 + np.exp(-4))
    assert found.probability[0] == [pytest.approx(sure), pytest.approx(sure), None, pytest.approx(sure)]
    assert found.gold is None
    assert (found.task, found.level, found.kind, found.layers) == ("pos", "word", "class", (0, 1))


def test_scores_are_those_of_the_runs_own_test_split(run, tmp_path):
    run("a")
    [found] = reader([tmp_path], CHECKPOINT, "float32")(HIDDEN, TOKENS)
    assert found.score == (0.5, 0.51)
    assert found.low == (0.49, 0.49)
    assert found.high == (0.51, 0.51)
    assert found.control == pytest.approx((0.425, 0.435))  # the mean of both draws
    assert (found.metric, found.data, found.run) == ("accuracy", "ewt", "main/m/ewt/pos/linear/a")


@pytest.mark.parametrize(
    ("level", "vector", "cls_position", "expected"),
    [
        ("word", "mean", "first", [1, 2.5, None, 5]),
        ("word", "first", "first", [1, 2, None, 5]),
        ("word", "last", "first", [1, 3, None, 5]),
        ("sentence", "mean", "first", [2.75]),  # of subwords 1, 2, 3 and 5, whichever text they are of
        ("sentence", "last", "first", [5]),
        ("sentence", "cls", "first", [0]),
        ("sentence", "cls", "last", [6]),
    ],
)
def test_numbers_are_read_from_the_vector_that_the_run_probed(run, tmp_path, level, vector, cls_position, expected):
    run("a", (), level=level, vector=vector, cls_position=cls_position)
    [found] = reader([tmp_path], CHECKPOINT, "float32")(HIDDEN, TOKENS)
    assert found.predicted == [expected, expected]
    assert found.probability is None


def test_pooling_weights_are_distributions_or_zero():
    for level, vector in (("word", "mean"), ("word", "last"), ("sentence", "mean"), ("sentence", "cls")):
        total = pooling(TOKENS, level, vector, "first").sum(axis=1)
        assert total.tolist() == ([1, 1, 0, 1] if level == "word" else [1])


def test_of_runs_of_one_task_that_with_most_layers_then_the_best_on_dev_then_the_newest_speaks(run, tmp_path):
    run("a", finished="2024-01-01T00:00:00+00:00")
    run("b", finished="2024-03-01T00:00:00+00:00")
    run("c", finished="2024-05-01T00:00:00+00:00", dev=0.09)
    run("d", finished="2024-04-01T00:00:00+00:00", layers=(1,), dev=0.9)
    run("e", ("X", "Y"))  # other labels: another task
    run("f", (), task="depth")
    found = reader([tmp_path / "runs", tmp_path], CHECKPOINT, "float32")
    assert [one.run.rpartition("/")[2] for one in found(HIDDEN, TOKENS)] == ["f", "b", "e"]
    others = ", ".join(f"main/m/ewt/pos/linear/{name}" for name in "acd")
    assert found.notes == (f"also there, not shown: {others}",)


def test_a_linear_run_without_probes_is_named(run, tmp_path):
    (run("old") / FILE).unlink()
    (run("nonlinear", probe="mdl") / FILE).unlink()
    (run("pairs", (), level="pair") / FILE).unlink()
    (run("of another model", checkpoint="sha256-2") / FILE).unlink()
    found = reader([tmp_path], CHECKPOINT, "float32")
    [note] = found.notes
    assert note.endswith(
        "/runs/old: has no probes.safetensors (made before they were kept); delete its folder and run again"
    )
    assert found(HIDDEN, TOKENS) == []


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [("float32", 1 + 2**-12 + 2**-20), ("float16", 1.0), ("bfloat16", 1.0)],
)
def test_hidden_states_are_rounded_as_those_of_the_training_were(run, tmp_path, dtype, expected):
    run("a", (), dtype=dtype)
    hidden = np.full((2, 7, 2), 1 + 2**-12 + 2**-20, np.float32)
    [found] = reader([tmp_path], CHECKPOINT, "float32")(hidden, TOKENS)
    assert found.predicted[0][0] == pytest.approx(expected, abs=2**-22)


@pytest.mark.parametrize(
    ("hidden", "message"),
    [
        (np.zeros((2, 7, 3), np.float32), "width 2 up to layer 1, not 2 layers of width 3"),
        (np.zeros((1, 7, 2), np.float32), "width 2 up to layer 1, not 1 layers of width 2"),
        (np.full((2, 7, 2), 1e6, np.float32), "cannot read this text .*float16 ends at 65504"),
    ],
)
def test_hidden_states_that_the_probes_cannot_read_are_refused_by_the_runs_name(run, tmp_path, hidden, message):
    run("a")
    with pytest.raises(DataError, match=f"main/m/ewt/pos/linear/a: .*{message}"):
        reader([tmp_path], CHECKPOINT, "float32")(hidden, TOKENS)


def test_runs_of_other_models_and_unfinished_ones_do_not_speak(run, tmp_path):
    run("a", checkpoint="sha256-2")
    run("b", precision="bfloat16")
    (run("d") / "manifest.json").unlink()
    silent = reader([tmp_path, tmp_path / "not there"], CHECKPOINT, "float32")
    assert silent(HIDDEN, TOKENS) == []
    assert silent.notes == ()


def damage_probes(folder: Path) -> None:
    (folder / FILE).write_bytes((folder / FILE).read_bytes()[:-3])


def damage_rows(folder: Path) -> None:
    (folder / "rows.csv").write_text("nothing\n")


def damage_manifest(folder: Path) -> None:
    (folder / "manifest.json").write_text("{")


def says(**facts: object) -> Callable[[Path], None]:
    """Something else in the manifest."""

    def change(folder: Path) -> None:
        manifest = json.loads((folder / "manifest.json").read_text())
        (folder / "manifest.json").write_text(json.dumps(manifest | facts))

    return change


def in_store(store: object) -> Callable[[Path], None]:
    return says(config={"model": {"precision": "float32"}, "store": store})


DAMAGES = {
    "probes": damage_probes,
    "rows": damage_rows,
    "manifest": damage_manifest,
    "run_id": says(run_id="another"),
    "layers": says(layers=7),
    "classes": says(classes=[["A", "B"]]),
    "metric": says(metric=None),
    "no dtype": in_store({}),
    "dtype": in_store({"dtype": ["float16"]}),
    "store": in_store(None),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_run_is_passed_over_and_named(run, tmp_path, damage):
    run("old", finished="2023-01-01T00:00:00+00:00")
    damage(run("new"))
    found = reader([tmp_path], CHECKPOINT, "float32")
    assert [one.run.rpartition("/")[2] for one in found(HIDDEN, TOKENS)] == ["old"]
    [note] = found.notes
    assert note.startswith("passed over: ")
    assert str(tmp_path / "runs" / "new") in note


TREE = Sentence("s", ("Foxes", "may", "sleep"), ("NOUN", "_", "VERB"), (), (3, 3, 0), ("nsubj", "aux", "root"), "calm")


@pytest.mark.parametrize(
    ("task", "expected"),
    [
        ("pos", ["NOUN", None, "VERB"]),
        ("pos,column=deprel", ["nsubj", "aux", "root"]),
        ("deprel,vector=last", ["nsubj", "aux", "root"]),
        ("depth", [1, 1, 0]),
        ("tree_depth", [1]),
        ("sentiment,vector=cls", ["calm"]),
        ("xpos", None),  # not annotated
        ("length", None),  # a task of which nothing is known
    ],
)
def test_gold_is_what_the_corpus_says(task, expected):
    assert gold_of(task, TREE) == expected


def test_gold_fits_the_words_that_were_predicted_or_is_left_out():
    def predicted(n_words: int) -> Predicted:
        fixed = ("run", "data", "accuracy", (0.5,), (0.4,), (0.6,), (0.1,))
        return Predicted("depth", "word", "scalar", (0,), [[1.0] * n_words], None, None, *fixed)

    fitting, other = with_gold([predicted(3), predicted(2)], TREE)
    assert fitting.gold == [1, 1, 0]
    assert other.gold is None


def test_a_gold_label_that_the_probes_do_not_know_is_open(run, tmp_path):
    run("a", ("NOUN", "ADJ"))
    words = ("a", "b", "c", "d")
    sentence = Sentence("s", words, ("NOUN", "VERB", "ADJ", "_"), heads=(2, 0, 2, 3))
    run("b", (), task="depth")
    numbers, classes = with_gold(reader([tmp_path], CHECKPOINT, "float32")(HIDDEN, TOKENS), sentence)
    assert classes.gold == ["NOUN", None, "ADJ", None]
    assert numbers.gold == [1, 0, 1, 2]
