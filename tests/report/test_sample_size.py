"""Plans from finished runs: one run by layers, two runs on the same data; what cannot be planned is refused."""

import numpy as np
import pytest

from probing.errors import DataError
from probing.report.load import load_run
from probing.report.sample_size import Goal, needed, plans, shown_plans
from probing.result.power import Spread

GOAL = Goal(0.02)


def test_the_best_layer_against_each_other_one(make_run):
    run = load_run(make_run())
    table = plans([run], [], "accuracy", GOAL)
    assert table["first"].tolist() == ["layer 2"] * 3
    assert table["second"].tolist() == ["layer 0", "layer 1", "layer 3"]
    scores = run.shown_rows.set_index("layer")["value"]
    assert table["difference"].tolist() == pytest.approx([scores[2] - scores[k] for k in (0, 1, 3)])
    assert (table["n_sentences"] == 150).all()
    spread = Spread(float(table["deviation"][0]))
    assert table["sentences_needed"][0] == np.ceil(spread.sentences(0.02, 0.8, 0.05))
    assert table["separable"][0] == spread.difference(150, 0.8, 0.05)
    shown = shown_plans(table, GOAL)
    assert shown["pair"][0] == "layer 2 − layer 0"
    assert "documents" not in shown


def test_two_runs_and_named_layers(make_run):
    runs = [load_run(make_run(model=name, name=name)) for name in ("one", "other")]
    [line] = plans(runs, [], "accuracy", GOAL).to_dict("records")
    assert (line["first"], line["second"]) == ("one, layer 2", "other, layer 2")
    [line] = plans(runs[:1], [0, 3], "accuracy", GOAL).to_dict("records")
    assert (line["first"], line["second"]) == ("layer 0", "layer 3")


def test_documents_are_planned_where_the_run_names_them(make_run):
    run = load_run(make_run())
    run.sentences["unit"] = run.sentences["sentence"].str[1:].astype(int) // 5
    table = plans([run], [0, 2], "accuracy", GOAL)
    assert (table["n_units"][0], table["n_sentences"][0]) == (30, 150)
    assert table["documents_needed"][0] == pytest.approx(table["sentences_needed"][0] / 5, abs=1)
    assert "documents" in shown_plans(table, GOAL)


def test_what_cannot_be_planned_is_refused(make_run):
    run = load_run(make_run())
    with pytest.raises(DataError, match="metric=codelength_bits"):
        plans([run], [], "codelength_bits", GOAL)
    with pytest.raises(DataError, match="no statistics of accuracy per sentence in layer 9"):
        plans([run], [0, 9], "accuracy", GOAL)
    with pytest.raises(DataError, match="one layer"):
        plans([load_run(make_run(test=(0.7,), name="single"))], [], "accuracy", GOAL)


def test_what_is_not_known_is_not_a_number():
    found = needed(Spread(0.3), GOAL, None, None)
    assert np.isnan([found["documents_needed"], found["separable"], found["power_here"]]).all()
