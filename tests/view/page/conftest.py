"""A real browser, and a page small enough to check by eye.

The example: subwords [CLS] The cat ##s sat [SEP] He ran [SEP] of two texts, 2 layers, 18 heads. In layer 1 head h of
query i gives .6 to key (i + h) mod 9 and .05 to each of the other eight; layer 2 is the softmax of half of q · k.
"""

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from pipelines.benchmarking.view_ratios import ARGUMENTS
from pipelines.benchmarking.view_ratios import browser as find
from probing.errors import UnavailableError
from probing.view.bundle import page
from probing.view.pack import pack
from probing.view.record import Predicted, Tokens, View

LOCAL = ("file:", "blob:", "data:", "about:", "http://127.0.0.1:")  # where a page may ask
LABELS = ("[CLS]", "The", "cat", "##s", "sat", "[SEP]", "He", "ran", "[SEP]")
PLAIN = "layer=1&head=0&heads=all&strength=weight&size=full&top=9"  # every line, in proportion to its weight
FRAME = "requestAnimationFrame"
SVG = "{http://www.w3.org/2000/svg}"
N, HEADS, D = len(LABELS), 18, 4


@pytest.fixture(scope="session")
def browser():
    """Headless Chromium, from PROBING_CHROMIUM or PATH."""
    try:
        program = find()
    except UnavailableError as error:
        pytest.skip(str(error))
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture
def tab(browser):
    """A fresh tab that fails the test on any error of the page, or on any request that leaves it."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 800}, accept_downloads=True, reduced_motion="reduce"
    )
    made = context.new_page()
    errors: list[str] = []
    made.on("pageerror", lambda error: errors.append(str(error)))
    made.on("console", lambda message: errors.append(message.text) if faulty(message) else None)
    made.on("request", lambda request: None if request.url.startswith(LOCAL) else errors.append(request.url))
    yield made
    context.close()
    assert errors == []


def faulty(message) -> bool:
    """Whether a line of the console is an error of the page; that a question was refused is none."""
    refused = "Failed to load resource: the server responded with a status of 4"
    return message.type == "error" and not message.text.startswith(refused)


def example() -> View:
    """The example of this module's docstring."""
    rng = np.random.default_rng(0)
    queries, keys = rng.normal(size=(2, 2, HEADS, N, D)).astype(np.float32)
    attention = np.full((2, HEADS, N, N), 0.05, np.float32)
    for head in range(HEADS):
        attention[0, head, np.arange(N), (np.arange(N) + head) % N] = 0.6
    scores = np.exp(0.5 * queries[1] @ keys[1].transpose(0, 2, 1))
    attention[1] = scores / scores.sum(-1, keepdims=True)
    rollout = np.stack([attention[0, 0], attention[0, 0] @ attention[0, 0]])
    word = np.array([-1, 0, 1, 1, 2, -1, 3, 4, -1])
    segment = np.array([0] * 6 + [1] * 3)
    tokens = Tokens(
        LABELS,
        tuple(w < 0 for w in word),
        word,
        segment,
        ("The", "cats", "sat", "He", "ran"),
        np.array([0, 0, 0, 1, 1]),
    )
    upos, deprel = ["DET", "NOUN", "VERB", "PRON", "VERB"], ["det", "nsubj", "root", "nsubj", "parataxis"]
    texts = {"text": "The cats sat", "text_b": "He ran"}
    return View(
        tokens,
        attention,
        rollout,
        norm=2 * attention,
        flow=rollout[::-1].copy(),
        queries=queries,
        keys=keys,
        scale=0.5,
        gold={"upos": upos, "heads": [2, 3, 0, 5, 3], "deprel": deprel},
        probes=[probe("pos"), sentiment()],
        about={**texts, "model": "toy", "checkpoint": "c0ffee", "causal": False, "adds": True},
    )


def probe(task: str) -> Predicted:
    """Layer 0 takes the last word for a noun; layer 1 knows all."""
    gold = ["DET", "NOUN", "VERB", "PRON", "VERB"]
    sure, unsure = [0.9] * 5, [0.9, 0.9, 0.9, 0.9, 0.4]
    return Predicted(
        task,
        "word",
        "class",
        (0, 1),
        [[*gold[:4], "NOUN"], gold],
        [unsure, sure],
        gold,
        "runs/toy",
        "toy",
        "accuracy",
        (0.8, 0.95),
        (0.75, 0.93),
        (0.84, 0.97),
        (0.5, 0.4),
        other_data=("grammar (3,000 sentences)", "ewt (12,544 sentences)"),
        notes=("this sentence is in train of toy",),
    )


def sentiment() -> Predicted:
    """One value for the whole text, gold unknown."""
    return Predicted(
        "sentiment",
        "sentence",
        "class",
        (0, 1),
        [["negative"], ["positive"]],
        [[0.6], [0.7]],
        None,
        "runs/toy",
        "toy",
        "accuracy",
        (0.5, 0.8),
        (0.4, 0.7),
        (0.6, 0.9),
        (0.5, 0.5),
    )


@pytest.fixture(scope="session")
def example_file(tmp_path_factory) -> Path:
    """The example's page on disk."""
    path = tmp_path_factory.mktemp("page") / "example.html"
    path.write_text(page([pack(example())], opens=PLAIN), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def html_page():
    """The page of some documents, opening as PLAIN says."""
    return lambda documents: page(documents, opens=PLAIN)


def plain(text: str) -> str:
    """Without the marks that keep a label's direction to itself."""
    return text.replace("\u2068", "").replace("\u2069", "")


class Reader:
    """A page as a person reads it: what stands in it, where its tokens are, what it exports."""

    def __init__(self, tab, path: Path) -> None:
        self.tab, self.url = tab, path.as_uri()

    def open(self, fragment: str = "") -> "Reader":
        self.tab.goto("about:blank")
        self.tab.goto(f"{self.url}#{fragment}")
        self.settle()
        return self

    def settle(self) -> None:
        """Wait until nothing is being drawn."""
        self.tab.wait_for_selector("body[data-drawn]")
        self.tab.evaluate(f"() => new Promise((done) => {FRAME}(() => {FRAME}(() => setTimeout(done, 30))))")

    def description(self) -> str:
        return self.tab.text_content("#description")

    def lines(self) -> int:
        return int(self.description().split(": ")[1].split(" lines")[0].replace(",", ""))

    def fragment(self) -> dict[str, str]:
        return dict(part.split("=", 1) for part in self.tab.evaluate("location.hash.slice(1)").split("&") if part)

    def choose(self, control: str, value: str) -> None:
        self.tab.select_option(f"#{control}", value)
        self.settle()

    def click(self, selector: str, times: int = 1) -> None:
        self.tab.locator(selector).click(click_count=times)
        self.settle()

    def head(self, number: int):
        return self.tab.get_by_role("button", name=f"head {number}", exact=True)

    def table(self) -> dict[str, list[str]]:
        """The readout, by the names of its rows."""
        rows = self.tab.locator("#readout tbody tr").all()
        return {plain(row.locator("th").inner_text()): row.locator("td").all_inner_texts() for row in rows}

    def caption(self) -> str:
        return plain(self.tab.locator("#readout caption").inner_text())

    def svg(self) -> ET.Element:
        """What is shown, as exported."""
        with self.tab.expect_download() as download:
            self.tab.click("#save-svg")
        return ET.parse(download.value.path()).getroot()

    def texts(self) -> list[str]:
        return [element.text for element in self.svg().iter(f"{SVG}text")]

    def place(self, label: str, nth: int = 0) -> tuple[float, float]:
        """Where the nth such text stands on the screen."""
        found = [e for e in self.svg().iter(f"{SVG}text") if e.text == label][nth]
        x, y = float(found.get("x")), float(found.get("y"))
        x += {"end": -4, "start": 4}.get(found.get("text-anchor"), 0)
        box = self.tab.locator("#stage").bounding_box()
        return box["x"] + x + 1, box["y"] + y + 1

    def point(self, label: str, nth: int = 0) -> None:
        self.tab.mouse.move(*self.place(label, nth))
        self.settle()

    def press(self, label: str, nth: int = 0) -> None:
        self.tab.mouse.click(*self.place(label, nth))
        self.settle()


@pytest.fixture
def read(tab, example_file) -> Iterator[Reader]:
    """The example, opened."""
    return Reader(tab, example_file)


@pytest.fixture
def reader_of(tab):
    """A reader of any page."""
    return lambda path: Reader(tab, path)


@pytest.fixture(scope="session")
def view() -> View:
    """The example as it was packed."""
    return example()
