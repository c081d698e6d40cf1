"""The classifiers of sentences that there are to diagnose: runs with a probe on every layer of the model."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pipelines.shared.hide_folders import without_folders
from probing.distribution import as_typed

if TYPE_CHECKING:
    from probing.view.probe_predictions import TrainedProbes


class Classifier(NamedTuple):
    """A run with a probe on every layer for a task that gives a class to sentences. task: its name, here unique."""

    task: str
    classes: tuple[str, ...]
    folder: Path


def classifiers_in(trained: "Sequence[TrainedProbes]", n_layers: int) -> list[Classifier]:
    """The classifiers among the probes that a page shows, of a model with ``n_layers`` hidden states per subword."""
    fit = [
        one
        for one in trained
        if (one.saved.level, one.saved.kind) == ("sentence", "class")
        and one.saved.layers == tuple(range(n_layers))
        and one.folder is not None
    ]
    tasks = [one.saved.task for one in fit]
    return [
        Classifier(
            one.saved.task
            if tasks.count(one.saved.task) == 1
            else f"{one.saved.task} ({', '.join(one.saved.classes)})",
            one.saved.classes,
            Path(str(one.folder)),
        )
        for one in fit
    ]


def how_to_get_one(typed: str) -> str:
    """What to type for a classifier of sentences, a command a line. typed: how the model was asked for."""
    model = without_folders(typed)
    return as_typed(
        "no classifier of sentences was found for this model; type one of these, then start this page again:\n"
        f"python -m pipelines.run {model} task=sentiment attention=none\n"
        f"python -m pipelines.classifier {model} task=sentiment (a model with a head; make the run above of that one)"
    )
