import pytest

from probing.report.script_direction import right_to_left
from probing.report.style import figure, token_axes


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ספר חדש!", True),
        ("كتاب 12", True),
        ("BERT קרא את הספר", True),
        ("a book: ספר", False),
        ("12 + 3", False),
        ("", False),
    ],
)
def test_the_direction_is_that_of_most_letters(text, found):
    assert right_to_left(text) is found


@pytest.mark.parametrize(("text", "mirrored"), [("ספר חדש", True), ("new book", False)])
def test_columns_of_a_map_run_as_the_text_does(text, mirrored):
    with figure(2, 2) as made:
        panels = made.subplots(1, 2, sharex=True)
        for axes in panels:
            axes.imshow([[0, 1], [1, 0]])
            token_axes(axes, text.split(), 7, text)
        assert {axes.xaxis_inverted() for axes in panels} == {mirrored}
        assert [label.get_text() for label in panels[0].get_xticklabels()] == text.split()
