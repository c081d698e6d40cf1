"""Removals from texts by a finished run: the numbers of its own ``analysis=usage``; and what cannot be removed."""

import json
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest

from pipelines.viewing import remover as module
from pipelines.viewing.remover import Remover, removable_runs
from probing.analysis.text_removal import Wanted
from probing.data.grammar import Grammar
from probing.errors import ConfigError, DataError
from probing.model.checkpoint import Model, resolve
from probing.view.probe_selection import select_probes
from probing.view.stored_view import find as find_sentence

SMALL = ("data=grammar", "data.train=60", "data.dev=40", "data.test=1", "threads=1", "resamples=20", "probe.l2=[1e-2]")
USAGE = ("analysis=usage", "analysis.usage.methods=[mean_swap,leace,inlp]", "analysis.usage.items=300")
TEXT = "the lazy <b>dog</b> sleeps"


@pytest.fixture(scope="module")
def run(here, tiny, tmp_path_factory) -> Path:
    """A run with usage, of a tiny model and a corpus with one sentence of test."""
    outputs = tmp_path_factory.mktemp("outputs")
    given = [*SMALL, *USAGE, f"model.checkpoint={tiny}", f"outputs={outputs}", "task=pos", "attention=none"]
    done = here(*given, small=False)
    assert done.code == 0, done.err
    return Path(done.out.splitlines()[-1].partition(": ")[2])


@pytest.fixture(scope="module")
def trained(run, tiny):
    return select_probes([run], resolve(Model(str(tiny))).revision, "float32").trained


@pytest.fixture(scope="module")
def remover(trained) -> Remover:
    return Remover(removable_runs(trained), "model=tiny", "cpu")


@pytest.fixture(scope="module")
def sentence():
    return find_sentence(Grammar(name="grammar", train=60, dev=40, test=1).load(), "test-0001")


@pytest.mark.parametrize(("layer", "method"), [(0, "leace"), (2, "inlp")])
def test_its_numbers_are_those_of_the_runs_own_analysis(run, remover, sentence, layer, method):
    found = remover.remove(sentence, Wanted("pos", layer, method))
    rows = pd.read_csv(run / "rows.csv")
    rows = rows[(rows["analysis"] == "usage") & (rows["metric"] == "effect_nats") & (rows["layer"] == layer)]
    expected = dict(zip(rows["probe"], rows["value"], strict=True))
    assert found["output"]["gold"] and found["run"].endswith(run.name)
    nats = [sum(one["nats"]) / len(one["nats"]) for one in found["output"]["after"]]
    assert nats[0] == pytest.approx(expected[method], abs=1e-5)
    assert sum(nats[1:-1]) / len(nats[1:-1]) == pytest.approx(expected[f"{method}_random"], abs=1e-5)
    assert nats[-1] == pytest.approx(expected[f"{method}_control"], abs=1e-5)
    facts = json.loads((run / "manifest.json").read_text())["analyses"]["usage"]
    assert found["measured"] == {"sample": facts["sample"], "used": facts["used"]["pos"][method]}


def test_what_can_be_chosen_is_known_exactly_once_the_run_is_loaded(trained, remover):
    fresh = Remover(removable_runs(trained), "model=tiny", "cpu")
    [offer] = fresh.status()["runs"]
    assert (offer["task"], offer["layers"], offer["properties"][:2]) == ("pos", (0, 1, 2, 3), ("pos", "xpos"))
    found = remover.remove(TEXT, Wanted("head_side", 1, "mean_projection"))
    assert found["words"] == tuple(range(len(found["words"]))) and not found["output"]["gold"]
    assert found["measured"] is None  # the run's analysis did not remove this
    [offer] = remover.status()["runs"]
    assert offer["layers"] == (0, 1, 2) == remover.layers_of(TEXT, "pos")
    assert set(offer["properties"]) == {probe["property"] for probe in found["probes"]}
    assert remover.status()["stage"] is None


def test_what_is_built_is_kept(remover, monkeypatch):
    first = remover.remove(TEXT, Wanted("pos", 1, "leace"))
    monkeypatch.setattr(module, "loaded", None)
    monkeypatch.setattr("probing.analysis.property_removals.built", None)
    assert remover.remove(TEXT, Wanted("pos", 1, "leace")) == first
    assert remover.remove("another dog", Wanted("pos", 1, "leace"))["words"] == (0, 1)


@pytest.mark.parametrize(
    ("wanted", "task", "said"),
    [
        (Wanted("tense", 1, "leace"), None, "property=tense: no run here has it; choose one of pos, "),
        (Wanted("pos", 1, "leace"), "depth", "task=depth: no such run; choose one of pos"),
        (Wanted("pos", 3, "leace"), None, "layer=3: no layer above it is read, because the output is the linear probe"),
        (Wanted("pos", 8, "leace"), None, "layer=8: it cannot be changed"),
        (Wanted("pos", 1, "gradient"), None, "method=gradient: not a valid value; choose one of mean_projection, "),
    ],
)
def test_what_cannot_be_removed_is_said_in_one_line(remover, wanted, task, said):
    with pytest.raises((ConfigError, DataError), match=re.escape(said)) as refused:
        remover.remove(TEXT, wanted, task)
    assert "\n" not in str(refused.value) and remover.status()["stage"] is None


def test_without_a_run_it_says_which_command_makes_one():
    none = Remover([], "model=minilm model.bos=off")
    with pytest.raises(ConfigError, match=r"pipelines.run model=minilm model.bos=off data=grammar task=pos"):
        none.remove(TEXT, Wanted("pos", 1, "leace"))
    assert none.status()["missing"].count("\n") == 1


def test_without_the_runs_store_it_says_what_makes_it_and_computes_nothing(run, trained, tmp_path, monkeypatch):
    store = next(folder for folder in run.parents if folder.name == "runs").parent / "store"
    monkeypatch.setattr("probing.analysis.study.Study.hidden", None)
    shutil.move(store, tmp_path / "store")
    try:
        with pytest.raises(DataError, match=r"has no vectors of grammar.*make both again: python -m pipelines\.run"):
            Remover(removable_runs(trained), "model=tiny", "cpu").remove(TEXT, Wanted("pos", 1, "leace"))
    finally:
        shutil.move(tmp_path / "store", store)
