import pytest

from probing.report.style import folded, spread


def test_labels_that_would_overlap_move_apart_and_keep_their_order():
    heights = [0.5, 0.51, 0.9, 0.5]
    placed = spread(heights, gap=0.1)
    ordered = sorted(placed)
    assert all(b - a >= 0.1 - 1e-6 for a, b in zip(ordered, ordered[1:], strict=False))
    assert placed[2] == 0.9
    assert placed[1] == max(placed[0], placed[1], placed[3])


def test_labels_with_room_stay_where_they_are():
    assert spread([0.1, 0.5], gap=0.1) == pytest.approx([0.1, 0.5])


def test_a_long_text_below_the_title_takes_two_lines_and_a_short_one_stays():
    text = "test: 300 sentences · bands, by document · ring: chosen on dev"
    assert folded(text, 80) == text
    assert folded(text, 40) == "test: 300 sentences ·\nbands, by document · ring: chosen on dev"
    assert folded("x" * 50, 40) == "x" * 50
