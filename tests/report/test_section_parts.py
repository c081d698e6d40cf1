import pytest

from probing.report.section_parts import by_layer, grid, head_names, pick, sample_of, with_intervals


def test_rows_are_picked_by_analysis_metric_method_and_target_on_test_without_single_draws(run_with):
    lines = [
        ("a", 1, 0.1, {"probe": "one"}),
        ("a", 1, 0.2, {"probe": "two"}),
        ("b", 1, 0.3, {"probe": "two"}),
        ("a", 1, 0.4, {"probe": "two", "split": "dev"}),
        ("a", 1, 0.5, {"probe": "two", "metric": "macro_f1"}),
        ("a", 1, 0.6, {"probe": "two", "draw": 0}),
    ]
    run = run_with("heads", lines)
    assert pick(run, "heads", "accuracy")["value"].tolist() == [0.1, 0.2, 0.3]
    assert pick(run, "heads", "accuracy", "two")["value"].tolist() == [0.2, 0.3]
    assert pick(run, "heads", "accuracy", "two", "a")["value"].tolist() == [0.2]
    assert pick(run, "rollout", "accuracy").empty


def test_a_sample_is_what_the_analysis_states(run_with):
    run = run_with("heads", [], sample="3 of the 4 sentences of test")
    assert sample_of(run, "heads") == "3 of the 4 sentences of test"
    assert sample_of(run, "rollout") == ""


def test_layers_have_a_line_each_and_a_column_per_metric_with_its_interval(make_rows):
    table = make_rows(
        ("all", 2, 0.3, {"metric": "b"}), ("all", 1, 0.1, {"metric": "a"}), ("all", 2, 0.2, {"metric": "a"})
    )
    raw, text = by_layer(table, {"a": "first", "b": "second", "c": "third"})
    assert text.to_dict("list") == {
        "layer": ["1", "2"],
        "first": ["0.100 [0.090, 0.110]", "0.200 [0.190, 0.210]"],
        "second": ["–", "0.300 [0.290, 0.310]"],
    }
    assert raw.set_index("layer").loc[2, ["a", "a_low", "a_high"]].tolist() == pytest.approx([0.2, 0.19, 0.21])


def test_two_rows_of_one_layer_or_head_are_refused_and_never_averaged(make_rows):
    twice = make_rows(("all", 1, 0.1), ("all", 1, 0.3))
    with pytest.raises(ValueError, match="duplicate"):
        by_layer(twice, {"accuracy": "accuracy"})
    with pytest.raises(ValueError, match="duplicate"):
        grid(twice.assign(head=0))


def test_a_grid_has_layers_downwards_and_heads_across(make_rows):
    cells = [(2, 1, 0.4), (1, 0, 0.1), (1, 1, 0.2), (2, 0, 0.3)]
    lines = [("all", layer, value, {"head": head}) for layer, head, value in cells]
    table = make_rows(*lines, ("all", 1, 0.9))
    assert grid(table).to_numpy().tolist() == [[0.1, 0.2], [0.3, 0.4]]
    assert head_names(table.iloc[:2]) == ["2.1", "1.0"]


def test_a_value_without_ends_has_no_brackets(make_rows):
    table = make_rows(("all", 1, 0.25))
    assert with_intervals(table, "value", "accuracy", "ci_low", "ci_high") == ["0.250 [0.240, 0.260]"]
    assert with_intervals(table, "value", "accuracy") == ["0.250"]
