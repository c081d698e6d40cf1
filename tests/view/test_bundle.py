"""The file stands alone, runs its own program only, and shows text as text."""

import json
import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import pytest

from probing.view.bundle import MODULES, PAGE, is_page, page, program
from probing.view.pack import Packed

HOSTILE = "</script><script>alert(1)</script><!-- & \u2028 ]]> <img src=x onerror=alert(2)> \ud800"


@pytest.fixture
def source(tmp_path) -> Path:
    """A page of one heading, one rule, and two modules."""
    (tmp_path / "page.html").write_text('<main><h1 id="title"></h1></main>')
    (tmp_path / "page.css").write_text("h1 { color: red }\r\n", newline="")
    (tmp_path / "palette.js").write_text("export const RED = 1;\nconst local = 2;\n")
    (tmp_path / "app.js").write_text('import {\n  RED,\n} from "./palette.js";\nconst local = RED;\nrun(local);\n')
    return tmp_path


class Elements(HTMLParser):
    """Every element with its attributes and the text that is directly in it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None], list[str]]] = []
        self.inside = False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs), []))
        self.inside = True

    def handle_endtag(self, tag):
        self.inside = False

    def handle_data(self, data):
        if self.inside:
            self.found[-1][2].append(data)

    def of(self, tag: str) -> list[tuple[dict[str, str | None], str]]:
        return [(attributes, "".join(text)) for name, attributes, text in self.found if name == tag]


def packed(text: str = "a cat") -> Packed:
    return Packed({"text": text, "model": "toy", "tokens": [text]}, {"attention/1": "H4sI", "rollout/1": "AAAA"})


def policy_of(elements: Elements) -> dict[str, list[str]]:
    [text] = [a["content"] for a, _ in elements.of("meta") if a.get("http-equiv") == "Content-Security-Policy"]
    return {name: values for name, *values in (rule.split() for rule in text.split(";"))}


def hashed(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


@pytest.mark.parametrize("live", [False, True])
def test_only_this_program_and_this_style_may_be_used_and_nothing_fetched(source, live):
    elements = Elements(page([packed()], live, source=source))
    rules = policy_of(elements)
    [style], code = elements.of("style"), elements.of("script")[-1]
    assert rules["style-src"] == [hashed(style[1])]
    assert code[0] == {}
    assert rules["script-src"] == [hashed(code[1])]
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == ["'none'"]
    assert rules["connect-src"] == ["'self'" if live else "'none'"]
    assert rules.get("frame-src") == (["'self'"] if live else None)
    [body] = elements.of("body")
    assert body[0] == ({"data-live": "loading"} if live else {})


def test_nothing_of_the_page_points_elsewhere():
    found = Elements(page([packed()]))
    assert [a for _, a, _ in found.found if a.keys() & {"src", "href", "action", "style", "onclick"}] == []
    assert "\r" not in page([packed()])


def test_data_stand_before_the_program_by_document_and_name(source):
    elements = Elements(page([packed("one"), packed("two")], source=source))
    scripts = elements.of("script")
    assert scripts[0][0] == {"type": "application/json", "id": "documents"}
    assert [header["text"] for header in json.loads(scripts[0][1])] == ["one", "two"]
    arrays = {a["data-array"]: text for a, text in scripts[1:-1]}
    assert arrays == {f"{n}/{name}": text for n in (0, 1) for name, text in packed().arrays.items()}
    assert {a["type"] for a, _ in scripts[1:-1]} == {"text/plain"}


def test_hostile_text_stays_text(source):
    text = page([packed(HOSTILE)], source=source)
    elements = Elements(text)
    assert len(elements.of("script")) == 4
    assert elements.of("img") == []
    [header] = json.loads(elements.of("script")[0][1])
    assert header["text"] == HOSTILE
    assert "alert(1)" not in re.sub(r"(?s)<title>.*?</title>|<script type=.*?</script>", "", text)
    text.encode("utf-8")


def test_modules_become_one_program_in_order(source):
    code = Elements(page([], source=source)).of("script")[-1][1]
    assert code.startswith('\n"use strict"; (() => {\n') and code.endswith("})();\n")
    assert code.index("// palette.js") < code.index("// app.js")
    assert "import" not in code and "export" not in code
    assert "const { RED } = (() => {" in code


def test_a_page_is_known_by_its_opening(source, tmp_path):
    own, other = tmp_path / "own.html", tmp_path / "other.html"
    own.write_text(page([packed()], source=source))
    other.write_text("<!doctype html><p>probing.view</p>")
    assert is_page(own) and not is_page(other)


@pytest.mark.parametrize(
    "modules, message",
    [
        ({"a.js": "export function f() {}", "b.js": "export const f = 1;"}, "b.js and a.js both export f"),
        ({"a.js": 'import { f as g } from "./b.js";'}, "import names in braces"),
        ({"a.js": 'import * as b from "./b.js";'}, "import names in braces"),
        ({"a.js": 'import b from "./b.js";'}, "import names in braces"),
        ({"a.js": 'import { b } from "https://example.org/b.js";'}, "import names in braces"),
        ({"a.js": "export default 1;"}, "export a declaration"),
        ({"a.js": "export { f };"}, "export a declaration"),
        ({"a.js": "export let f = 1;"}, "export a declaration"),
    ],
)
def test_modules_that_cannot_share_a_program_are_refused(modules, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        program(modules)


def test_private_names_may_repeat():
    code = program({"a.js": "const x = 1;\nexport const a = x;\n", "b.js": "const x = 2;\nexport const b = x;\n"})
    assert code.count("const x") == 2


@pytest.mark.parametrize("text", ["const a = '</script>';", "const a = '<!--';"])
def test_a_program_that_would_end_its_element_is_refused(text, source):
    (source / "app.js").write_text(text)
    with pytest.raises(ValueError, match="would end its element"):
        page([], source=source)


def test_every_module_is_in_the_program_after_those_it_imports():
    assert sorted(MODULES) == sorted(path.name for path in PAGE.glob("*.js"))
    exports: dict[str, set[str]] = {}
    for name in MODULES:
        text = (PAGE / name).read_text(encoding="utf-8")
        for names, module in re.findall(r'^import \{([^}]*)\} from "\./([\w-]+\.js)";', text, re.MULTILINE):
            assert module in exports, f"{name} stands before {module}"
            assert {n.strip() for n in names.split(",") if n.strip()} <= exports[module], f"{name} from {module}"
        exports[name] = set(re.findall(r"^export (?:async )?(?:function\*?|class|const) +([\w$]+)", text, re.MULTILINE))
