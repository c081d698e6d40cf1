import pandas as pd
import pytest

from probing.report.curve_labels import Label, label_ends, label_of, set_heights, spread, wrapped
from probing.report.look import Look, looking
from probing.report.style import figure

CURVE = Label(0.7, 0.9, 0.8, "probe", "#000000")
CONTROL = Label(0.4, 0.5, 0.45, "control task", "#000000")
NEAR, FAR = (Label(value, value, value, f"at {value}", "#000000") for value in (0.68, 0.1))


def test_texts_that_would_overlap_move_apart_and_keep_their_order():
    heights = [0.5, 0.51, 0.9, 0.5]
    placed = spread(heights, [0.1] * 4, (0, 1))
    ordered = sorted(placed)
    assert all(b - a >= 0.1 - 1e-6 for a, b in zip(ordered, ordered[1:], strict=False))
    assert placed[2] == pytest.approx(0.9)
    assert placed[1] == max(placed[0], placed[1], placed[3])


def test_texts_with_room_stay_where_they_are():
    assert spread([0.1, 0.5], [0.1, 0.1], (0, 1)) == pytest.approx([0.1, 0.5])


def test_a_text_of_two_lines_has_twice_the_room_and_none_leaves_the_axis():
    placed = spread([0.0, 0.0, 1.0], [0.2, 0.4, 0.2], (0, 1))
    assert placed == pytest.approx([0.0, 0.3, 1.0])
    assert spread([1.0, 1.0], [0.2, 0.2], (0, 1)) == pytest.approx([0.8, 1.0])


@pytest.mark.parametrize(
    ("axis", "shown", "others", "visible"),
    [
        ("curves", [CURVE, CONTROL], [NEAR, FAR], {"probe", "control task", "at 0.68"}),
        ("probe", [CURVE], [CONTROL, NEAR, FAR], {"probe", "at 0.68"}),
        ("all", [CURVE], [CONTROL, NEAR, FAR], {"probe", "control task", "at 0.68", "at 0.1"}),
    ],
)
def test_the_axis_shows_curves_and_what_is_near_and_the_rest_is_named_with_its_value(axis, shown, others, visible):
    with looking(Look(axis=axis)), figure(6, 4) as made:
        axes = made.subplots()
        set_heights(axes, shown, others)
        low, high = axes.get_ylim()
        label_ends(axes, [*shown, *others])
    every = {label.text: label for label in (*shown, *others)}
    inside = {name for name, label in every.items() if low <= label.low and label.high <= high}
    assert inside == visible
    texts = {text.get_text() for text in axes.texts} - {""}
    outside = {"at 0.1": "↓ at 0.1 0.1", "control task": "↓ control task 0.4 to 0.5"}
    assert texts == {name if name in visible else outside[name] for name in every}


def test_a_curve_that_leaves_the_axis_is_named_with_an_arrow_alone():
    with looking(Look(axis="probe")), figure(6, 4) as made:
        axes = made.subplots()
        axes.set_ylim(0.6, 1)
        label_ends(axes, [Label(0.4, 0.9, 0.5, "control task", "#000000")])
    assert [text.get_text() for text in axes.texts] == ["↓ control task"]


def test_a_label_knows_the_ends_of_its_band_where_there_are_some():
    values, low, nothing = pd.Series([0.5, 0.7, 0.6]), pd.Series([0.4, None, 0.5]), pd.Series([None] * 3, dtype=float)
    assert label_of("a", "#000000", values, low, nothing) == Label(0.4, 0.7, 0.6, "a", "#000000")


def test_names_are_wrapped_and_what_is_too_long_keeps_both_ends():
    assert wrapped("minilm", 26) == "minilm"
    assert wrapped("minilm (stand-in for google-bert/bert-base-uncased)", 26).split("\n") == [
        "minilm (stand-in for",
        "google-bert/bert-base-",
        "uncased)",
    ]
    long = wrapped("a" * 200 + "-1", 20)
    assert long.startswith("aaaa") and long.endswith("-1") and "…" in long
    assert max(map(len, long.split("\n"))) <= 20
