import numpy as np
import pytest

from probing.report.section.agreement import conclusions, section


@pytest.fixture
def run(run_with):
    lines = [
        (f"{score} × {reference}", layer, value, {"metric": metric, "probe": "explain"})
        for layer in (1, 2)
        for score, value in (("raw", 0.4), ("rollout", 0.8))
        for reference in ("blank-out, other words' labels", "gradient, other words' labels")
        for metric in ("spearman", "kendall")
    ]
    lines += [
        (target, layer, value, {**of, "probe": "explain_adjusted", "ci_low": value - 0.05, "ci_high": value + 0.05})
        for target, layer, value, of in lines
    ]
    lines += [("uniform", layer, 0.3, {"metric": "tvd", "probe": "explain"}) for layer in (1, 2)]
    lines += [
        ("own label", 2, 2.7, {"metric": "blank_out_nats", "probe": "blank-out", "n_items": 60}),
        ("other words' labels", 2, 0.1, {"metric": "blank_out_nats", "probe": "blank-out", "n_items": 62}),
        ("own label", 2, 0.96, {"metric": "blank_out_own_share", "probe": "blank-out", "n_items": 60}),
    ]
    facts = {"output": "the linear probe of pos on layer 2", "layer": 2, "sample": "5 of the 20 sentences of test"}
    facts |= {"blank": "[MASK]", "draws": 10, "query": "of the first position", "predicts": "the gold label"}
    return run_with("agreement", lines, **facts)


def test_correlations_stand_layer_by_layer_and_conclusions_are_of_the_layer_that_is_read(run, written):
    made = section(run)
    assert made.title == "Agreement of attention with interventions"
    assert made.sample.split("; ") == [
        "5 of the 20 sentences of test",
        "a token is replaced by [MASK]",
        "attention is that of the first position",
        "permuted weights: the mean over 10 permutations of every row (Jain & Wallace 2019: median of 100)",
        "the output predicts the gold label",
    ]
    effects, table = made.tables
    assert effects.text.to_dict("list") == {
        "effect on": ["its own word's label", "the sum over all other labels of its sentence"],
        "nats per token": ["2.700 [2.690, 2.710]", "0.100 [0.090, 0.110]"],
        "tokens": ["60", "62"],
    }
    assert "intervention" in effects.note
    assert table.text.columns.tolist() == ["metric", "target", "layer 1", "layer 2"]
    lines = table.text.set_index(["metric", "target"])
    assert lines.loc[("spearman", "rollout × gradient, other words' labels"), "layer 2"] == "0.800 [0.790, 0.810]"
    assert len(lines) == 9
    assert "With uniform attention in layer 2 the output changes by 0.30 [0.29, 0.31]" in made.sentences[1]
    assert "The highest of 4 rank correlations in layer 2 is that of rollout with blank-out" in made.sentences[2]
    assert "(Spearman 0.80 [0.75, 0.85], simultaneous interval for all 4)" in made.sentences[2]
    assert "96 % [95, 97] of the lost log-probability belongs to the label of its own word" in made.sentences[3]
    assert written(run, made) == {"explain.png", "explain.pdf"}


@pytest.mark.parametrize(
    ("ranks", "uniform", "expected", "absent"),
    [
        ((0.8, 0.75, 0.85), (0.4, 0.3, 0.5), ["depends on these weights", "almost alike"], "hardly matter"),
        ((0.1, 0.0, 0.2), (0.01, 0.0, 0.02), ["hardly matter", "no attention score of this layer"], "almost alike"),
        ((0.4, 0.2, 0.5), (0.05, 0.01, 0.1), ["too small to tell", "a tendency"], "hardly matter"),
        ((0.3, -0.1, 0.6), (0.4, 0.3, 0.5), ["whether it is above 0"], "a tendency"),
        ((np.nan,) * 3, (np.nan,) * 3, ["this model and this sample"], "changes by"),
    ],
)
def test_conclusions_follow_intervals(ranks, uniform, expected, absent):
    said = conclusions("linear probe of upos on layer 6", 6, {"rollout × blank-out": ranks}, uniform)
    text = " ".join(said)
    assert all(part in text for part in expected) and absent not in text
    assert 1 <= len(said) <= 3 and "linear probe of upos on layer 6" in said[0]


def test_the_highest_of_many_correlations_is_quoted_with_the_interval_of_all():
    ranks = {f"raw × {k}": (0.1, 0.0, 0.2) for k in range(9)} | {"flow × blank-out": (0.8, 0.75, 0.85)}
    said = conclusions("the probe", 2, ranks, (np.nan,) * 3)[-1]
    assert "flow with blank-out (Spearman 0.80 [0.75, 0.85], simultaneous interval for all 10)" in said


def test_without_rows_there_is_no_section(run_with):
    made = section(run_with("agreement", []))
    assert not (made.tables or made.figures or made.sentences)
