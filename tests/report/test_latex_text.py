import shutil

import pandas as pd
import pytest

from probing.report.latex_text import escaped, typeset
from probing.report.look import Look, looking
from probing.report.style import figure, save, titled

NO_LATEX = "latex and dvipng are not installed"


def test_text_is_written_so_that_latex_shows_it_as_it_is():
    assert escaped("A&B_% 50 #1 {x} ~ ^ \\ $") == (
        r"A\&B\_\% 50 \#1 \{x\} \textasciitilde{} \textasciicircum{} \textbackslash{} \$"
    )
    assert escaped(r"$\mathdefault{0.5}$") == r"$\mathdefault{0.5}$"  # of an axis: TeX already


def drawn():
    """Axes with names at the ticks, numbers at the other ticks, a name and a title."""
    with figure(4, 3) as made:
        axes = made.subplots()
        axes.set_xticks([0, 1], ["A&B_%", "C"])
        axes.yaxis.set_major_formatter(lambda value, place: f"{100 * value:.0f} %")
        axes.set_ylabel("score_1")
        axes.text(0.5, 0.5, "50 %")
        titled(made, "a_b", "c & d")
        yield made, axes


def test_every_text_of_a_figure_is_written_for_latex_names_of_ticks_too():
    with looking(Look(latex=True)):
        for made, axes in drawn():
            typeset(made)
            assert [tick.get_text() for tick in axes.get_xticklabels()] == [r"A\&B\_\%", "C"]
            assert all(tick.get_text().endswith(r" \%") for tick in axes.get_yticklabels())
            assert axes.get_ylabel() == r"score\_1"
            assert [text.get_text() for text in (*axes.texts, *made.texts)] == [r"50 \%", r"a\_b", r"c \& d"]


def test_a_text_that_latex_cannot_set_is_drawn_without_it():
    with looking(Look(latex=True, font="serif")):
        for made, axes in drawn():
            axes.set_xticks([0, 1], ["名詞", "A&B"])
            axes.set_xlabel("слово_1")
            axes.set_title("Größe ≥ 50 %")
            typeset(made)
            assert [tick.get_text() for tick in axes.get_xticklabels()] == ["名詞", "A&B"]
            assert not any(tick.get_usetex() for tick in axes.get_xticklabels())
            assert (axes.get_xlabel(), axes.xaxis.label.get_usetex()) == ("слово_1", False)
            assert (axes.get_title(), axes.title.get_usetex()) == (r"Größe $\geq$ 50 \%", True)


@pytest.mark.skipif(not (shutil.which("latex") and shutil.which("dvipng")), reason=NO_LATEX)
def test_latex_sets_the_text_of_a_figure(tmp_path):
    with looking(Look(latex=True, font="serif")):
        for made, axes in drawn():
            axes.set_xticks([0, 1, 2], ["A&B_%", "名詞", "łąþŋ„“÷×→↓–…"])
            axes.xaxis.label.set_text("łąþŋ„“÷×→↓–…")
            made.axes[0].yaxis.set_major_formatter(lambda value, place: place)  # a number, as seaborn's maps have
            assert save(made, tmp_path / "figure", pd.DataFrame({"a": [1]}))
