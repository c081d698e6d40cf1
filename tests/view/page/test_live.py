"""The explorer in a browser: what is typed is what is shown."""

import socket
import threading
from contextlib import contextmanager

import pytest

from probing.attention.flow.augmented import Rollout
from probing.view.bundle import page
from probing.view.forward_view import Options


@contextmanager
def served(session):
    """The explorer's server on a free port; yields its address."""
    import uvicorn

    from pipelines.exploring.server import application

    here = socket.create_server(("127.0.0.1", 0))
    port = here.getsockname()[1]
    app = application(page([], live=True), session, port)
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, args=([here],))
    thread.start()
    try:
        yield f"http://127.0.0.1:{port}/"
    finally:
        server.should_exit = True
        thread.join(10)


@pytest.fixture
def session(encoder_of):
    """The tiny BERT, which takes inputs of 64 subwords."""
    from pipelines.exploring.session import LoadedModel, ModelSession

    limits = {"characters": 300, "subwords": 60}
    loaded = LoadedModel(encoder_of("bert"), Options(Rollout()), threads=1)
    return ModelSession(lambda enter: loaded, limits, "the quick brown fox", "tiny")


def state(tab, wanted: str) -> None:
    tab.wait_for_selector(f'body[data-live="{wanted}"]')


def ask(tab, box: str, text: str, wanted: str = "ready") -> None:
    """Type, and wait for the answer to this very text."""
    shown = tab.get_attribute("body", "data-drawn")
    tab.fill(box, text)
    if wanted == "ready":
        tab.wait_for_selector(f'body[data-live="ready"]:not([data-drawn="{shown}"])')
    else:
        state(tab, wanted)


def test_views_follow_what_is_typed(tab, session):
    with served(session) as url:
        tab.goto(url)
        state(tab, "loading")  # nobody has loaded the model yet
        assert tab.text_content("#status").startswith("starting")
        session.load(lambda stage: None)
        state(tab, "ready")
        assert tab.text_content("#title") == "the quick brown fox"
        assert tab.input_value("#text") == "the quick brown fox"
        ask(tab, "#text", "the dog sleeps <script>window.hit=1</script>")
        assert tab.text_content("#title") == "the dog sleeps <script>window.hit=1</script>"
        assert tab.evaluate("window.hit") is None
        assert {"forward", "analysis", "packing"} <= set(tab.text_content("#status").replace("·", " ").split())
        ask(tab, "#text-b", "she left")
        assert tab.locator("#pair").is_visible()
        tab.select_option("#pair", "ab")
        assert "pair=ab" in tab.evaluate("location.hash")


def test_what_cannot_be_shown_is_said_and_the_page_goes_on(tab, session):
    session.load(lambda stage: None)
    with served(session) as url:
        tab.goto(url)
        state(tab, "ready")
        ask(tab, "#text", "fox " * 62, "error")
        assert "at most 60" in tab.text_content("#status")
        faded = "getComputedStyle(document.querySelector('main')).opacity"
        tab.wait_for_function(f"() => {faded} < 0.5")  # the old picture is not of this text
        ask(tab, "#text", "the fox")
        assert tab.text_content("#title") == "the fox"
        tab.wait_for_function(f"() => {faded} == 1")


def test_flow_is_computed_when_it_is_looked_at(tab, session):
    session.load(lambda stage: None)
    with served(session) as url:
        tab.goto(url)
        state(tab, "ready")
        ask(tab, "#text", "the quick brown fox jumps over the lazy dog, and the dog sleeps. ")
        tab.select_option("#weights", "flow")
        tab.wait_for_function("() => document.getElementById('description').textContent.includes('flow: ')")
        assert "lines" in tab.text_content("#description")


def test_a_link_restores_text_view_and_what_was_kept(tab, session):
    session.load(lambda stage: None)
    with served(session) as url:
        tab.goto(f"{url}#weights=flow&pin=q2&input=the+lazy+dog&input_b=she+left&pair=ab")
        state(tab, "ready")
        tab.wait_for_selector("body[data-drawn]")
        assert tab.text_content("#title").replace("\u2068", "").replace("\u2069", "") == "the lazy dog — she left"
        assert tab.input_value("#text-b") == "she left"
        assert "flow: " in tab.text_content("#description") and "lines" in tab.text_content("#description")
        assert "pin=q2" in tab.evaluate("location.hash")
        ask(tab, "#text-b", "")  # one text again: what was said of a pair means nothing
        assert tab.locator("#pair").is_hidden()
        assert not tab.text_content("#description").startswith("layer 1, flow: 0 lines")
        assert "input=the+lazy+dog" in tab.evaluate("location.hash") and "pin" not in tab.evaluate("location.hash")
