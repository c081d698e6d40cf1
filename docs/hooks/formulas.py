"""Formulas as pictures in the page (SVG paths), drawn by matplotlib when the site is built: no script, no network."""

import re
from functools import cache
from html import escape, unescape

from matplotlib.font_manager import FontProperties
from matplotlib.mathtext import MathTextParser
from matplotlib.path import Path as Outline
from matplotlib.textpath import TextPath
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page

SIZE = 100.0  # units per em
FONT = FontProperties(math_fontfamily="stix", size=SIZE)
FOUND = re.compile(r'<(span|div) class="arithmatex">(.*?)</\1>', re.DOTALL)
LETTERS = {Outline.MOVETO: "M", Outline.LINETO: "L", Outline.CURVE3: "Q", Outline.CURVE4: "C", Outline.CLOSEPOLY: "Z"}
SHORT = re.compile(r"\\t?frac(\w)(\w)")  # \frac1N, which matplotlib wants with braces
# what matplotlib calls by another name, or does not need
OTHER = (
    (r"\tfrac", r"\frac"),
    (r"\lVert", r"\|"),
    (r"\rVert", r"\|"),
    (r"\Big[", r"\,["),
    (r"\Big]", "]"),
    (r"\dots", r"\ldots"),
)


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Replace each formula of a page by its picture; its source stays as the picture's text. Raises ValueError."""
    return FOUND.sub(lambda match: drawn(match[2], match[1] == "div"), html)


def drawn(found: str, display: bool) -> str:
    """A formula, as arithmatex marks it: between \\( and \\), or \\[ and \\]."""
    source = " ".join(unescape(found).strip()[2:-2].split())
    kind = "formula display" if display else "formula"
    return f'<span class="{kind}" role="img" aria-label="{escape(source)}">{svg(source)}</span>'


@cache
def svg(source: str) -> str:
    """The outlines of a formula, in the colour of the text around it, on its base line."""
    source = SHORT.sub(r"\\frac{\1}{\2}", source)
    for ours, theirs in OTHER:
        source = source.replace(ours, theirs)
    width, height, depth, *_ = MathTextParser("path").parse(f"${source}$", dpi=72, prop=FONT)
    outline = TextPath((0, 0), f"${source}$", size=SIZE, prop=FONT)
    path = " ".join(
        LETTERS[code] + " ".join(f"{x:.0f} {-y:.0f}" for x, y in points.reshape(-1, 2)) if code != 79 else "Z"
        for points, code in outline.iter_segments(curves=True, simplify=False)
    )
    box = f"0 {-height:.0f} {width:.0f} {height + depth:.0f}"
    style = f"width:{width / SIZE:.2f}em;height:{(height + depth) / SIZE:.2f}em;vertical-align:{-depth / SIZE:.2f}em"
    return f'<svg viewBox="{box}" style="{style}"><path d="{path}" fill="currentColor"/></svg>'
