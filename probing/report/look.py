"""How figures look: with or without titles, how wide, from where the y axis starts, in which font."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from pathlib import Path

from probing.errors import ConfigError, one_of, shown
from probing.report.fonts import require_font
from probing.report.latex_text import require_latex

FIGURES, NOTED = "figures", "look.json"  # the folder of a run's figures, and the file in it that says how they look
AUTO, COLUMN, PAGE = "auto", "column", "page"
INCHES = {COLUMN: 3.3, PAGE: 6.9}  # of most journals and proceedings with two columns
NARROWEST, WIDEST, LOWEST = 2.5, 20.0, 2.2
CURVES, PROBE, ALL = "curves", "probe", "all"
SANS, SERIF = "sans", "serif"
FAMILIES = {SANS: "DejaVu Sans", SERIF: "STIXGeneral"}  # matplotlib brings both along; STIX goes with Times


@dataclass(frozen=True)
class Look:
    """How figures look. It changes no number, and is no part of what identifies a run.

    title: whether title and subtitle stand above a figure; without, their text is in <name>.txt, for the caption.
    width: auto (as each figure needs), column (3.3 inches), page (6.9 inches), or a number of inches.
    axis: what the y axis of a curve over layers shows: curves, probe (the curve of the probe alone), or all (baselines
    too, however far away they are). What lies outside is named at the edge, with its value.
    font: sans, serif, or the name of an installed font. latex: text is set by LaTeX, which must be installed.
    Raises: ConfigError.
    """

    title: bool = True
    width: str = AUTO
    axis: str = CURVES
    font: str = SANS
    latex: bool = False

    def __post_init__(self) -> None:
        one_of("report.axis", self.axis, (CURVES, PROBE, ALL))
        if self.width not in (AUTO, *INCHES):
            self._check_inches()
        if self.latex and self.font not in FAMILIES:
            raise ConfigError(
                f"report.font={shown(self.font)}: LaTeX uses its own fonts; type report.font=sans or report.font=serif"
            )

    def _check_inches(self) -> None:
        try:
            inches = float(self.width)
        except ValueError:
            inches = float("nan")
        if not NARROWEST <= inches <= WIDEST:
            raise ConfigError(
                f"report.width={shown(self.width)}: type auto, column, page, or a number of inches from "
                f"{NARROWEST:g} to {WIDEST:g}"
            )

    def check(self) -> None:
        """Raises: ConfigError, with what to type, if the font, or LaTeX, is not installed."""
        if self.latex:
            require_latex()
        elif self.font not in FAMILIES:
            require_font(self.font)

    def size(self, width_in: float, height_in: float, lower: float) -> tuple[float, float]:
        """Width and height in inches of a figure that would take ``width_in`` and ``height_in`` by itself.

        lower: the part of the height that follows the width, 0 to 1. Type keeps its size, so that few figures can be
        as much lower as they are narrower.
        """
        if self.width == AUTO:
            return width_in, height_in
        width = INCHES[self.width] if self.width in INCHES else float(self.width)
        return width, max(LOWEST, height_in * (1 - lower + lower * width / width_in))


_LOOK: ContextVar[Look] = ContextVar("look", default=Look())  # noqa: B039 - it is frozen


def look_of(figures: Path) -> Look:
    """The look of the figures in a folder, as ``write_look`` noted it; without a note the default."""
    path = figures / NOTED
    return Look(**json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else Look()


def write_look(figures: Path) -> Path:
    """Note in a folder of figures how they look; returns the file."""
    figures.mkdir(parents=True, exist_ok=True)
    path = figures / NOTED
    path.write_text(f"{json.dumps(asdict(look()), indent=2)}\n", encoding="utf-8")
    return path


def look() -> Look:
    """The look of the figures that are drawn now."""
    return _LOOK.get()


@contextmanager
def looking(wanted: Look) -> Iterator[None]:
    """Draw figures with the look ``wanted`` inside of this block."""
    token = _LOOK.set(wanted)
    try:
        yield
    finally:
        _LOOK.reset(token)
