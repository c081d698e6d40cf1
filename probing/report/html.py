"""HTML pages in one file: every text is escaped, and figures, style and program are inside the file."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

from probing.distribution import as_typed
from probing.report.cross_links import Links
from probing.report.emit import text_columns
from probing.report.style import DPI
from probing.report.view_command import sentence_option

CSS_PX_PER_IN = 100
HERE = Path(__file__).parent
FORMATS = {".pdf": "PDF", ".png": "PNG", ".csv": "CSV", ".md": "Markdown", ".tex": "LaTeX"}


@dataclass(frozen=True)
class Picture:
    """A PNG inside a page: base64, the width at which it is shown, its caption, how to read it, links to its files."""

    png: str
    width_px: int
    caption: str
    reading: str = ""
    links: Sequence[tuple[str, str]] = ()


def picture(path: Path, caption: str, reading: str = "") -> Picture:
    """The PNG file at ``path``, to be shown at the size that it has in print, on a page in the folder above it.

    Where figures have no titles, the text that would stand below the title is added to the caption.
    """
    content, aside = path.read_bytes(), path.parent / f"{path.stem}.txt"
    if aside.is_file():
        _, measured = aside.read_text(encoding="utf-8").split("\n", maxsplit=1)
        caption = f"{caption} {measured.strip()[:1].upper()}{measured.strip()[1:]}."
    width = int.from_bytes(content[16:20], "big")  # PNG: the header starts with the width in pixels
    links = files_of(path.parent.parent, f"{path.parent.name}/{path.stem}")
    return Picture(b64encode(content).decode("ascii"), width * CSS_PX_PER_IN // DPI, caption, reading, links)


def files_of(folder: Path, stem: str) -> list[tuple[str, str]]:
    """The files ``stem``.pdf, .csv … in ``folder``: (name of the format, address for a page in that folder)."""
    there = {name: f"{stem}{suffix}" for suffix, name in FORMATS.items() if (folder / f"{stem}{suffix}").is_file()}
    return [(name, quote(path)) for name, path in there.items()]


def write_html(template: str, path: Path, facts: Mapping[str, object]) -> Path:
    """Fill ``template`` with ``facts`` and write it to ``path``; every text is escaped: corpora may contain markup.

    A policy with the hashes of this style and this program lets the browser use no others, and load nothing.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    loader = FileSystemLoader(HERE)
    pages = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    links = Links()
    pages.filters |= {"linked": links.linked, "cited": links.cited}
    pages.filters |= {"sentence_option": sentence_option, "as_typed": as_typed}
    own = {name: (HERE / f"base.{name}").read_text(encoding="utf-8") for name in ("css", "js")}
    pages.globals |= {
        "text_columns": text_columns,
        "used_terms": links.terms,
        "used_papers": links.papers,
        "style": Markup(own["css"]),
        "script": Markup(own["js"]),
        "policy": policy(own["css"], own["js"]),
        "headings": [],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(pages.get_template(template).render(facts), encoding="utf-8")
    return path


def policy(style: str, script: str) -> str:
    """The Content-Security-Policy of a page with this style and this program."""
    hashes = [b64encode(sha256(text.encode()).digest()).decode("ascii") for text in (style, script)]
    return (
        f"default-src 'none'; img-src data:; style-src 'sha256-{hashes[0]}'; script-src 'sha256-{hashes[1]}'; "
        "base-uri 'none'; form-action 'none'"
    )


def flat(tree: Mapping[str, object], prefix: str = "") -> dict[str, str]:
    """A nested configuration as one level with dotted keys: ``{"model.name": "bert", …}``."""
    leaves: dict[str, str] = {}
    for key, value in tree.items():
        if isinstance(value, Mapping):
            leaves |= flat(value, f"{prefix}{key}.")
        else:
            leaves[f"{prefix}{key}"] = str(value)
    return leaves
