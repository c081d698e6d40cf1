"""The runs that papers need for a model: their options, and how long they take."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from hydra import compose
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from pipelines.reproducing.model_kind import Kind, placed
from pipelines.reproducing.settings import Settings
from pipelines.shared.typed_options import explain
from probing.errors import ConfigError, ProbingError
from probing.report.published.paper_data import Needed, Paper


@dataclass(frozen=True)
class Job:
    """One run of one paper. overrides: all of its options. seconds: expected, if nothing of it is there."""

    paper: str
    name: str
    overrides: tuple[str, ...]
    seconds: float


@dataclass(frozen=True)
class Composed:
    """The configuration of a run, the option of each group, and what to type for it."""

    config: DictConfig
    choices: dict[str, str]
    typed: tuple[str, ...]


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
    try:
        config = compose("run", overrides=list(overrides), return_hydra_config=True)
    except (HydraException, OmegaConfBaseException) as error:
        raise ConfigError(explain(error)) from error
    choices = {str(group): str(option) for group, option in config.hydra.runtime.choices.items()}
    own: Any = OmegaConf.masked_copy(config, [str(key) for key in config if key != "hydra"])
    typed = tuple(overrides)
    if own.data.get("stand_in") is not None:
        own.data.stand_in = None
        typed += ("data.stand_in=null",)
    return Composed(own, choices, typed)


def reason_of(error: ProbingError) -> str:
    """Why a run is not there, in one line."""
    return " ".join(str(error).split())
