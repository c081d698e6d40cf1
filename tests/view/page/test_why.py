"""Why? of the explorer in a browser: what is asked, what is shown, and that the shown page can do nothing else."""

import threading
from pathlib import Path

import pytest

from pipelines.exploring.classifiers import Classifier
from pipelines.exploring.diagnoser import Diagnoser
from pipelines.exploring.request import RequestError
from pipelines.exploring.session import LoadedModel, ModelSession
from probing.attention.flow.augmented import Rollout
from probing.report.diagnosed.of_subject import diagnosis_of_texts
from probing.view.forward_view import Options

from .test_live import ask, served, state

TEXT = "The movie was unexpectedly not boring"


class Known(Diagnoser):
    """Answers with a diagnosis that is there already, once ``go_on`` is set; refuses the label negative."""

    def __init__(self, found, files) -> None:
        super().__init__([Classifier("sentiment", ("negative", "<b>positive</b>"), Path())], "model=tiny")
        self.found, self._files, self.go_on, self.asked = found, files, threading.Event(), []

    def why(self, wanted):
        from probing.report.diagnosed.diagnosis_files import as_json

        self.asked.append(wanted)
        if wanted.label == "negative":
            raise RequestError(400, "<i>negative</i> is refused; send another")
        self.stage = "measuring <i>words</i>"
        assert self.go_on.wait(timeout=20)
        self.stage, self.seconds = None, 12.3
        return {"diagnosis": as_json(self.found), "page": "/why/1/text-1.html", "seconds": 12.3}


@pytest.fixture(scope="module")
def known(small_subject, small_texts):
    whence = {"run_id": "r", "checkpoint": {"name": "tiny", "revision": "1"}, "data": {"name": "grammar"}}
    return diagnosis_of_texts(small_subject, small_texts, whence)


@pytest.fixture(scope="module")
def diagnoser_of(known):
    """diagnoser_of(): one that gives this diagnosis, whose pages are drawn once."""
    drawn = Diagnoser([], "model=tiny")
    drawn._keep(known)
    return lambda: Known(known, drawn._files)


@pytest.fixture
def opened(tab, encoder_of):
    """opened(diagnoser): the page of a tiny BERT."""

    def session_of(diagnoser):
        loaded = LoadedModel(encoder_of("bert"), Options(Rollout()), threads=1, diagnoser=diagnoser)
        session = ModelSession(lambda enter: loaded, {"characters": 300, "subwords": 60}, "the quick brown fox", "tiny")
        session.load(lambda stage: None)
        return session

    return session_of


def dialog(tab, wanted: str) -> str:
    """What the dialog says in this state."""
    tab.wait_for_selector(f'#why[open][data-state="{wanted}"]')
    return tab.text_content("#why-said")


def test_the_page_of_the_typed_text_opens_in_place(tab, opened, known, diagnoser_of):
    diagnoser = diagnoser_of()
    with served(opened(diagnoser)) as url:
        tab.goto(url)
        state(tab, "ready")
        assert tab.locator("#why-label option").all_inner_texts() == ["choose …", "negative", "<b>positive</b>"]
        tab.click("#why-ask")
        assert dialog(tab, "error") == "Choose the right class of the text first, in the list beside the button."
        tab.click("#why-close")
        assert diagnoser.asked == []
        ask(tab, "#text", TEXT)
        tab.select_option("#why-label", label="<b>positive</b>")
        tab.click("#why-ask")
        tab.wait_for_function("() => document.getElementById('why-said').textContent.startsWith('measuring <i>words')")
        tab.keyboard.press("Escape")  # the answer still comes
        diagnoser.go_on.set()
        tab.wait_for_selector('#why[data-state="ready"]', state="attached")
        assert tab.locator("#why").is_hidden()
        tab.click("#why-ask")  # the same question again: its answer is there
        said = dialog(tab, "ready")
        [one] = [text for text in known.texts if text.text == TEXT]
        assert said.startswith(f"the probe on layer 2 of tiny: {one.answer} (")
        assert said.endswith(f"right: positive. Verdict: {one.verdict.kind}.")
        assert [(each.text, each.label, each.task) for each in diagnoser.asked] == [
            (TEXT, "<b>positive</b>", "sentiment")
        ]
        frame = tab.frame_locator("#why-page")
        assert TEXT in frame.locator("h1").inner_text()
        frame.locator("nav.contents a").nth(2).click()
        assert tab.frames[1].url.endswith("/why/1/text-1.html#words")
        assert tab.frames[1].evaluate("scrollY") > 0
        frame.locator("p.kicker a").click()
        frame.locator("h1", has_text="diagnosed texts").wait_for()
        tab.click("#why-close")
        tab.evaluate("() => document.getElementById('why-label').selectedIndex = 1")
        tab.click("#why-ask")
        assert dialog(tab, "error") == "<i>negative</i> is refused; send another"
        assert tab.locator("#why-page").is_hidden()


def test_the_shown_page_cannot_reach_this_one_or_its_server(tab, opened, diagnoser_of):
    diagnoser = diagnoser_of()
    diagnoser.go_on.set()
    with served(opened(diagnoser)) as url:
        tab.goto(url)
        state(tab, "ready")
        tab.select_option("#why-label", label="<b>positive</b>")
        tab.click("#why-ask")
        dialog(tab, "ready")
        tab.frame_locator("#why-page").locator("h1").wait_for()
        frame = tab.frames[1]
        assert (
            frame.evaluate("() => { try { return parent.document.title } catch (e) { return e.name } }")
            == "SecurityError"
        )
        assert frame.evaluate("() => origin") == "null"
        with tab.expect_popup() as popup:
            tab.click("#why-open")
        popup.value.wait_for_selector("h1")
        assert popup.value.evaluate("() => origin") == "null"


def test_without_a_classifier_it_says_what_to_type(tab, opened):
    with served(opened(Diagnoser([], "model=tiny"))) as url:
        tab.goto(url)
        state(tab, "ready")
        assert tab.locator("#why-labels").is_hidden()
        tab.click("#why-ask")
        said = dialog(tab, "error")
        assert "pipelines.run model=tiny task=sentiment attention=none" in said
        assert "pipelines.classifier model=tiny task=sentiment" in said


@pytest.mark.parametrize("width", [1400, 1000, 500])
def test_button_and_dialog_fit_the_window(tab, opened, diagnoser_of, width):
    diagnoser = diagnoser_of()
    diagnoser.go_on.set()
    tab.set_viewport_size({"width": width, "height": 800})
    with served(opened(diagnoser)) as url:
        tab.goto(url)
        state(tab, "ready")
        tab.select_option("#why-label", label="<b>positive</b>")
        tab.click("#why-ask")
        dialog(tab, "ready")
        for part in ("#why", "#why-page", "#why-close", "#why-open", "#why-ask"):
            box = tab.locator(part).bounding_box()
            assert box["x"] >= 0 and box["x"] + box["width"] <= width, part
        assert tab.locator("#why-page").bounding_box()["height"] > 500
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
