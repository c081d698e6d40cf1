"""Letters of every script get a font that has them, or one line says that there is none."""

import logging
import warnings

import pandas as pd
import pytest

from probing.report import fonts
from probing.report.style import figure, save


@pytest.fixture
def installed(monkeypatch):
    """installed({font: letters}): as if only DejaVu Sans and these fonts were installed."""
    for cached in (fonts.family, fonts._tell):
        cached.cache_clear()
    dejavu = fonts._characters_of(fonts.FIRST)

    def install(**others: str) -> None:
        monkeypatch.setattr(fonts, "_files", lambda: {fonts.FIRST: "", **dict.fromkeys(others, "")})
        known = {fonts.FIRST: dejavu, **{name: frozenset(letters) for name, letters in others.items()}}
        monkeypatch.setattr(fonts, "_characters_of", known.__getitem__)

    yield install
    for cached in (fonts.family, fonts._tell):
        cached.cache_clear()


def drawn(tmp_path, *texts: str) -> list[str]:
    """The families of the last text of a figure that is saved; any warning fails."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with figure(2, 2) as made:
            axes = made.subplots()
            axes.set_xticks(range(len(texts)), texts)
            save(made, tmp_path / "figure", pd.DataFrame())
        return axes.get_xticklabels()[-1].get_fontfamily()


def test_matplotlibs_own_font_is_enough_for_hebrew_arabic_and_signs(installed, tmp_path, caplog):
    installed(Serif="日")
    assert drawn(tmp_path, "ספר", "كتاب", "Ġ▁") == ["sans-serif"]
    assert not caplog.records


def test_letters_get_the_font_that_has_them(installed, tmp_path):
    installed(Kanji="日本", Kana="あ")
    assert fonts.family("日") == "Kanji"
    assert fonts.family("あ") == "Kana"
    assert fonts.family("a") == fonts.family("\u2068") == fonts.FIRST  # a mark of direction is not drawn
    assert fonts.family("न") is None


def test_a_script_without_font_is_told_in_one_line_and_only_once(installed, tmp_path, caplog):
    installed()
    with caplog.at_level(logging.WARNING):
        drawn(tmp_path, "日本", "あア", "नम")
        drawn(tmp_path, "語")
    lines = [record.getMessage() for record in caplog.records if record.name.startswith("probing")]
    assert [line.split("Noto Sans ")[1].split(",")[0] for line in lines] == ["CJK", "Devanagari"]
