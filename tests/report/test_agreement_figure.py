import pytest

from probing.report.agreement_figure import write_explain


@pytest.fixture
def run(run_with):
    lines = [
        (f"{score} × {reference}", layer, value, {"metric": "spearman", "probe": "explain"})
        for layer in (1, 2)
        for score, value in (("raw", 0.4), ("rollout", 0.8))
        for reference in ("blank-out, other words' labels", "gradient, other words' labels")
    ]
    return run_with("agreement", lines, layer=2)


@pytest.mark.parametrize("fit", [2, 1])
def test_each_score_has_a_panel_for_each_reference_where_it_alone_has_a_colour(run, tmp_path, monkeypatch, fit):
    drawn = {}
    monkeypatch.setattr("probing.report.agreement_figure.save", lambda made, stem, data: drawn.update(made=made) or [])
    monkeypatch.setattr("probing.report.agreement_figure.columns_for", lambda *_, most: fit)
    write_explain(run, tmp_path / "explain")
    coloured = [[line for line in axes.lines if line.get_marker() == "o"] for axes in drawn["made"].axes]
    assert [len(lines) for lines in coloured] == [1] * 4
    raw, rollout = [0.4, 0.4], [0.8, 0.8]
    # scores are columns where they fit beside each other, else rows
    assert [lines[0].get_ydata().tolist() for lines in coloured] == (
        [raw, rollout, raw, rollout] if fit == 2 else [raw, raw, rollout, rollout]
    )
