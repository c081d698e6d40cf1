"""The page as one HTML file: markup, style, program and data, with nothing to fetch and no server.

A Content-Security-Policy with their hashes lets the browser run this program and apply this style only. So the text of
a corpus could do nothing even if it got into the markup; it does not, because it is escaped and inside data elements.
"""

import json
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from html import escape
from pathlib import Path

from probing.distribution import as_typed
from probing.view.pack import Packed

PAGE = Path(__file__).parent / "page"
MODULES = (  # in their order in the program: each uses the ones above it
    "dom.js",
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
    "chosen.js",
    "colourbar.js",
    "tips.js",
    "thumbnail.js",
    "head.js",
    "heatmap.js",
    "model.js",
    "neuron.js",
    "words.js",
    "compare.js",
    "removals.js",
    "removal_scene.js",
    "removal.js",
    "views.js",
    "stage.js",
    "pointer.js",
    "controls.js",
    "live.js",
    "why.js",
    "app.js",
)
GENERATOR = '<meta name="generator" content="probing.view">'
_IMPORT = re.compile(r"^import\b[^;]*;[ \t]*\n?", re.MULTILINE)
_PLAIN_IMPORT = re.compile(r"""import \{[\w$,\s]*\} from (["'])\./[\w-]+\.js\1;\s*""")
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function\*?|class|const) +([\w$]+))", re.MULTILINE)
_OPENING_CHARACTERS = 2048  # the generator is named within these


def page(documents: Sequence[Packed], live: bool = False, *, opens: str = "", source: Path = PAGE) -> str:
    """The whole HTML file. ``live``: the page may ask its own server, and its body has ``data-live="loading"``.

    ``opens``: the fragment of an address that says how the page opens, such as ``view=model&layer=3``. ``source``: the
    folder with page.html, page.css and the modules. Raises: ValueError for modules that cannot become one program.
    """
    style = f"\n{(source / 'page.css').read_text(encoding='utf-8').strip()}\n"
    texts = {name: (source / name).read_text(encoding="utf-8") for name in MODULES if (source / name).is_file()}
    code = as_typed(program(texts))
    for text, closing in ((style, "</style"), (code, "</script"), (code, "<!--")):
        if closing in text.lower():
            raise ValueError(f"page: {closing} would end its element; split it in two strings")
    attributes = (' data-live="loading"' if live else "") + (f' data-opens="{escape(opens)}"' if opens else "")
    parts = (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
        GENERATOR,
        f'<meta http-equiv="Content-Security-Policy" content="{policy(style, code, live)}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(_encodable(title(documents)))}</title>",
        f"<style>{style}</style>\n</head>\n<body{attributes}>",
        (source / "page.html").read_text(encoding="utf-8").strip(),
        *_data(documents),
        f"<script>{code}</script>\n</body>\n</html>\n",
    )
    return "\n".join(parts)


def is_page(path: Path) -> bool:
    """Whether ``path`` is a file that ``page`` has made."""
    with path.open("rb") as file:
        return GENERATOR.encode() in file.read(_OPENING_CHARACTERS)


def title(documents: Sequence[Packed]) -> str:
    """The first text and the model, for the title of the browser's tab."""
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
    frames = "frame-src 'self'; " if live else ""
    return (
        f"default-src 'none'; script-src {hashes[0]}; style-src {hashes[1]}; img-src data: blob:; "
        f"connect-src {connect}; {frames}base-uri 'none'; form-action 'none'"
    )


def program(modules: Mapping[str, str]) -> str:
    """ES modules as one script, in their order; each has its own scope and returns its exports.

    Raises: ValueError for two exports with the same name, or an import or export of another form than
    ``import { draw } from "./draw.js";`` and ``export function draw``.
    """
    owner: dict[str, str] = {}
    bodies = []
    for name, text in modules.items():
        for line in _IMPORT.findall(text):
            if not _PLAIN_IMPORT.fullmatch(line) or re.search(r"\bas\b", line):
                raise ValueError(f"{name}: {line.strip()!r}: import names in braces, without renaming")
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
    """Elements with data, which the browser does not run."""
    headers = json.dumps([d.header for d in documents], ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    for character in "<>&":
        headers = headers.replace(character, f"\\u{ord(character):04x}")
    yield f'<script type="application/json" id="documents">{headers}</script>'
    for number, document in enumerate(documents):
        for name, text in document.arrays.items():
            yield f'<script type="text/plain" data-array="{number}/{escape(name)}">{text}</script>'


def _encodable(text: str) -> str:
    """``text`` with question marks for lone surrogates, which UTF-8 cannot hold."""
    return text.encode("utf-8", "replace").decode()
