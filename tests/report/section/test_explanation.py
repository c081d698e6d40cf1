"""The section on a pool's attention: tables, the figure, and which conclusions the intervals allow."""

import numpy as np
import pytest

from probing.report.section.explanation import section

FACTS = {"layer": 2, "sample": "3 of the 20 sentences of test", "permutations": 100, "distributions": 5}
FACTS |= {"steps": 500, "epsilon": 0.01}
ARRAYS = {
    "explanation/layers": np.array([1, 2]),
    "explanation/largest": np.array([[0.2, 0.3], [0.4, 0.5], [0.9, 0.8]]),
    "explanation/permuted": np.array([[0.0, 0.1], [0.1, 0.2], [0.3, 0.4]]),
}


def lines(share, half=0.1):
    values = {
        ("kendall", "attention × gradient × input"): 0.5,
        ("kendall", "attention × leave-one-out"): 0.4,
        ("share_significant", "attention × gradient × input"): 0.6,
        ("share_significant", "attention × leave-one-out"): 0.3,
        ("tvd", "permuted"): 0.07,
        ("tvd", "permuted, largest weight 0.25 to 0.5"): 0.2,
        ("tvd", "uniform"): 0.12,
        ("jsd_nats", "adversarial"): 0.41,
        ("share_far", "adversarial"): share,
        ("weight", "largest"): 0.35,
    }
    for (metric, target), value in values.items():
        for layer in (1, 2):
            at = value if layer == 2 else value / 2
            yield target, layer, at, {"metric": metric, "ci_low": at - half, "ci_high": at + half}


@pytest.fixture
def run(run_with):
    return run_with("explanation", [*lines(0.8)], ARRAYS, **FACTS)


def test_numbers_of_the_layer_that_dev_chose(run, written):
    made = section(run)
    moved, apart = made.sentences
    assert "Layer 2 (chosen on dev)" in moved
    assert "0.07 [−0.03, 0.17]" in moved or "0.07 [-0.03, 0.17]" in moved
    assert "0.41 [0.31, 0.51] nats, of 0.69; most sentences have some above half of it (0.80 [0.70, 0.90])" in apart
    assert made.sample.split("; ")[:2] == [FACTS["sample"], "100 permutations of each sentence's weights"]
    assert written(run, made) == {"explanation.png", "explanation.pdf"}


@pytest.mark.parametrize(
    "share, words", [(0.55, "does not tell"), (0.3, "at most half of the sentences have"), (0.7, "most sentences have")]
)
def test_the_interval_decides_whether_it_is_most_sentences(run_with, share, words):
    made = section(run_with("explanation", [*lines(share)], ARRAYS, **FACTS))
    assert words in made.sentences[1]


def test_tables_have_a_line_per_layer_and_a_column_per_measure(run):
    tau, moved, bins = section(run).tables
    assert tau.text["layer"].tolist() == ["1", "2"]
    assert [*tau.text] == [
        "layer",
        "τ, gradient × input",
        "τ, leave-one-out",
        "significant, gradient × input",
        "significant, leave-one-out",
    ]
    assert tau.raw["τ, leave-one-out"].tolist() == [0.2, 0.4]
    assert moved.raw["adversarial (nats)"].tolist() == [0.205, 0.41]
    assert [*moved.text][1:] == [
        "largest weight",
        "permuted",
        "uniform",
        "adversarial (nats)",
        "share above half of ln 2",
    ]
    assert [*bins.text] == ["layer", "largest weight 0.25 to 0.5"]


def test_the_figure_draws_every_sentence_of_the_chosen_layer(run, tmp_path, monkeypatch):
    drawn = {}
    from probing.report.section import explanation

    def note(axes, of):
        explanation_draw(axes, of)
        [line] = axes.get_lines()
        drawn["x"], drawn["y"] = line.get_data()

    explanation_draw = explanation.draw_sentences
    monkeypatch.setattr(explanation, "draw_sentences", note)
    explanation.write(run, tmp_path / "figure")
    assert drawn["x"].tolist() == [0.3, 0.5, 0.8]
    assert drawn["y"].tolist() == [0.1, 0.2, 0.4]


def test_a_run_without_these_rows_has_no_section(run_with):
    made = section(run_with("explanation", []))
    assert not (made.tables or made.figures or made.sentences)
