"""From Hydra's configuration to the parts of an experiment: every value checked, every typo named."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from hydra.utils import get_class
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from probing.data.corpus import Source
from probing.errors import ConfigError, one_of, positive
from probing.model.checkpoint import Model, row_name
from probing.probe.fit import Probe
from probing.store.key import Store
from probing.task.labels import Task

CONF = Path(__file__).resolve().parent.parent / "conf"
GROUPS = ("data", "task", "model", "store", "probe")  # what an experiment is built of
# what a stand-in takes over from the option that it stands in for
INHERITED = {"data": ("max_sentences",), "model": ("precision", "long", "max_subwords")}
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
        positive("controls", self.controls)
        positive("resamples", self.resamples)
        one_of("punctuation", self.punctuation, ("keep", "remove"))
        one_of("device", self.device, ("auto", "cpu", "cuda", "mps"))
        self.baselines = [self.baselines] if isinstance(self.baselines, str) else list(self.baselines or [])
        for name in self.baselines:
            one_of("baselines", name, ("untrained",))
        if "/" in self.tag or self.tag.startswith(".") or not self.tag:
            raise ConfigError(f"tag={self.tag!r}: a tag names a folder; use letters, digits, - and _")
        if isinstance(self.layers, int):
            self.layers = [self.layers]
        if self.layers != "all" and not (
            isinstance(self.layers, list) and self.layers and all(type(layer) is int for layer in self.layers)
        ):
            raise ConfigError(f"layers={self.layers}: type layers=all, layers=3 or layers=[0,3,6]")


@dataclass(frozen=True)
class Experiment:
    """Every part, built and checked; nothing is loaded yet. ``stand_ins``: per group, what one stands in for."""

    settings: Settings
    data: Source
    task: Task
    model: Model
    store: Store
    probe: Probe
    config: DictConfig
    differences: Mapping[str, str]
    stand_ins: Mapping[str, str] = field(default_factory=dict)


def build(config: DictConfig, choices: Mapping[str, str]) -> Experiment:
    """Build every part of ``config``; ``choices`` are the options chosen per group. Raises ConfigError."""
    config = OmegaConf.create(OmegaConf.to_container(config, resolve=True))  # type: ignore[assignment]
    top = {f.name: config[f.name] for f in fields(Settings)}
    settings: Settings = checked(Settings, OmegaConf.create(top), "")
    parts: dict[str, Any] = {g: checked(get_class(config[g]._target_), config[g], g) for g in GROUPS}
    parts["probe"].check(parts["task"].level, parts["task"].kind)
    differences = {g: _difference(config, g, choices[g]) for g in ("task", "model", "probe")}
    return Experiment(settings=settings, config=config, differences=differences, **parts)


def checked(cls: type, node: DictConfig, group: str) -> Any:
    """An instance of ``cls`` from ``node``; the class's own fields are the schema of its option."""
    schema = OmegaConf.structured(cls)
    OmegaConf.set_readonly(schema, False)
    values = {k: v for k, v in OmegaConf.to_container(node).items() if k != "_target_"}  # type: ignore[union-attr]
    missing = [str(k) for k, v in values.items() if v == "???"]
    prefix = f"{group}." if group else ""
    if missing:
        raise ConfigError(f"{prefix}{missing[0]} is not set; type {prefix}{missing[0]}=…")
    for key in values:
        one_of(f"option {prefix}".rstrip("."), key, [f.name for f in fields(cls)])
    try:
        merged: Any = OmegaConf.to_container(OmegaConf.merge(schema, values))
    except OmegaConfBaseException as error:
        key = error.full_key or ""
        raise ConfigError(f"{prefix}{key}={values.get(key, '?')}: {str(error).splitlines()[0]}") from error
    return cls(**{f.name: merged[f.name] for f in fields(cls)})


def option(group: str, name: str) -> DictConfig:
    """What ``conf/<group>/<name>.yaml`` says, with the options of the same group that it builds on."""
    node: Any = OmegaConf.load(CONF / group / f"{name}.yaml")
    for parent in node.pop("defaults", []):
        if isinstance(parent, str) and parent != "_self_":
            node = OmegaConf.merge(option(group, parent), node)
    found: DictConfig = node
    return found


def with_stand_in(experiment: Experiment, group: str, name: str) -> Experiment:
    """The same experiment with option ``name`` of ``group``, which keeps what INHERITED lists."""
    node = option(group, name)
    for key in INHERITED[group]:
        node[key] = experiment.config[group][key]
    config = experiment.config.copy()
    wanted = config[group].name or config[group].get("checkpoint")
    config[group] = node
    part = checked(get_class(node._target_), node, group)
    stand_ins = {**experiment.stand_ins, group: str(wanted)}
    return Experiment(**{**experiment.__dict__, "config": config, group: part, "stand_ins": stand_ins})


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
    }
    last = f"seed{s.seed}" + "".join(f",{k}={v}" for k, v in unusual.items() if v)
    return Path(s.outputs, "runs", s.tag, *labels(experiment, corpus).values(), last)


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
