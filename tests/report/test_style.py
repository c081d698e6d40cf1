import re

import pandas as pd
import pytest

from probing.report.look import Look, looking
from probing.report.style import columns_for, figure, legend_below, save, titled

DATA = pd.DataFrame({"layer": [0, 1], "score": [0.5, 0.123456789012345]})


def drawn(stem, wanted, *, subtitle="of 300 sentences"):
    """A figure that is saved with the look ``wanted``, and its files."""
    with looking(wanted), figure(6, 3) as made:
        axes = made.subplots()
        axes.plot(DATA["layer"], DATA["score"], label="a curve")
        axes.set(xlabel="layer", ylabel="score ρ")
        titled(made, "A title", subtitle)
        return made, save(made, stem, DATA)


def test_a_figure_has_its_numbers_beside_it_unrounded(tmp_path):
    _, paths = drawn(tmp_path / "figure", Look())
    assert [path.suffix for path in paths] == [".png", ".pdf", ".csv"]
    pd.testing.assert_frame_equal(pd.read_csv(paths[2]), DATA)


def test_without_titles_their_text_is_in_a_file_of_its_own_until_they_are_drawn_again(tmp_path):
    made, paths = drawn(tmp_path / "figure", Look(title=False))
    assert made.texts == []
    assert paths[-1].read_text() == "A title\nof 300 sentences\n"
    made, _ = drawn(tmp_path / "figure", Look())
    assert [text.get_text() for text in made.texts] == ["A title", "of 300 sentences"]
    assert not paths[-1].exists()


@pytest.mark.parametrize(("width", "inches"), [("auto", 6), ("column", 3.3), ("page", 6.9), ("4.5", 4.5)])
def test_a_figure_is_as_wide_as_asked_for(tmp_path, width, inches):
    _, paths = drawn(tmp_path / "figure", Look(width=width))
    [box] = re.findall(rb"/MediaBox \[ 0 0 ([\d.]+) ([\d.]+) \]", paths[1].read_bytes())
    assert float(box[0]) == pytest.approx(72 * inches, abs=0.1)


@pytest.mark.parametrize("font", ["sans", "serif", "DejaVu Serif"])
def test_every_font_of_a_pdf_is_embedded_as_truetype(tmp_path, font):
    _, paths = drawn(tmp_path / "figure", Look(font=font))
    pdf = paths[1].read_bytes()
    described, embedded = (len(re.findall(kind, pdf)) for kind in (rb"/Type /FontDescriptor", rb"/FontFile2 "))
    assert described == embedded > 0
    assert b"/Type3" not in pdf
    wanted = {"sans": b"DejaVuSans", "serif": b"STIXGeneral"}.get(font, b"DejaVuSerif")
    assert wanted in pdf


def test_a_long_text_below_the_title_takes_as_many_lines_as_it_needs(tmp_path):
    made, _ = drawn(tmp_path / "figure", Look(width="column"), subtitle="one word after the other " * 8)
    lines = made.texts[1].get_text().split("\n")
    assert len(lines) > 2
    edge = made.bbox.width
    assert made.texts[1].get_window_extent(made.canvas.get_renderer()).x1 < edge


def test_fewer_panels_stand_side_by_side_in_a_narrow_figure():
    assert columns_for(6, 3.0, most=3) == 3
    assert columns_for(2, 3.0, most=3) == 2
    with looking(Look(width="column")):
        assert columns_for(6, 3.0, most=3) == 1


def test_an_entry_of_several_panels_stands_once_in_the_legend_and_long_names_take_several_lines():
    with figure(2.7, 3) as made:
        for axes in made.subplots(1, 2):
            axes.plot([0, 1], label="minilm (stand-in for google-bert/bert-base-uncased)")
        legend_below(made)
        [legend] = made.legends
    [text] = [entry.get_text() for entry in legend.get_texts()]
    assert text == "minilm (stand-in for google-\nbert/bert-base-uncased)"
