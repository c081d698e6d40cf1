"""The look of all figures: size, type, colours for colour-blind readers; the same rows give the same file."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from probing.report.fonts import use_fonts
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
LAYERS_OF_ATTENTION = "layer (inside block ℓ)"
DPI = 200
HEAD_IN = 0.46  # room for the title and the line below it
LEAST_POINTS = 6.5  # of the text below the title; a longer one takes two lines
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
    "pdf.fonttype": 42,  # TrueType: journals accept it, and the text can be edited
}


@contextmanager
def figure(width_in: float, height_in: float) -> Iterator["Figure"]:
    """A figure under this module's settings, with room for ``titled``; matplotlib's global state is not touched."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    below_head = ConstrainedLayoutEngine(rect=(0, 0, 1, 1 - HEAD_IN / height_in))
    # ``use_fonts`` says which letters have no font, once; matplotlib would say it of every letter
    with rc_context(SETTINGS), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from")
        made = Figure(figsize=(width_in, height_in), layout=below_head)
        FigureCanvasAgg(made)
        yield made


def save(made: "Figure", stem: Path) -> list[Path]:
    """Write ``stem``.png and ``stem``.pdf without date or version: the same rows give the same bytes."""
    use_fonts(made)
    stem.parent.mkdir(parents=True, exist_ok=True)
    png, pdf = (stem.parent / f"{stem.name}.{suffix}" for suffix in ("png", "pdf"))
    made.savefig(png, dpi=DPI, metadata={"Software": None})
    made.set_layout_engine("none")  # keep the layout just made: solving it again would cost as much
    made.savefig(pdf, metadata={"CreationDate": None, "Producer": None, "Creator": None})
    return [png, pdf]


def titled(made: "Figure", title: str, subtitle: str) -> None:
    """A bold title and a grey text below it that says what was measured; long ones are set in smaller type."""
    width, height = made.get_size_inches()
    letters = int(72 * (width - 0.2) / (0.55 * LEAST_POINTS))
    below, top_in = folded(subtitle, letters), 0.08
    for text, points, weight, colour in ((title, 10.0, "bold", INK), (below, 8.5, "normal", GREY)):
        em_per_letter = 0.65 if weight == "bold" else 0.55
        longest = max(1, *map(len, text.split("\n")))
        fitting = min(points, 72 * (width - 0.2) / (em_per_letter * longest))
        place = (0.1 / width, 1 - top_in / height)
        made.text(*place, text, va="top", ha="left", fontsize=fitting, fontweight=weight, color=colour)
        top_in += 0.2
    if "\n" in below and (layout := made.get_layout_engine()) is not None:
        layout.set(rect=(0, 0, 1, 1 - (HEAD_IN + 0.1) / height))


def folded(text: str, letters: int) -> str:
    """``text`` on two lines of about the same length if it has more than ``letters`` and parts between ``·``.

    >>> folded("a · b · cdef", 10)
    'a · b ·\\ncdef'
    """
    parts = text.split(" · ")
    if len(text) <= letters or len(parts) == 1:
        return text
    both = [(" · ".join(parts[:k]), " · ".join(parts[k:])) for k in range(1, len(parts))]
    first, second = min(both, key=lambda lines: max(map(len, lines)))
    return f"{first} ·\n{second}"


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
    """Shade the columns of ``layers`` (those that cannot be told from the best one) behind all that is drawn."""
    low, high = axes.get_xlim()
    for layer in layers:
        axes.axvspan(max(low, layer - 0.5), min(high, layer + 0.5), color=INK, alpha=0.055, linewidth=0, zorder=0)


def spread(heights: Sequence[float], gap: float) -> list[float]:
    """``heights`` moved apart as little as needed, in the same order, so that neighbours differ by at least ``gap``."""
    order = sorted(range(len(heights)), key=lambda i: heights[i])
    placed = [heights[i] for i in order]
    for _ in range(100):
        moved = False
        for lower in range(len(placed) - 1):
            lack = gap - (placed[lower + 1] - placed[lower])
            if lack > 1e-9:
                placed[lower] -= lack / 2
                placed[lower + 1] += lack / 2
                moved = True
        if not moved:
            break
    at = dict(zip(order, placed, strict=True))
    return [at[i] for i in range(len(heights))]


def label_ends(axes: "Axes", labels: Sequence[tuple[float, str, str]]) -> None:
    """Write (height, text, colour) at the right edge instead of a legend, moved apart so that no two overlap."""
    from matplotlib.transforms import blended_transform_factory

    low, high = axes.get_ylim()
    place = blended_transform_factory(axes.transAxes, axes.transData)
    heights = spread([height for height, _, _ in labels], gap=0.052 * (high - low))
    for height, (_, text, colour) in zip(heights, labels, strict=True):
        axes.text(1.015, height, text, color=colour, transform=place, va="center", fontsize=8.5)


def layer_ticks(axes: "Axes", layers: Sequence[int]) -> None:
    """Ticks at whole layers; at every second or fourth layer where there are many."""
    step = 1 if len(layers) <= 14 else 2 if len(layers) <= 28 else 4
    axes.set_xticks([layer for layer in layers if layer % step == 0] or list(layers))
    axes.set_xlabel(LAYER_AXIS)
    margin = 0.04 * max(1, layers[-1] - layers[0])
    axes.set_xlim(layers[0] - margin, layers[-1] + margin)
