"""Tables whose cells are coloured by sign and size; the number stands in each cell too."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

STEPS = 4  # shades of a colour
NONE = "–"


@dataclass(frozen=True)
class Cell:
    """A text, and the style class that colours it; left: it is text and no number."""

    text: str
    tone: str = ""
    left: bool = False


@dataclass(frozen=True)
class Toned:
    """A table: names of its columns, rows of cells, and rows below them that are not sorted with the others."""

    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    foot: Sequence[Sequence[Cell]] = ()


def text(value: str, tone: str = "") -> Cell:
    """A cell of text."""
    return Cell(value, tone, left=True)


def signed(value: float, decimals: int = 2) -> str:
    """A number with its sign, 0.00 without one; a dash for one that was not measured.

    >>> signed(0.5), signed(-0.5), signed(-0.004), signed(float("nan"))
    ('+0.50', '−0.50', '0.00', '–')
    """
    if not np.isfinite(value):
        return NONE
    shown = f"{value:+.{decimals}f}"
    return shown.replace("-", "−") if float(shown) else shown[1:]


def one_break(value: str) -> str:
    """A number with its interval, where a line can end before the interval only.

    >>> one_break("0.5 % [0.1, 0.9] 3/7").split(" ")
    ['0.5\xa0%', '[0.1,\xa00.9]\xa03/7']
    """
    number, bracket, rest = value.replace(" ", "\u00a0").partition("\u00a0[")
    return f"{number} [{rest}" if bracket else number


def percent(value: float | None, decimals: int = 1) -> str:
    """A share in per cent; a dash for none."""
    return NONE if value is None or not np.isfinite(value) else f"{100 * value:.{decimals}f} %"


def tone(value: float, largest: float, with_sign: bool = True) -> str:
    """The style of a value: ``for1`` to ``for4`` above 0, ``against1`` to ``against4`` below; empty close to 0.

    Of a measure that has no sign, ``size1`` to ``size4``.

    >>> tone(1.0, 1.0), tone(-0.3, 1.0), tone(0.01, 1.0), tone(0.5, 1.0, with_sign=False)
    ('for4', 'against2', '', 'size2')
    """
    if not np.isfinite(value) or not largest > 0 or abs(value) < largest / 20:
        return ""
    step = int(np.ceil(STEPS * min(1.0, abs(value) / largest)))
    return f"{('for' if value > 0 else 'against') if with_sign else 'size'}{step}"


def toned(values: NDArray[np.float64], decimals: int = 2, with_sign: bool = True) -> list[Cell]:
    """Cells of one column, coloured by their share of its largest value."""
    largest = float(np.nanmax(np.abs(values), initial=0)) if np.isfinite(values).any() else 0.0
    return [
        Cell(signed(value, decimals) if with_sign else plain(value, decimals), tone(value, largest, with_sign))
        for value in values.tolist()
    ]


def plain(value: float, decimals: int = 2) -> str:
    """A number that has no sign; a dash for one that was not measured."""
    return NONE if not np.isfinite(value) else f"{value:.{decimals}f}"
