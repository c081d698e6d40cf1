"""The look of all figures: size, type, colours for colour-blind readers; the same rows give the same files."""

import textwrap
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from probing.report.curve_labels import wrapped
from probing.report.fonts import FIRST, use_fonts
from probing.report.latex_text import PREAMBLE, keep_inside, typeset
from probing.report.look import FAMILIES, SERIF, look
from probing.report.script_direction import right_to_left

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe & Ito 2008, without yellow, which is too pale for lines on white
BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY = "#0072B2", "#D55E00", "#009E73", "#AA4499", "#E69F00", "#56B4E9"
SERIES = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, "#332288", "#882255")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "h")
GREY, INK = "#6b6b6b", "#222222"
LAYER_AXIS = "layer (0 = embedding output)"
LAYERS_OF_ATTENTION = "layer (attention inside block ℓ)"
DPI = 200
ROWS, CURVES, MAP = 0.0, 0.55, 0.9  # how much of a figure's height follows its width
HEAD_IN = 0.46  # of a figure's height is for the title and one line below it
LETTERS_PER_INCH, BESIDE = 14, 8  # of a legend; what its lines and the white around them take, in letters
EM = {"bold": 0.65, "normal": 0.55}  # the mean width of a letter
SETTINGS: Any = {  # matplotlib wants a literal type for every key
    "font.size": 9.0,
    "axes.labelsize": 9.0,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "legend.fontsize": 8.5,
    "axes.edgecolor": "#888888",
    "axes.labelcolor": INK,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": "#888888",
    "ytick.color": "#888888",
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "text.color": INK,
    "text.parse_math": False,  # a tag such as $ or a word of the corpus is text, not a formula
    "pdf.fonttype": 42,  # TrueType, embedded: journals accept it, and the text can be edited
}


def settings() -> Any:
    """SETTINGS and those of the look."""
    wanted = look()
    if wanted.latex:
        latex = {"text.usetex": True, "text.latex.preamble": PREAMBLE}
        return SETTINGS | latex | {"font.family": "serif" if wanted.font == SERIF else "sans-serif"}
    family = FAMILIES.get(wanted.font, wanted.font)
    return SETTINGS | ({} if family == FIRST else {"font.family": [family, FIRST]})


@contextmanager
def figure(width_in: float, height_in: float, *, lower: float = CURVES) -> Iterator["Figure"]:
    """A figure under this module's settings; ``report.width`` may change its size.

    lower: how much of the height follows the width: CURVES, MAP, or ROWS, whose lines have a height of their own.
    matplotlib's global state is not touched.
    """
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    # ``use_fonts`` says which letters have no font, once; matplotlib would say it of every letter
    with rc_context(settings()), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from")
        made = Figure(figsize=look().size(width_in, height_in, lower), layout=ConstrainedLayoutEngine())
        FigureCanvasAgg(made)
        yield made


def save(made: "Figure", stem: Path, data: "pd.DataFrame") -> list[Path]:
    """Write ``stem``.png, ``stem``.pdf and ``stem``.csv, and returns their paths: the same rows give the same bytes.

    data: the numbers that are drawn, unrounded. Without titles, the text of the title is written to ``stem``.txt.
    """
    if look().latex:
        typeset(made)
        keep_inside(made)
    use_fonts(made)
    stem.parent.mkdir(parents=True, exist_ok=True)
    png, pdf, csv, txt = (stem.parent / f"{stem.name}.{suffix}" for suffix in ("png", "pdf", "csv", "txt"))
    made.savefig(png, dpi=DPI, metadata={"Software": None})
    made.set_layout_engine("none")  # keep the layout just made: solving it again would cost as much
    made.savefig(pdf, metadata={"CreationDate": None, "Producer": None, "Creator": None})
    data.to_csv(csv, index=False)
    txt.unlink(missing_ok=True)
    if look().title or not made.get_label():
        return [png, pdf, csv]
    txt.write_text(f"{made.get_label()}\n", encoding="utf-8")
    return [png, pdf, csv, txt]


def titled(made: "Figure", title: str, subtitle: str) -> None:
    """A bold title and a grey text below it that says what was measured, both on as many lines as they need.

    The layout leaves room for them. Without titles (see ``Look``) nothing is drawn.
    """
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    made.set_label(f"{title}\n{subtitle}")  # for ``save``
    if not look().title:
        return
    width, height = made.get_size_inches()
    top_in = 0.08
    for text, points, weight, colour in ((title, 10.0, "bold", INK), (subtitle, 8.0, "normal", GREY)):
        lines = textwrap.wrap(text, max(12, int(72 * (width - 0.2) / (EM[weight] * points))), break_on_hyphens=False)
        place = (0.1 / width, 1 - top_in / height)
        made.text(*place, "\n".join(lines), va="top", ha="left", fontsize=points, fontweight=weight, color=colour)
        top_in += 1.3 * points * len(lines) / 72 + 0.02
    more = max(0.0, top_in - HEAD_IN)  # a longer text makes the figure higher, not its panels lower
    made.set_size_inches(width, height + more)
    for written in made.texts:
        written.set_y(1 - (1 - written.get_position()[1]) * height / (height + more))
    if isinstance(layout := made.get_layout_engine(), ConstrainedLayoutEngine):
        layout.set(rect=(0, 0, 1, 1 - (top_in + 0.04) / (height + more)))


def short(name: str, most: int = 28) -> str:
    """A name of a class, a token or a corpus in at most ``most`` characters: longer ones leave no room for a figure."""
    return name if len(name) <= most else f"{name[: most - 1]}…"


def token_axes(axes: "Axes", tokens: Sequence[str], size: float, text: str) -> None:
    """Name rows and columns of a map (S, S) by their tokens; columns run as ``text`` is written, also right to left."""
    names = [*map(short, tokens)]
    axes.set_xticks(range(len(names)), names, rotation=90, fontsize=size)
    axes.set_yticks(range(len(names)), names, fontsize=size)
    if right_to_left(text):
        axes.xaxis.set_inverted(True)  # of panels that share it, once
        axes.yaxis.tick_right()
        axes.yaxis.set_label_position("right")


def interval_band(
    axes: "Axes", layers: Sequence[int], ends: tuple["pd.Series[float]", "pd.Series[float]"], colour: str
) -> None:
    """Draw intervals over ``layers``: a band, or a bar for a single layer. ends: lower and upper; NaN draws nothing."""
    low, high = (side.to_numpy(dtype=float) for side in ends)
    if len(layers) > 1:
        axes.fill_between(layers, low, high, color=colour, alpha=0.18, linewidth=0)
    else:
        axes.vlines(layers, low, high, color=colour, linewidth=1.2)


def good_layers(axes: "Axes", layers: Sequence[int]) -> None:
    """Shade the columns of ``layers`` (they may be the best) behind all that is drawn."""
    low, high = axes.get_xlim()
    for layer in layers:
        axes.axvspan(max(low, layer - 0.5), min(high, layer + 0.5), color=INK, alpha=0.055, linewidth=0, zorder=0)


def layer_ticks(axes: "Axes", layers: Sequence[int], label: str = LAYER_AXIS) -> None:
    """Ticks at whole layers; at every second or fourth layer where there are many."""
    step = 1 if len(layers) <= 14 else 2 if len(layers) <= 28 else 4
    axes.set_xticks([layer for layer in layers if layer % step == 0] or list(layers))
    axes.set_xlabel(label)
    margin = 0.04 * max(1, layers[-1] - layers[0])
    axes.set_xlim(layers[0] - margin, layers[-1] + margin)


def columns_for(n_panels: int, panel_in: float, most: int) -> int:
    """In how many columns panels stand that are ``panel_in`` wide: at most ``most``, and fewer in a narrow figure."""
    width, _ = look().size(most * panel_in, 1.0, ROWS)
    return max(1, min(most, n_panels, int(width / (0.75 * panel_in))))


def legend_below(made: "Figure") -> None:
    """One legend for all panels, below them; an entry stands there once, on several lines if it is long."""
    entries: dict[str, Any] = {}
    for axes in made.axes:
        for handle, name in zip(*axes.get_legend_handles_labels(), strict=True):
            entries.setdefault(name, handle)
    letters = int(LETTERS_PER_INCH * made.get_size_inches()[0])
    names = [wrapped(name, letters - BESIDE) for name in entries]
    longest = max((len(line) for name in names for line in name.split("\n")), default=0)
    columns = max(1, min(len(names), letters // (longest + BESIDE)))
    made.legend([*entries.values()], names, frameon=False, ncols=columns, loc="outside lower left")
