import pytest

from probing.errors import ConfigError
from probing.report.look import Look, look, look_of, looking, write_look


def test_a_look_holds_inside_of_its_block_alone():
    with looking(Look(title=False)):
        assert look() == Look(title=False)
    assert look() == Look()


def test_a_folder_of_figures_says_how_they_look(tmp_path):
    assert look_of(tmp_path) == Look()
    wanted = Look(title=False, width="3.5", axis="all", font="serif", latex=True)
    with looking(wanted):
        write_look(tmp_path)
    assert look_of(tmp_path) == wanted


def test_type_keeps_its_size_so_that_a_narrow_figure_is_higher_than_its_share():
    assert Look().size(6.4, 4, 0.5) == (6.4, 4)
    heights = [Look(width="column").size(6.6, 8, lower) for lower in (0, 0.5, 1)]
    assert heights == [(3.3, 8), (3.3, 6), (3.3, 4)]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"width": "wide"}, "report.width=wide: type auto, column, page, or a number of inches from 2.5 to 20"),
        ({"width": "0"}, "report.width=0"),
        ({"width": "nan"}, "report.width=nan"),
        ({"axis": "log"}, "report.axis=log"),
        ({"latex": True, "font": "DejaVu Sans"}, "type report.font=sans or report.font=serif"),
    ],
)
def test_an_impossible_look_is_refused(options, words):
    with pytest.raises(ConfigError, match=words):
        Look(**options)


def test_a_font_that_is_not_installed_is_refused_and_similar_ones_are_named():
    Look(font="DejaVu Serif").check()
    with pytest.raises(ConfigError, match=r"report.font=Dejavu Serif: no such font is installed; .*DejaVu Serif"):
        Look(font="Dejavu Serif").check()


def test_latex_that_is_not_installed_is_refused_with_what_to_type(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ConfigError, match=r"latex and dvipng cannot be found .* report.latex=false report.font=serif"):
        Look(latex=True).check()
