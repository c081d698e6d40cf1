"""Fonts for the scripts of a figure: for every character an installed font that has it, else a line that says so."""

import functools
import logging
import unicodedata
from collections.abc import Iterable
from difflib import get_close_matches
from typing import TYPE_CHECKING

from probing.errors import ConfigError, shown

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.text import Text

log = logging.getLogger(__name__)
FIRST = "DejaVu Sans"  # matplotlib brings it along: Latin, Greek, Cyrillic, Hebrew, Arabic and many signs
_BOXES = "Last Resort"  # matplotlib's own font of boxes, one for every script
_EAST_ASIAN = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO", "IDEOGRAPHIC", "FULLWIDTH", "HALFWIDTH")


def require_font(name: str) -> None:
    """Raises: ConfigError, naming similar ones, if the font ``name`` is not installed."""
    if name != FIRST and name not in _files():
        known = sorted(_files())
        near = get_close_matches(name, known, 5, 0.5) or known
        raise ConfigError(
            f"report.font={shown(name)}: no such font is installed; type sans, serif or, for example, "
            f"{', '.join(near[:8])}"
        )


def use_fonts(made: "Figure") -> None:
    """Give the texts of a figure fonts that have their characters; those that no installed font has are logged.

    Fonts are added behind those that the texts have, so that only characters which these lack are taken from others.
    """
    texts = _texts(made)
    wanted = {character for text in texts for character in text.get_text() if not character.isspace()}
    families = dict.fromkeys(font for font in map(family, sorted(wanted - _characters_of(FIRST))) if font)
    if families:
        for text in texts:
            own = [name for name in text.get_fontfamily() if name != "sans-serif"]
            text.set_fontfamily([*dict.fromkeys([*own, FIRST, *families])])
    for script in sorted({_script(character) for character in wanted if family(character) is None}):
        _tell(script)


@functools.cache
def family(character: str) -> str | None:
    """The first installed font that has this character, upright and of normal weight before others; None if none has.

    A character that is not drawn (a mark of direction, a joiner) needs none.
    """
    if unicodedata.category(character) in ("Cf", "Cc", "Cs", "Cn", "Co") or character in _characters_of(FIRST):
        return FIRST
    return next((name for name in reversed(_files()) if character in _characters_of(name)), None)


@functools.cache
def _files() -> dict[str, str]:
    """The file of each installed font, the fonts to be taken first after the others."""
    from matplotlib.font_manager import fontManager

    ranked = sorted(
        fontManager.ttflist, key=lambda font: (font.style != "normal", str(font.weight) != "400", font.name)
    )
    return {font.name: font.fname for font in reversed(ranked) if not font.name.startswith(_BOXES)}


@functools.cache
def _characters_of(name: str) -> frozenset[str]:
    from matplotlib.font_manager import get_font

    return frozenset(map(chr, get_font(_files()[name]).get_charmap()))


@functools.cache  # a line for each script, however many figures
def _tell(script: str) -> None:
    log.warning(
        "figures show boxes for characters of %s, which no installed font has; install one, such as Noto Sans %s, and "
        "write the figures again",
        script,
        script,
    )


def _script(character: str) -> str:
    """The script in the name of a letter, as the Noto fonts call it (CJK, Devanagari); else Symbols."""
    if unicodedata.category(character)[0] not in "LM":
        return "Symbols"
    first = unicodedata.name(character, "Symbols").split()[0].split("-")[0]
    return "CJK" if first in _EAST_ASIAN else first.capitalize()


def _texts(made: "Figure") -> "Iterable[Text]":
    from matplotlib.text import Text

    for axes in made.axes:  # labels of ticks get their text only when they are asked for
        axes.get_xticklabels()
        axes.get_yticklabels()
    return [found for found in made.findobj(Text) if isinstance(found, Text)]
