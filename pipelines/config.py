"""From Hydra's configuration to the parts of an experiment: every value checked, every typo named."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, TypeVar

from hydra.utils import get_class
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from probing.attention.plan import Attention
from probing.data.corpus import Source
from probing.errors import ConfigError, one_of, positive
from probing.model.checkpoint import Model, row_name
from probing.probe.fit import Probe
from probing.store.key import Store
from probing.task.labels import Task

CONF = Path(__file__).resolve().parent.parent / "conf"
GROUPS = ("data", "task", "model", "store", "probe", "attention")  # what an experiment is built of
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
        if self.seed < 0:
            raise ConfigError(f"seed={self.seed}: must be 0 or greater")
        if self.threads is not None:
            positive("threads", self.threads)
        positive("controls", self.controls)
        positive("resamples", self.resamples)
        one_of("punctuation", self.punctuation, ("keep", "remove"))
        one_of("device", self.device, ("auto", "cpu", "cuda", "mps"))
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
class Parts:
    """What every program reads with, built and checked; nothing is loaded yet.

    ``settings``: the program's own options, ``strict`` and ``device`` among them. ``stand_ins``: per group, what one
    stands in for.
    """

    settings: Any
    data: Source
    model: Model
    store: Store
    attention: Attention
    config: DictConfig
    stand_ins: Mapping[str, str] = field(default_factory=dict)


PartsT = TypeVar("PartsT", bound=Parts)


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


def parts_of(config: DictConfig, groups: Sequence[str]) -> dict[str, Any]:
    """The part of each group, from its class and its options. Raises ConfigError."""
    for group in groups:
        if not config.get(group):
            raise ConfigError(f"{group} is missing; type {group}=… with one of {', '.join(options(group))}")
    parts = {group: checked(get_class(config[group]._target_), config[group], group) for group in groups}
    for group, part in parts.items():
        if getattr(part, "name", None) is not None:
            names_a_folder(f"{group}.name", part.name)
        if getattr(part, "stand_in", None) is not None:
            one_of(f"{group}.stand_in", part.stand_in, options(group))
    return parts


def checked(cls: type, node: DictConfig, group: str) -> Any:
    """An instance of ``cls`` from ``node``; the class's own fields are the schema of its option."""
    schema = OmegaConf.structured(cls)
    OmegaConf.set_readonly(schema, False)
    values = {str(k): v for k, v in OmegaConf.to_container(node).items() if k != "_target_"}  # type: ignore[union-attr]
    prefix = f"{group}." if group else ""
    known(prefix, values, [f.name for f in fields(cls)])
    missing = [f"{prefix}{k}" for k, v in values.items() if v == "???"]
    if missing:
        raise ConfigError(f"not set: {', '.join(missing)}; type {' '.join(f'{key}=…' for key in missing)}")
    try:
        merged: Any = OmegaConf.to_container(OmegaConf.merge(schema, values))
    except OmegaConfBaseException as error:
        key = re.split(r"[.\[]", error.full_key or "")[0]
        seen = f"{prefix}{key}={values.get(key, '?')}"
        wanted = f"a list is wanted: {prefix}{key}=[…]" if "ListConfig" in str(error) else str(error).splitlines()[0]
        raise ConfigError(f"{seen}: {wanted}") from error
    return cls(**{f.name: merged[f.name] for f in fields(cls)})


def known(prefix: str, keys: Iterable[Any], valid: Sequence[str]) -> None:
    """Raise ConfigError for a key that nothing reads, as ``+task.vektor=mean`` would add."""
    for key in keys:
        if key not in valid:
            raise ConfigError(f"{prefix}{key}: no such option; the options are {', '.join(prefix + v for v in valid)}")


def names_a_folder(option: str, value: str) -> None:
    """Raise ConfigError unless ``value`` can be one part of a path."""
    if not value or value.startswith(".") or set(value) & set("/\\\0\n"):
        raise ConfigError(f"{option}={value!r}: it names a folder; use letters, digits, - and _")


def options(group: str) -> list[str]:
    """The options of a group: its files, but for those that others build on."""
    return sorted(path.stem for path in (CONF / group).glob("*.yaml") if not path.stem.startswith("_"))


def option(group: str, name: str) -> DictConfig:
    """What ``conf/<group>/<name>.yaml`` says, with the options of the same group that it builds on."""
    node: Any = OmegaConf.load(CONF / group / f"{name}.yaml")
    for parent in node.pop("defaults", []):
        if isinstance(parent, str) and parent != "_self_":
            node = OmegaConf.merge(option(group, parent), node)
    found: DictConfig = node
    return found


def with_stand_in(experiment: PartsT, group: str, name: str) -> PartsT:
    """The same experiment with option ``name`` of ``group``, which keeps what INHERITED lists."""
    node = option(group, name)
    for key in INHERITED[group]:
        node[key] = experiment.config[group][key]
    config = experiment.config.copy()
    wanted = config[group].name or config[group].get("checkpoint")
    config[group] = node
    part = checked(get_class(node._target_), node, group)
    stand_ins = {**experiment.stand_ins, group: str(wanted)}
    changed: dict[str, Any] = {"config": config, group: part, "stand_ins": stand_ins}
    return replace(experiment, **changed)


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
