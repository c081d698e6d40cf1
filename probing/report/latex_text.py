"""Text of figures for LaTeX: what LaTeX reads as a command is written so that it appears as it is."""

import shutil
from typing import TYPE_CHECKING

from probing.errors import ConfigError

if TYPE_CHECKING:
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

TRIES = 6
EDGE_IN = 0.02  # between a text and the edge of the figure
PROGRAMS = ("latex", "dvipng")  # matplotlib calls both
PREAMBLE = r"\usepackage[T1]{fontenc}"  # for all letters of European languages in Latin script
LATIN = frozenset(map(chr, range(0xA1, 0x180))) - set("ĦħĸĿŀŉŦŧſ\u00ad")
OTHERS = frozenset("ȘșȚț‐–—‖‘’‚“”„†‡•…‰‹›€←↑→↓№™")
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
    """Write every text of a figure as LaTeX source; the labels of ticks too, which matplotlib writes again itself.

    A text with a character that LaTeX does not know (of another script, for example) is drawn without LaTeX.
    """
    from matplotlib.text import Text

    for axes in made.axes:
        for axis in (axes.xaxis, axes.yaxis):
            _typeset_ticks(axis)
    for found in made.findobj(Text):
        if not isinstance(found, Text) or not found.get_usetex():
            continue
        if known(found.get_text()):
            found.set_text(escaped(found.get_text()))
        else:
            found.set_usetex(False)


def _typeset_ticks(axis: "Axis") -> None:
    from matplotlib.ticker import FixedFormatter, FuncFormatter, StrMethodFormatter

    formatter, labels = axis.get_major_formatter(), axis.get_ticklabels()
    if not all(known(label.get_text()) for label in labels):
        for label in labels:
            label.set_usetex(False)
    elif isinstance(formatter, FixedFormatter):
        axis.set_major_formatter(FixedFormatter([*map(escaped, map(str, formatter.seq))]))
    elif isinstance(formatter, FuncFormatter | StrMethodFormatter):
        axis.set_major_formatter(FuncFormatter(lambda value, place: escaped(str(formatter(value, place)))))


def keep_inside(made: "Figure") -> None:
    """Give the panels less room until no text reaches beyond the edge: the layout takes LaTeX for narrower."""
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    if not isinstance(layout := made.get_layout_engine(), ConstrainedLayoutEngine):
        return
    for _ in range(TRIES):
        made.draw_without_rendering()
        box, (width, height) = made.get_tightbbox(), made.get_size_inches()
        over = [max(0.0, EDGE_IN + end) for end in (-box.x0, -box.y0, box.x1 - width, box.y1 - height)]
        if not any(over):
            return
        x, y, w, h = layout.get()["rect"]
        left, below, right, above = over[0] / width, over[1] / height, over[2] / width, over[3] / height
        layout.set(rect=(x + left, y + below, w - left - right, h - below - above))


def known(text: str) -> bool:
    """Whether LaTeX has all characters of ``text``, with the font encoding of PREAMBLE."""
    from probing.report.emit import TEX

    return all(one.isascii() or one in TEX or one in OTHERS or one in LATIN for one in text)


def escaped(text: str) -> str:
    r"""``text`` as LaTeX source: ``A&B_%`` becomes ``A\&B\_\%``. What matplotlib wrote as TeX stays as it is."""
    from probing.report.emit import TEX

    return text if text.startswith(NUMBER) else "".join(TEX.get(character, character) for character in text)
