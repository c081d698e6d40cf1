"""What a run is: its options and its parts, each built from the configuration and checked."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from pipelines.shared.options import CONF, Parts, options, parts_of
from pipelines.shared.schema import check_machine, checked, known, names_a_folder, part_of
from probing.analysis.protocol import Analysis
from probing.errors import ConfigError, one_of, positive
from probing.probe.fit import Probe
from probing.task.labels import Task

GROUPS = ("data", "task", "model", "store", "probe", "rollout")  # one part each
ANALYSES = ("attention", "analysis")  # which analyses: those of attention, and any further ones
PROBES = "probes"  # the analysis that every run has, first


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
    """Every part of a run. analyses: by name, in the order in which they run. choices: the option of each group."""

    settings: Settings
    task: Task
    probe: Probe
    analyses: Mapping[str, Analysis]
    choices: Mapping[str, str]


def build(config: DictConfig, choices: Mapping[str, str]) -> Experiment:
    """Build every part of ``config``; ``choices`` are the options chosen per group. Raises ConfigError."""
    known("", config, [f.name for f in fields(Settings)] + [*GROUPS, "analysis"])
    config = with_hypotheses(OmegaConf.create(OmegaConf.to_container(config, resolve=True)))  # type: ignore[arg-type]
    top = {f.name: config[f.name] for f in fields(Settings) if f.name in config}
    settings: Settings = checked(Settings, OmegaConf.create(top), "")
    parts = parts_of(config, GROUPS)
    parts["probe"].check(parts["task"].level, parts["task"].kind)
    return Experiment(settings=settings, config=config, choices=choices, analyses=analyses_of(config), **parts)


def analyses_of(config: DictConfig) -> dict[str, Analysis]:
    """The analyses of ``config.analysis``, the probes first. Raises ConfigError."""
    known("analysis.", config.analysis, [name for name in options("analysis") if name != "none"])
    names = [PROBES, *(str(name) for name in config.analysis if name != PROBES)]
    nodes = {name: config.analysis[name] for name in names}
    return {name: part_of(f"analysis.{name}", node) for name, node in nodes.items()}


def with_hypotheses(config: DictConfig) -> DictConfig:
    """The configuration with what each tested hypothesis says in the place of its name or file.

    So that a run's identity and its manifest hold the hypothesis itself. Raises ConfigError for a file that is missing.
    """
    node = config.get("analysis", {}).get("hypotheses")
    if node is not None and "tested" in node:
        named = node.tested if OmegaConf.is_list(node.tested) else [node.tested]
        node.tested = [one if OmegaConf.is_dict(one) else _hypothesis(str(one)) for one in named]
    return config


def _hypothesis(name: str) -> Any:
    path = CONF / "hypothesis" / f"{name}.yaml"
    path = path if path.is_file() else Path(name)
    if not path.is_file():
        valid = ", ".join(options("hypothesis"))
        raise ConfigError(
            f"analysis.hypotheses.tested={name}: no such file; the options are {valid}, or give the path of a YAML file"
        )
    found = OmegaConf.load(path)
    if not OmegaConf.is_dict(found):
        raise ConfigError(f"{path}: a hypothesis has keys such as name, question, query and key; see conf/hypothesis")
    return {key: value for key, value in found.items() if key != "_target_"}
