"""HTML pages in one file: every text is escaped, and figures are inside the file."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from probing.report.emit import text_columns
from probing.report.style import DPI

CSS_PX_PER_IN = 100


@dataclass(frozen=True)
class Picture:
    """A PNG inside a page: base64, the width at which it is shown, and its caption."""

    png: str
    width_px: int
    caption: str


def picture(path: Path, caption: str) -> Picture:
    """The PNG file at ``path``, to be shown at the size that it has in print."""
    content = path.read_bytes()
    width = int.from_bytes(content[16:20], "big")  # PNG: the header starts with the width in pixels
    return Picture(b64encode(content).decode("ascii"), width * CSS_PX_PER_IN // DPI, caption)


def write_html(template: str, path: Path, facts: Mapping[str, object]) -> Path:
    """Fill ``template`` with ``facts`` and write it to ``path``; every text is escaped: corpora may contain markup."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    loader = FileSystemLoader(Path(__file__).parent)
    pages = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    pages.globals["text_columns"] = text_columns
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(pages.get_template(template).render(facts), encoding="utf-8")
    return path


def flat(tree: Mapping[str, object], prefix: str = "") -> dict[str, str]:
    """A nested configuration as one level with dotted keys: ``{"model.name": "bert", …}``."""
    leaves: dict[str, str] = {}
    for key, value in tree.items():
        if isinstance(value, Mapping):
            leaves |= flat(value, f"{prefix}{key}.")
        else:
            leaves[f"{prefix}{key}"] = str(value)
    return leaves
