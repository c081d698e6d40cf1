"""The runs that papers need for a model: their options, and how long they take."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from pipelines.reproducing.model_kind import Kind, placed
from pipelines.reproducing.settings import Settings
from pipelines.running.composed_run import Composed, composed_run
from probing.errors import ProbingError
from probing.report.published.paper_data import Needed, Paper


@dataclass(frozen=True)
class Job:
    """One run of one paper. overrides: all of its options. seconds: expected, if nothing of it is there."""

    paper: str
    name: str
    overrides: tuple[str, ...]
    seconds: float


def jobs_of(paper: Paper, model: str, kind: Kind, settings: Settings) -> Iterator[Job]:
    """Every run of a paper for one model; of a sweep one for each value."""
    usual = (f"model={model}", f"tag={settings.tag}", f"strict={settings.strict}", f"outputs={settings.outputs}")
    for name, needed in paper.runs.items():
        given = tuple(placed(one, kind.blocks) for one in needed.overrides)
        for label, swept in values(name, needed):
            yield Job(paper.name, label, (*usual, *given, *swept, *settings.options), needed.seconds * kind.times)


def values(name: str, needed: Needed) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The name of each run and its swept option: one without any for a run that sweeps over nothing."""
    if not needed.sweep:
        yield name, ()
    for option, settings in needed.sweep.items():
        for setting in settings:
            yield f"{name} {setting}", (f"{option}={setting}",)


def composed(overrides: Sequence[str]) -> Composed:
    """The configuration of a run with these options. No corpus is replaced by another: claims are about its data.

    Raises ConfigError for options that do not exist.
    """
    found = composed_run(overrides)
    if found.config.data.get("stand_in") is None:
        return found
    found.config.data.stand_in = None
    return replace(found, typed=(*found.typed, "data.stand_in=null"))


def reason_of(error: ProbingError) -> str:
    """Why a run is not there, in one line."""
    return " ".join(str(error).split())
