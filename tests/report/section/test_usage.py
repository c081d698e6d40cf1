"""The section of usage: tables, figures, and which words the measured effects earn."""

import pytest

from probing.report.section.usage import section
from probing.report.usage_words import layers_in_words

METHODS = ("leace", "mean_swap")
LAYERS = (0, 1, 2)


def scored(metric, probe, target="pos"):
    return [(target, layer, 0.5 + layer / 10, {"metric": metric, "probe": probe}) for layer in LAYERS]


def lines():
    found = [*scored("decodable", "validation")]
    found += [("pos", layer, 0.2, {"metric": "majority", "probe": "validation"}) for layer in LAYERS]
    for method in METHODS:
        for metric in ("completeness", "selectivity", "reliability", "decodable_after"):
            found += scored(metric, method)
        for layer in (0, 1):
            for against in ("_minus_random", "_minus_random_adjusted", "_minus_control_adjusted", ""):
                found.append(("pos", layer, 1.5, {"metric": "effect_nats", "probe": f"{method}{against}"}))
            for above in range(layer + 1, 3):
                where = {"metric": "decodable_above", "probe": method}
                found.append((f"pos on layer {above}", layer, 0.3, where))
    found += scored("refitted", "leace")
    return found


def facts(**changes):
    return {
        "sample": "20 sentences of test",
        "ranks": {"pos": {method: [3, 3, 3] for method in METHODS}},
        "properties": {"pos": ["quarter"]},
        "used": {"pos": {"leace": [0, 1], "mean_swap": [0]}},
        "output": "the model's own classifier of words",
        "own_head": True,
        **changes,
    }


def test_tables_and_a_figure_per_concept(run_with, written):
    run = run_with("usage", lines(), **facts())
    made = section(run)
    effects, moves, reliability, further, above = made.tables
    assert effects.text["LEACE"].tolist()[:2] == ["1.500 [1.490, 1.510] *"] * 2
    assert moves.text["swap of class means"].tolist()[:2] == ["1.500 [1.490, 1.510] *", "1.500 [1.490, 1.510]"]
    assert ("swap of class means" in effects.text, "LEACE" in moves.text) == (False, False)
    assert {table.raw["method"].unique().item() for table in (effects, moves)} == {"leace", "mean_swap"}
    assert effects.text["LEACE"][2] == "–"  # nothing was measured there
    assert "intervals hold for all layers and methods" in effects.note
    assert "for part of speech: quarter" in reliability.note
    assert [*reliability.text][3:] == ["completeness", "selectivity", "reliability"]
    assert [*further.text][3:] == ["accuracy of a new probe on what is left"]
    assert max(len(table.text.columns) for table in made.tables) <= 7  # more are wider than a page
    assert above.text["next layer"].tolist()[0] == "layer 1: 0.300 [0.290, 0.310]"
    assert above.text["highest layer"].tolist()[0] == "layer 2: 0.300 [0.290, 0.310]"
    assert len(above.text) == 4
    assert written(run, made) == {"usage_pos.png", "usage_pos.pdf"}


def test_used_is_said_only_where_it_was_measured(run_with):
    used, disagree = section(run_with("usage", lines(), **facts())).sentences
    assert used.startswith("The model's own classifier of words uses part of speech on layer 0: each of the 2 methods")
    assert "layer 1: 1 of 2" in disagree


def test_what_is_decodable_and_has_no_effect_is_not_called_used(run_with):
    [said] = section(run_with("usage", lines(), **facts(used={"pos": {"leace": [], "mean_swap": []}}))).sentences
    assert said.startswith("On layers 0 to 1, part of speech can be decoded, and no method changes")
    assert "not shown to be used" in said
    assert " uses " not in said


def test_what_is_not_decodable_is_not_mentioned(run_with):
    rows = [(*line[:2], 0.9 if line[3]["metric"] == "majority" else line[2], line[3]) for line in lines()]
    assert section(run_with("usage", rows, **facts(used={"pos": {"leace": [], "mean_swap": []}}))).sentences == []


def test_a_probe_that_stands_in_for_a_head_is_named(run_with):
    output = "the linear probe of pos on layer 2"
    made = section(run_with("usage", lines(), **facts(own_head=False, output=output)))
    assert made.sentences[-1].startswith(f"The output is {output}, not a head of the model's own")
    assert "not what the model itself uses" in made.sentences[-1]
    assert "does not show what the model itself uses" in made.tables[0].note


def test_without_an_output_only_scores_are_shown(run_with):
    rows = [line for line in lines() if line[3]["metric"] not in ("effect_nats", "decodable_above")]
    made = section(run_with("usage", rows, **facts(used={})))
    assert [table.name for table in made.tables] == ["usage_reliability", "usage_further"]
    assert made.sentences == ["No effect on an output was measured: what is decodable here is not shown to be used."]
    assert not made.figures


def test_without_rows_there_is_no_section(run_with):
    made = section(run_with("usage", []))
    assert not (made.tables or made.figures or made.sentences)


@pytest.mark.parametrize(("layers", "said"), [([0, 1, 2, 4], "layers 0 to 2 and 4"), ([3], "layer 3")])
def test_layers_in_words(layers, said):
    assert layers_in_words(layers) == said
