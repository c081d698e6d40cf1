"""The section on pruning: which conclusions the intervals allow, and what the figures draw."""

import pytest

from probing.report.section.pruning import conclusions, removed, section, write_pruning

OUTPUT = "the linear probe of pos on layer 2"


@pytest.fixture
def run(run_with):
    def kept(layer, head, value, half):
        ends = {"ci_low": value - half, "ci_high": value + half, "head": head}
        rows = [
            ("only the best head", layer, value, {"metric": "accuracy_change", "probe": "kept_head_adjusted", **ends})
        ]
        nats = {"metric": "effect_nats", "probe": "kept_head_adjusted", "head": head}
        return [*rows, ("only the best head", layer, 0.1 * layer, nats)]

    def curve(order, fall):
        for k in (0, 2, 10):
            for metric, value in (
                ("accuracy", 0.9 - fall * k),
                ("accuracy_change", -fall * k),
                ("effect_nats", fall * k),
            ):
                yield f"{k} heads {order}", 2, value, {"metric": metric, "probe": "pruning"}

    lines = [
        *kept(1, 3, -0.2, 0.05),
        *kept(2, 0, -0.02, 0.05),
        *curve("by importance", 0.004),
        *curve("at random", 0.03),
    ]
    facts = {
        "output": OUTPUT,
        "heads": 10,
        "orders": 5,
        "replacement": "zeros",
        "sample": "6 of the 20 sentences of test",
    }
    return run_with("pruning", lines, **facts)


def test_conclusions_say_what_the_intervals_say(run, written):
    made = section(run)
    layers, heads = made.sentences
    assert "accuracy falls clearly in 1 of 2 layers" in layers
    assert heads.startswith("Up to 2 of 10 heads can be removed by importance without a clear fall")
    assert made.sample == (
        "6 of the 20 sentences of test; the output of a head is replaced by zeros; random: the mean over 5 "
        "orders, with intervals over sentences"
    )
    assert all(OUTPUT in figure.caption and figure.reading for figure in made.figures)
    assert written(run, made) == {f"{name}.{kind}" for name in ("kept_head", "pruning") for kind in ("png", "pdf")}


def test_a_step_after_a_clear_fall_does_not_count(run_with):
    changes = [(0, 0.0, 0.0), (3, -0.05, 0.01), (6, -0.3, -0.1), (8, -0.3, 0.2)]
    lines = [
        (f"{k} heads by importance", 2, low, {"metric": metric, "probe": "pruning", "ci_low": low, "ci_high": high})
        for k, low, high in changes
        for metric in ("accuracy_change", "effect_nats")
    ]
    run = run_with("pruning", lines, output=OUTPUT, heads=8, orders=5, replacement="zeros")
    assert conclusions(run)[1].startswith("Up to 3 of 8 heads")


def test_tables_name_the_head_that_is_kept_and_both_orders(run):
    kept, pruned = section(run).tables
    assert kept.text["head that is kept"].tolist() == ["1.3", "2.0"]
    assert kept.text["change of accuracy"].tolist()[0] == "−0.200 [−0.250, −0.150]"
    assert pruned.text["heads removed"].tolist() == ["0", "2", "10"]
    assert pruned.text["accuracy, at random"].tolist()[1].startswith("0.840")
    assert pruned.text["accuracy, by importance"].tolist()[2].startswith("0.860")


def test_curves_are_drawn_in_order_of_the_number_of_heads(run, tmp_path, monkeypatch):
    drawn = {}
    monkeypatch.setattr("probing.report.section.pruning.save", lambda made, stem, data: drawn.update(made=made) or [])
    write_pruning(run, tmp_path / "pruning")
    importance, random, intact = drawn["made"].axes[0].lines
    assert importance.get_xdata().tolist() == random.get_xdata().tolist() == [0, 2, 10]
    assert importance.get_ydata().tolist() == pytest.approx([0.9, 0.892, 0.86])
    assert list(intact.get_ydata()) == pytest.approx([0.9, 0.9])


def test_the_number_of_heads_is_read_from_the_target(run):
    assert removed(run.of("pruning").tail(2)) == [10, 10]


def test_without_rows_there_is_no_section(run_with):
    made = section(run_with("pruning", []))
    assert not (made.tables or made.figures or made.sentences)
