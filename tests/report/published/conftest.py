"""A made-up paper on made-up runs: one task, and published numbers that our rows equal, exceed or miss."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from probing.report.load import Run, load_run
from probing.report.published.paper_data import Paper, Published, paper_of

THEIRS = "org/theirs"
NODE: Mapping[str, Any] = {
    "cited": "Clark et al. 2019",
    "question": "Does it <b>work</b>?",
    "source": "https://example.org/paper",
    "model": "a model",
    "data": "toy data",
    "disk_gb": 0.1,
    "runs": {"pos": {"overrides": ["task=pos"], "seconds": 60, "part": "tags"}},
    "series": {
        "accuracy": {"run": "pos", "label": "accuracy", "metric": "accuracy"},
        "control": {"run": "pos", "label": "control task", "metric": "accuracy", "target": "control"},
        "majority": {"run": "pos", "label": "majority", "metric": "accuracy", "target": "majority"},
    },
    "figure": [{"series": ["accuracy", "control"], "y": "accuracy"}],
    "checks": [{"claim": "The numbers are matched.", "kind": "published", "of": ["accuracy"]}],
    "differences": ["Ours is <i>small</i>."],
}


def published(value: float, **rest: Any) -> Published:
    """A verified number of the best layer on the made-up data."""
    given = {"place": "Table 1", "model": THEIRS, "data": "toy", "series": "accuracy", "x": "2", "tolerance": 0.01}
    return Published(**{**given, "status": "V", "source": "its code", "value": value, **rest})


@pytest.fixture
def paper() -> Callable[..., Paper]:
    """paper(number, …, checks=[…]): the made-up paper with these published numbers."""

    def make(*numbers: Published, **changed: Any) -> Paper:
        return paper_of("made_up", {**NODE, **changed}, numbers)

    return make


@pytest.fixture
def ours(make_run) -> Callable[..., Path]:
    """ours(scores, checkpoint=…): the folder of a run of this checkpoint whose layers score near ``scores``."""

    def make(test: Sequence[float] = (0.5, 0.7, 0.9, 0.8), checkpoint: str = THEIRS, **rest: Any) -> Path:
        folder: Path = make_run("pos", test, **rest)
        manifest = folder / "manifest.json"
        text = manifest.read_text().replace('"model": {"name": "tiny"}', f'"model": {{"checkpoint": "{checkpoint}"}}')
        manifest.write_text(text)
        return folder

    return make


@pytest.fixture
def at_layer_2(ours) -> tuple[Run, float]:
    """A run, and its score in layer 2."""
    run = load_run(ours())
    rows = run.rows[(run.rows["target"] == "task") & (run.rows["split"] == "test") & (run.rows["layer"] == 2)]
    return run, float(rows["value"].iloc[0])
