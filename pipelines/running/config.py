"""What a run is: its options, its parts, and the folder that they name."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from pipelines.shared.options import Parts, option, parts_of
from pipelines.shared.schema import check_machine, checked, names_a_folder
from probing.errors import ConfigError, one_of, positive
from probing.model.checkpoint import row_name
from probing.probe.fit import Probe
from probing.task.labels import Task

GROUPS = ("data", "task", "model", "store", "probe", "attention")  # what an experiment is built of
# fields that the folder names elsewhere, or that say where input lies and not what is done with it
UNNAMED = {"name", "checkpoint", "stand_in", "untrained_seed"}


@dataclass
class Settings:
    """The options of ``python -m pipelines.run`` outside of the groups."""

    tag: str = "main"
    seed: int = 0
    layers: Any = "all"
    baselines: Any = field(default_factory=list)
    controls: int = 1
    resamples: int = 1000
    punctuation: str = "keep"
    strict: bool = False
    device: str = "auto"
    threads: int | None = None
    outputs: str = "outputs"

    def __post_init__(self) -> None:
        """Refuse impossible values before anything is loaded."""
        if self.seed < 0:
            raise ConfigError(f"seed={self.seed}: must be 0 or greater")
        positive("controls", self.controls)
        positive("resamples", self.resamples)
        one_of("punctuation", self.punctuation, ("keep", "remove"))
        check_machine(self.device, self.threads)
        names_a_folder("tag", self.tag)
        self.baselines = [self.baselines] if isinstance(self.baselines, str) else sorted(set(self.baselines or []))
        for name in self.baselines:
            one_of("baselines", name, ("untrained",))
        if self.layers != "all":
            chosen = self.layers if isinstance(self.layers, list) else [self.layers]
            if not chosen or not all(type(layer) is int and layer >= 0 for layer in chosen):
                raise ConfigError(f"layers={self.layers}: type layers=all, layers=3 or layers=[0,3,6]")
            self.layers = sorted(set(chosen))


@dataclass(frozen=True, kw_only=True)
class Experiment(Parts):
    """Every part of a run. ``differences``: per group, what was set apart from the option chosen."""

    settings: Settings
    task: Task
    probe: Probe
    differences: Mapping[str, str]


def build(config: DictConfig, choices: Mapping[str, str]) -> Experiment:
    """Build every part of ``config``; ``choices`` are the options chosen per group. Raises ConfigError."""
    config = OmegaConf.create(OmegaConf.to_container(config, resolve=True))  # type: ignore[assignment]
    top = {f.name: config[f.name] for f in fields(Settings) if f.name in config}
    settings: Settings = checked(Settings, OmegaConf.create(top), "")
    parts = parts_of(config, GROUPS)
    parts["probe"].check(parts["task"].level, parts["task"].kind)
    differences = {g: _difference(config, g, choices[g]) for g in ("task", "model", "probe", "attention")}
    return Experiment(settings=settings, config=config, differences=differences, **parts)


def run_folder(experiment: Experiment, corpus: str) -> Path:
    """``<outputs>/runs/<tag>/<model>/<data>/<task>/<probe>/seed<k>``; each part names what it sets apart."""
    s = experiment.settings
    unusual = {
        "layers": "" if s.layers == "all" else "+".join(map(str, s.layers)),
        "baselines": "+".join(s.baselines),
        "controls": "" if s.controls == 1 else str(s.controls),
        "resamples": "" if s.resamples == 1000 else str(s.resamples),
        "punctuation": "" if s.punctuation == "keep" else s.punctuation,
        "dtype": "" if experiment.store.dtype == "float16" else experiment.store.dtype,
        "attention": _attention(experiment),
    }
    last = f"seed{s.seed}" + "".join(f",{k}={v}" for k, v in unusual.items() if v)
    return Path(s.outputs, "runs", s.tag, *labels(experiment, corpus).values(), last)


def _attention(experiment: Experiment) -> str:
    kept = experiment.store.attention.sentences
    if experiment.attention.name == "none":
        return "none"
    name = experiment.attention.name + experiment.differences["attention"] + ("" if kept == 200 else f",maps={kept}")
    return "" if name == "rollout" else name


def labels(experiment: Experiment, corpus: str) -> dict[str, str]:
    """What rows call model, data, task and probe: the name, and every value that is not the option's own."""
    difference = experiment.differences
    return {
        "model": row_name(experiment.model) + difference["model"],
        "data": corpus,
        "task": experiment.task.name + difference["task"],
        "probe": experiment.probe.name + difference["probe"],
    }


def _difference(config: DictConfig, group: str, choice: str) -> str:
    own = option(group, choice)
    changed = {k: v for k, v in config[group].items() if k not in UNNAMED and v != own.get(k)}
    return "".join(f",{key}={_short(value)}" for key, value in sorted(changed.items()))


def _short(value: Any) -> str:
    text = "+".join(map(str, value)) if hasattr(value, "__iter__") and not isinstance(value, str) else str(value)
    return "".join(c if c.isalnum() or c in "+-._" else "_" for c in text)
