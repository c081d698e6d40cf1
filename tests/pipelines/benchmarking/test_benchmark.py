"""python -m pipelines.benchmark: what it writes, what it leaves out, and that one word names one ratio."""

import json
from types import SimpleNamespace

import pytest

from pipelines import benchmark
from pipelines.benchmarking.bench import Ratio
from probing.errors import ModelError

GIVEN = ("model=minilm", "data=grammar", "data.train=30", "data.dev=10", "data.test=10", "threads=1", "repeats=2")


@pytest.fixture
def two(monkeypatch) -> None:
    """Two ratios: one that has a value, and one that no model has."""

    def good(bench):
        """Good / bad."""
        return Ratio([2.0] * bench.repeats, bench.corpus.name, beside={"gap": Ratio([1e-5], "as above")})

    def bad(bench):
        """Bad / good."""
        raise ModelError("no maps")

    monkeypatch.setattr(benchmark, "RATIOS", {"good": good, "bad": bad})


@pytest.mark.parametrize("only", ["only=good", "only=[good]"])
def test_one_word_names_one_ratio(only, two, here, tmp_path):
    done = here(*GIVEN, only, f"outputs={tmp_path}", "name=mine", small=False, program="benchmark")
    assert (done.code, done.err) == (0, "")
    [file] = tmp_path.rglob("*.json")
    assert file == tmp_path / "benchmark" / "mine.json"
    written = json.loads(file.read_text())
    assert written["results"]["good"]["median"] == 2
    assert written["results"]["good"]["gap"]["median"] == 1e-5
    assert written["machine"]["threads"] == 1
    assert written["notes"] == []
    assert done.out.splitlines()[-1] == f"wrote {file}"


def test_what_cannot_be_measured_is_left_out_and_said(two, here, tmp_path):
    done = here(*GIVEN, f"outputs={tmp_path}", small=False, program="benchmark")
    assert done.code == 0
    assert "bad is left out: no maps" in done.out
    written = json.loads((tmp_path / "benchmark" / "main.json").read_text())
    assert list(written["results"]) == ["good"]
    assert written["notes"] == [{"kind": "left out", "text": "bad: no maps"}]


def test_what_was_named_and_cannot_be_measured_is_an_error(two, here, refused, tmp_path):
    done = here(*GIVEN, "only=bad", f"outputs={tmp_path}", small=False, program="benchmark")
    assert "no maps" in refused(done, 1)
    assert list(tmp_path.rglob("*.json")) == []


def test_a_layer_that_the_model_does_not_have_is_refused_first(two, here, refused, tmp_path):
    done = here(*GIVEN, "layer=99", f"outputs={tmp_path}", small=False, program="benchmark")
    assert "layers=99" in refused(done, 2)


def test_a_run_gets_the_same_groups(monkeypatch):
    typed = ["task=xpos", "model.long=truncate", "+data.max_sentences=9", "repeats=3", "only=[good]"]
    choices = {"data": "ewt", "task": "xpos", "model": "minilm", "store": "hdf5", "probe": "linear", "hydra/help": "x"}
    source = SimpleNamespace(provider="main", schema="file", path=str(benchmark.CONF))
    runtime = SimpleNamespace(choices=choices, config_sources=[source])
    config = SimpleNamespace(runtime=runtime, overrides=SimpleNamespace(task=typed))
    monkeypatch.setattr(benchmark.HydraConfig, "get", lambda: config)
    chosen = ("data=ewt", "task=xpos", "model=minilm", "store=hdf5", "probe=linear")
    assert benchmark.overrides_of_run() == (*chosen, "model.long=truncate", "+data.max_sentences=9")
