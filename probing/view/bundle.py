"""The page as one HTML file: markup, style, program and data, with nothing to fetch and no server.

The browser is told to run this very program and to apply this very style (Content-Security-Policy with their hashes),
so that text of a corpus can do nothing even if it got into the markup; it does not, for it stands in data elements,
escaped.
"""

import json
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from html import escape
from pathlib import Path

from probing.view.pack import Packed

PAGE = Path(__file__).parent / "page"
MODULES = (  # in the order in which they stand in the program: each uses those above it
    "palette.js",
    "scene.js",
    "svg.js",
    "arrays.js",
    "state.js",
    "numbers.js",
    "statistics.js",
    "facts.js",
    "readout.js",
    "frame.js",
    "thumbnail.js",
    "head.js",
    "model.js",
    "heatmap.js",
    "neuron.js",
    "words.js",
    "views.js",
    "stage.js",
    "pointer.js",
    "controls.js",
    "live.js",
    "app.js",
)
GENERATOR = '<meta name="generator" content="probing.view">'
_IMPORT = re.compile(r"^import\b[^;]*;[ \t]*\n?", re.MULTILINE)
_PLAIN_IMPORT = re.compile(r"""import \{[\w$,\s]*\} from (["'])\./[\w-]+\.js\1;\s*""")
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function\*?|class|const) +([\w$]+))", re.MULTILINE)
_OPENING_CHARACTERS = 2048  # within which a page says what made it


def page(documents: Sequence[Packed], live: bool = False, *, source: Path = PAGE) -> str:
    """The whole file. ``live``: the page may ask its own server, and its body says ``data-live="loading"``.

    ``source``: the folder with page.html, page.css and the modules. Raises: ValueError for modules that cannot share a
    scope.
    """
    style = f"\n{(source / 'page.css').read_text(encoding='utf-8').strip()}\n"
    code = program({name: (source / name).read_text(encoding="utf-8") for name in MODULES if (source / name).is_file()})
    for text, closing in ((style, "</style"), (code, "</script"), (code, "<!--")):
        if closing in text.lower():
            raise ValueError(f"page: {closing} would end its element; write it in two parts")
    attribute = ' data-live="loading"' if live else ""
    parts = (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
        GENERATOR,
        f'<meta http-equiv="Content-Security-Policy" content="{policy(style, code, live)}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(_encodable(title(documents)))}</title>",
        f"<style>{style}</style>\n</head>\n<body{attribute}>",
        (source / "page.html").read_text(encoding="utf-8").strip(),
        *_data(documents),
        f"<script>{code}</script>\n</body>\n</html>\n",
    )
    return "\n".join(parts)


def is_page(path: Path) -> bool:
    """Whether ``path`` is a file that ``page`` made."""
    with path.open("rb") as file:
        return GENERATOR.encode() in file.read(_OPENING_CHARACTERS)


def title(documents: Sequence[Packed]) -> str:
    """The first text and the model, as a browser's tab names the page."""
    if not documents:
        return "probing"
    first = documents[0].header
    more = f" and {len(documents) - 1} more" if len(documents) > 1 else ""
    text = str(first["text"])
    return " · ".join(filter(None, (f"{text[:60]}{'…' if len(text) > 60 else ''}{more}", first["model"])))


def policy(style: str, code: str, live: bool) -> str:
    """The Content-Security-Policy that allows this style and this program, and nothing else."""
    hashes = [f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" for text in (code, style)]
    connect = "'self'" if live else "'none'"
    return (
        f"default-src 'none'; script-src {hashes[0]}; style-src {hashes[1]}; img-src data: blob:; "
        f"connect-src {connect}; base-uri 'none'; form-action 'none'"
    )


def program(modules: Mapping[str, str]) -> str:
    """ES modules as one script, in their order, each in a scope of its own that hands out what it exports.

    Raises: ValueError for two exports of one name, or an import or export of another form than
    ``import { draw } from "./draw.js";`` and ``export function draw``.
    """
    owner: dict[str, str] = {}
    bodies = []
    for name, text in modules.items():
        for line in _IMPORT.findall(text):
            if not _PLAIN_IMPORT.fullmatch(line) or re.search(r"\bas\b", line):
                raise ValueError(f"{name}: {line.strip()!r}: import names as they are, in braces")
        exported = _EXPORT.findall(text)
        body = _EXPORT.sub("", _IMPORT.sub("", text)).strip()
        if left := re.search(r"^(?:export|import)\b.*", body, re.MULTILINE):
            raise ValueError(f"{name}: {left[0]!r}: export a declaration, as in `export function draw() {{`")
        for one in exported:
            if owner.setdefault(one, name) != name:
                raise ValueError(f"{name} and {owner[one]} both export {one}; rename one")
        names = f"{{ {', '.join(exported)} }}"
        bodies.append(f"// {name}\nconst {names} = (() => {{\n{body}\nreturn {names};\n}})();\n")
    return '\n"use strict"; (() => {\n' + "\n".join(bodies) + "})();\n"


def _data(documents: Sequence[Packed]) -> Iterator[str]:
    """Elements that hold data and run nothing."""
    headers = json.dumps([d.header for d in documents], ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    for character in "<>&":
        headers = headers.replace(character, f"\\u{ord(character):04x}")
    yield f'<script type="application/json" id="documents">{headers}</script>'
    for number, document in enumerate(documents):
        for name, text in document.arrays.items():
            yield f'<script type="text/plain" data-array="{number}/{escape(name)}">{text}</script>'


def _encodable(text: str) -> str:
    """Lone surrogates, which no file in UTF-8 can hold, become question marks."""
    return text.encode("utf-8", "replace").decode()
