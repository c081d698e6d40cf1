"""The interactive views: an answer of the explorer, and a large page in a real browser."""

import os
import shutil
import tempfile
import time
from pathlib import Path

import numpy as np

from pipelines.benchmarking.bench import Bench, Ratio
from pipelines.exploring.session import SHORT, LoadedModel, ModelSession
from probing.distribution import need
from probing.errors import UnavailableError
from probing.rng import generator
from probing.view.bundle import page
from probing.view.forward_view import Options
from probing.view.pack import pack
from probing.view.record import Tokens, View

TEXT = "The quick brown fox saw that a light watch on her table could not have moved while she slept ."
LAYERS, HEADS, LONG = 12, 12, 512
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
LIMITS = {"characters": 5000, "subwords": SHORT}


def explore_over_forward(bench: Bench) -> Ratio:
    """An answer of the explorer without its forward pass / that pass, 20 words.

    Beside it the seconds without the pass, also of an answer with flow, which is computed only on request.
    """
    import torch

    encoder = bench.encoder_with_maps
    loaded = LoadedModel(encoder, Options(), torch.get_num_threads())
    session = ModelSession(lambda _: loaded, LIMITS, TEXT, encoder.checkpoint.name)
    session.load(lambda _: None)
    plain, flow = ([_seconds(session, parts) for _ in range(3 + bench.repeats)][3:] for parts in (None, ["flow"]))
    header, _arrays = session.view(TEXT, None, None)
    size = f"one sentence of {len(header['forms'])} words, {len(header['tokens'])} subwords"
    return Ratio(
        [beyond / forward for forward, beyond in plain],
        f"the forward pass of the same answer, {size}",
        beside={
            "seconds_beyond": Ratio([beyond for _, beyond in plain], size),
            "seconds_beyond_with_flow": Ratio([beyond for _, beyond in flow], f"{size}, with flow"),
        },
        details={"forward_seconds": [forward for forward, _ in plain]},
    )


def _seconds(session: ModelSession, parts: list[str] | None) -> tuple[float, float]:
    """Seconds of the forward pass, and of everything else until the arrays are packed."""
    began = time.perf_counter()
    header, _ = session.view(TEXT, None, parts)
    forward = header["timings_ms"]["forward"] / 1000
    return forward, time.perf_counter() - began - forward


def paint_seconds(bench: Bench) -> Ratio:
    """Seconds until Chromium shows a page of 512 subwords, 12 layers x 12 heads, from disk.

    Beside it the seconds of one change of its controls. Raises UnavailableError if there is no browser.
    """
    program = browser()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "long.html")
        path.write_text(page([pack(_long())]), encoding="utf-8")
        pairs = [_painted(program, path) for _ in range(bench.repeats)]
        size = f"{LONG} subwords, {LAYERS} x {HEADS} random heads and norms, {path.stat().st_size / 1e6:.0f} MB"
    change = Ratio([change for _, change in pairs], f"the next picture, after another layer is chosen; {size}")
    return Ratio([first for first, _ in pairs], f"three seconds; {size}", beside={"change_seconds": change})


def browser() -> str:
    """The path of Chromium, from PROBING_CHROMIUM or PATH. Raises UnavailableError without it or playwright."""
    program = os.environ.get("PROBING_CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        raise UnavailableError(f"none of {', '.join(BROWSERS)} is on PATH; install one, or set PROBING_CHROMIUM")
    need("playwright")
    return program


def _painted(program: str, path: Path) -> tuple[float, float]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started, started.chromium.launch(executable_path=program, args=ARGUMENTS) as chromium:
        tab = chromium.new_page(viewport={"width": 1280, "height": 800})
        began = time.perf_counter()
        tab.goto(path.as_uri(), wait_until="commit")
        tab.wait_for_selector("body[data-painted]")
        painted = time.perf_counter()
        tab.select_option("#layer", "2")
        tab.wait_for_selector('body:not([data-drawn="1"])[data-drawn]')
        return painted - began, time.perf_counter() - painted


def _long() -> View:
    """Random attention with what trained models show: weight on neighbours and on the first subword."""
    rng, places = generator(0, "long page"), np.arange(LONG)
    attention = np.empty((LAYERS, HEADS, LONG, LONG), np.float32)
    for head in attention.reshape(-1, LONG, LONG):
        scores = rng.uniform(0.5, 2.5) * rng.normal(size=head.shape)
        scores -= rng.choice([0, 0.02, 0.5]) * np.abs(places[:, None] - places)
        scores[:, 0] += rng.uniform(0, 7)
        head[:] = np.exp(scores - scores.max(axis=1, keepdims=True))
        head /= head.sum(axis=1, keepdims=True)
    forms = tuple(f"word{place}" for place in places)
    tokens = Tokens(forms, (False,) * LONG, places, np.zeros_like(places), forms, np.zeros_like(places))
    about = {"text": "words", "text_b": None, "model": "random", "checkpoint": "none", "causal": False}
    lengths = rng.uniform(1, 5, size=(LAYERS, HEADS, 1, LONG)).astype(np.float32)
    missing = dict.fromkeys(("flow", "neurons"), "not measured")
    return View(tokens, attention, attention.mean(axis=1), norm=attention * lengths, missing=missing, about=about)
