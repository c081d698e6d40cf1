"""Text of figures for LaTeX: what LaTeX reads as a command is written so that it appears as it is."""

import shutil
from typing import TYPE_CHECKING

from probing.errors import ConfigError

if TYPE_CHECKING:
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

PROGRAMS = ("latex", "dvipng")  # matplotlib calls both
NUMBER = r"$\mathdefault{"  # how matplotlib begins the numbers along an axis: TeX already


def require_latex() -> None:
    """Raises: ConfigError, with what to do, if LaTeX is not installed."""
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    if missing:
        raise ConfigError(
            f"report.latex=true: {' and '.join(missing)} cannot be found on this machine. Install TeX Live (on Debian: "
            "apt-get install texlive-latex-extra cm-super dvipng), or type report.latex=false report.font=serif for a "
            "font that goes with Times and needs no LaTeX"
        )


def typeset(made: "Figure") -> None:
    """Write every text of a figure as LaTeX source; the labels of ticks too, which matplotlib writes anew."""
    from matplotlib.text import Text

    for axes in made.axes:
        for axis in (axes.xaxis, axes.yaxis):
            _typeset_ticks(axis)
    for found in made.findobj(Text):
        if isinstance(found, Text):
            found.set_text(escaped(found.get_text()))


def _typeset_ticks(axis: "Axis") -> None:
    from matplotlib.ticker import FixedFormatter, FuncFormatter, StrMethodFormatter

    formatter = axis.get_major_formatter()
    if isinstance(formatter, FixedFormatter):
        axis.set_major_formatter(FixedFormatter([*map(escaped, formatter.seq)]))
    elif isinstance(formatter, FuncFormatter | StrMethodFormatter):
        axis.set_major_formatter(FuncFormatter(lambda value, place: escaped(formatter(value, place))))


def escaped(text: str) -> str:
    r"""``text`` as LaTeX source: ``A&B_%`` becomes ``A\&B\_\%``. What matplotlib wrote as TeX stays as it is."""
    from probing.report.emit import TEX

    return text if text.startswith(NUMBER) else "".join(TEX.get(character, character) for character in text)
