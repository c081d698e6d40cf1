import pytest

from probing.report.section.ablation import section, write_effects

OUTPUT = "the linear probe of pos on layer 2"


@pytest.fixture
def run(run_with):
    single = [
        (OUTPUT, layer, value, {"metric": "effect_nats", "probe": "ablation_mean", "head": head})
        for layer, head, value in [(1, 0, 0.01), (1, 1, 0.3), (2, 0, -0.02), (2, 1, 0.05)]
    ]
    single += [
        (
            target,
            layer,
            value,
            {**of, "probe": "ablation_mean_adjusted", "ci_low": value - half, "ci_high": value + half},
        )
        for (target, layer, value, of), half in zip(single, (0.02, 0.4, 0.02, 0.02), strict=True)
    ]
    joint = [
        (f"top {k} {how}", 2, k / 10, {"metric": "effect_nats", "probe": "ablation_joint", "ci_low": k / 8})
        for k in (1, 2, 4)
        for how in ("together", "sum of single")
    ]
    layers = [(OUTPUT, layer, 0.4, {"metric": "effect_nats", "probe": "ablation_layer"}) for layer in (1, 2)]
    facts = {
        "output": OUTPUT,
        "predicts": "the gold label",
        "replacement": "zeros",
        "sample": "6 of the 20 sentences of test",
    }
    return run_with("ablation", single + joint + layers, **facts)


def test_heads_are_sorted_by_what_is_left_of_their_effect_among_all_heads_and_the_output_is_named(run, written):
    made = section(run)
    assert made.title == "Ablation"
    stated = [
        "6 of the 20 sentences of test",
        "the output of a head is replaced by zeros",
        "the output predicts the gold label",
    ]
    assert made.sample.split("; ") == stated
    [table] = made.tables
    assert table.text["head"].tolist() == ["2.1", "1.0", "2.0", "1.1"]
    assert table.text["effect (nats)"][0] == "0.050 [0.030, 0.070]"
    assert table.raw["ci_low"].tolist() == pytest.approx([0.04, 0, -0.03, 0.29])
    assert "1 of 4 heads have an interval above 0" in table.note
    assert f"measured on {OUTPUT}" in table.note
    assert "intervention" in table.note
    assert written(run, made) == {"ablation.png", "ablation.pdf"}


def test_bars_run_from_end_to_end_of_the_interval_even_where_the_value_is_outside(run, tmp_path, monkeypatch):
    drawn = {}
    monkeypatch.setattr("probing.report.section.ablation.save", lambda made, stem, data: drawn.update(made=made) or [])
    write_effects(run, tmp_path / "ablation")
    right = next(axes for axes in drawn["made"].axes if axes.get_xlabel().startswith("number of heads"))
    for bars in right.collections:
        ends = [sorted(y for _, y in path.vertices.tolist()) for path in bars.get_paths()]
        assert ends == [pytest.approx(sorted([k / 8, k / 10 + 0.01])) for k in (1, 2, 4)]


def test_a_dot_marks_the_heads_whose_interval_for_all_heads_excludes_zero(run, tmp_path, monkeypatch):
    drawn = {}
    monkeypatch.setattr("probing.report.section.ablation.save", lambda made, stem, data: drawn.update(made=made) or [])
    write_effects(run, tmp_path / "ablation")
    [dots] = drawn["made"].axes[0].lines
    places = list(zip(dots.get_xdata().tolist(), dots.get_ydata().tolist(), strict=True))
    assert places == [(1, 1)]  # head 2.1: 0.05 ± 0.02; that of 2.0 ends at 0, and 1.1 has a wide one
    title = drawn["made"].get_label()
    assert "dots: the 95 % interval, for all heads at once, excludes 0" in title


def test_without_rows_there_is_no_section(run_with):
    made = section(run_with("ablation", []))
    assert not (made.tables or made.figures or made.sentences)
