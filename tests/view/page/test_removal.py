"""The view Removal in a browser: a page that has removals, and one that asks a server for them."""

from dataclasses import replace

import pytest

from pipelines.exploring.session import LoadedModel, ModelSession
from pipelines.viewing.remover import RemovableRun, Remover
from probing.attention.flow.augmented import Rollout
from probing.errors import ConfigError
from probing.view.forward_view import Options
from probing.view.pack import pack

from .test_live import ask, served, state

CLASSES = ("<i>A</i>", "B")


def removal(name: str, layer: int, words: int, task: str = "pos") -> dict:
    """Removing ``name`` turns the first place to B and costs 2 nats; random directions cost .5 and change nothing."""
    before, turned = ["<i>A</i>"] * words, ["B", *["<i>A</i>"] * (words - 1)]

    def change(against: str, draw: int, nats: float) -> dict:
        predicted = before if against else turned
        return {"against": against, "draw": draw, "rank": 1, "predicted": predicted, "nats": [nats] * words}

    after = [change("", 0, 2.0), change("random", 0, 0.25), change("random", 1, 0.75), change("control", 0, 1.5)]
    of_place = {"words": list(range(words)), "scored": before, "before": before, "after": after}
    output = {"name": "the linear probe of pos on layer 2", "own_head": False, "gold": False, **of_place}
    zeros, ones = [0] * words, [1, *[0] * (words - 1)]
    probes = [
        {
            "property": of,
            "layer": at,
            "classes": CLASSES,
            "gold": [],
            "before": zeros,
            "after": [said, zeros, zeros, zeros],
        }
        for at in range(layer, 3)
        for of, said in (("pos", ones if at < 2 else zeros), ("<b>side</b>", zeros))
    ]
    about = {"property": name, "layer": layer, "method": "leace", "task": task, "run": "r", "measured": None}
    return {
        **about,
        "built_on": 50,
        "seed": 0,
        "words": list(range(words)),
        "output": output,
        "probes": probes,
        "notes": [],
    }


@pytest.fixture
def shown(tab, tmp_path, reader_of, view, html_page):
    """shown(removals): the page of the example's first text with these, opened at the view."""

    def shown(removals: list[dict]):
        about = {**view.about, "text_b": None}
        path = tmp_path / "page.html"
        path.write_text(html_page([pack(replace(view, removals=removals, about=about))]), encoding="utf-8")
        read = reader_of(path)
        return read.open("view=removal")

    return shown


def test_the_effect_stands_beside_random_directions_and_the_control_task(shown):
    read = shown([removal("pos", 0, 5), removal("pos", 1, 5)])
    assert "pos removed from layer 1 of toy: LEACE, 1 dimension" in read.texts()
    read.tab.select_option("#removed-at", "0")
    read.settle()
    texts = read.texts()
    assert "pos removed from layer 0 of toy: LEACE, 1 dimension" in texts
    for name, nats, changed in (
        ("pos removed", "2.00", "1 of 5"),
        ("random directions, mean of 2", "0.50", "0 of 5"),
        ("control task's directions", "1.50", "0 of 5"),
    ):
        at = texts.index(name)
        assert texts[at : at + 3] == [name, nats, changed]
    assert (texts.count("1 of 5 (0)"), texts.count("0 of 5 (0)")) == (2, 4)  # pos on layers 0 and 1; all others
    assert "layer 2: as before 5 of 5" in texts and "layer 1: as before 4 of 5" in texts
    assert "<b>side</b>" in texts
    read.tab.select_option("#removed-at", "1")
    read.settle()
    assert "pos removed from layer 1 of toy: LEACE, 1 dimension" in read.texts()
    assert read.fragment()["removed_at"] == "1"
    read.press("cats")
    table = read.tab.text_content("#readout")
    assert "cats: what probes say before, after removing pos, and after random directions" in table


def test_a_page_without_removals_says_what_to_type(shown):
    read = shown([])
    assert "remove=pos" in " ".join(read.texts())
    assert read.tab.locator("#removal").is_disabled()


class Known(Remover):
    """Answers at once; refuses the property ``side``."""

    def __init__(self) -> None:
        super().__init__([RemovableRun("pos", None, ("pos", "side"), (0, 1, 2))], "model=tiny")
        self.asked = []

    def remove(self, text, wanted, task=None):
        self.asked.append((text, wanted, task))
        if wanted.property == "side":
            raise ConfigError("property=<i>side</i>: it has one class only")
        return removal(wanted.property, wanted.layer, len(text.split()), task)


def test_a_live_page_asks_for_the_text_that_is_typed(tab, encoder_of):
    known = Known()
    loaded = LoadedModel(encoder_of("bert"), Options(Rollout()), threads=1, remover=known)
    session = ModelSession(lambda enter: loaded, {"characters": 300, "subwords": 60}, "the quick brown fox", "tiny")
    session.load(lambda stage: None)

    def described(text: str) -> None:
        tab.wait_for_function(f"() => document.getElementById('description').textContent.startsWith({text!r})")

    with served(session) as url:
        tab.goto(f"{url}#view=removal&removed_at=0")
        state(tab, "ready")
        described("effect of removing")
        assert known.asked == [("the quick brown fox", ("pos", 0, "leace"), "pos")]
        tab.select_option("#method", "inlp")
        described("effect of removing")
        tab.select_option("#removal", "pos/side")
        described("nothing was removed")
        tab.select_option("#removal", "pos/pos")
        described("effect of removing")
        ask(tab, "#text", "the lazy dog")
        tab.wait_for_function("() => document.body.dataset.drawn === document.body.dataset.painted")
        assert known.asked[1][1] == ("pos", 0, "inlp") and known.asked[2][1].property == "side"
        assert [text for text, *_ in known.asked].count("the lazy dog") == 1
        ask(tab, "#text-b", "she left")
        described("nothing was removed")
