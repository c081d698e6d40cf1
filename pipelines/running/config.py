"""The options and the parts of a run, built from its configuration and checked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from omegaconf import DictConfig, OmegaConf

from pipelines.running.hypothesis_files import read_hypothesis
from pipelines.shared.machine_settings import MachineSettings
from pipelines.shared.option_files import options
from pipelines.shared.options import Parts, own_options, parts_of
from pipelines.shared.schema import known, listed, names_a_folder, part_of
from probing.analysis.protocol import Analysis
from probing.analysis.untrained import MOST
from probing.data.corpus import Source
from probing.errors import ConfigError, not_negative, one_of, positive
from probing.model.checkpoint import INT8
from probing.probe.aggregate import Aggregate
from probing.probe.attention_pool import AttentionPool
from probing.probe.bilinear import check_two_vectors
from probing.probe.fit import Probe
from probing.report.look import Look
from probing.result.resampling import AUTO, CHOICES
from probing.task.labels import Task

GROUPS = ("data", "task", "model", "store", "probe", "rollout", "report")  # one part each
ANALYSES = ("attention", "analysis", "usage")  # a set of analyses, further single ones, and interventions on concepts
PROBES = "probes"  # the analysis that every run has, first
ALL = "all"


@dataclass
class Settings(MachineSettings):
    """The options of ``python -m pipelines.run`` outside of the groups.

    layers: sorted, each named once, as they are typed, ``all`` or numbers.
    """

    tag: str = "main"
    seed: int = 0
    layers: list[str] = field(default_factory=lambda: [ALL])
    nulls: int = 0
    controls: int = 1
    resamples: int = 1000
    resampled: str = AUTO
    punctuation: str = "keep"
    train_seed: int = 0
    dry: bool = False
    dry_minutes: float | None = None

    def __post_init__(self) -> None:
        """Refuse impossible values before anything is loaded."""
        not_negative("seed", self.seed)
        positive("controls", self.controls)
        positive("resamples", self.resamples)
        one_of("resampled", self.resampled, CHOICES)
        one_of("punctuation", self.punctuation, ("keep", "remove"))
        not_negative("train_seed", self.train_seed)
        super().__post_init__()
        names_a_folder("tag", self.tag)
        if self.dry_minutes is not None:
            positive("dry_minutes", self.dry_minutes)
            if not self.dry:
                raise ConfigError("dry_minutes: how many workers are needed is said by a dry run only; add dry=true")
        not_negative("nulls", self.nulls)
        if self.nulls > MOST:
            raise ConfigError(f"nulls={self.nulls}: at most {MOST} untrained twins")
        if self.layers != [ALL]:
            if not self.layers or not all(layer.isdecimal() for layer in self.layers):
                typed = self.layers[0] if len(self.layers) == 1 else f"[{', '.join(self.layers)}]"
                raise ConfigError(f"layers={typed}: type layers=all, layers=3 or layers=[0,3,6]")
            self.layers = [str(layer) for layer in sorted(set(map(int, self.layers)))]

    @property
    def probed_layers(self) -> tuple[int, ...] | None:
        """The numbers of the layers to probe, ascending; None: all layers of the model."""
        return None if self.layers == [ALL] else tuple(map(int, self.layers))


@dataclass(frozen=True, kw_only=True)
class Experiment(Parts):
    """Every part of a run. analyses: by name, in the order in which they run. choices: the option of each group."""

    settings: Settings
    task: Task
    probe: Probe
    report: Look
    analyses: Mapping[str, Analysis]
    choices: Mapping[str, str]


def build(config: DictConfig, choices: Mapping[str, str]) -> Experiment:
    """Build every part of ``config``; ``choices`` are the options chosen per group. Raises ConfigError."""
    settings, resolved = own_options(Settings, config, [*GROUPS, "analysis"])
    config = with_hypotheses(resolved)
    parts = parts_of(config, GROUPS)
    parts["probe"].check(parts["task"].level, parts["task"].kind)
    check_two_vectors(parts["probe"], parts["task"])
    if isinstance(parts["probe"], AttentionPool | Aggregate):
        parts["probe"].check_vector(parts["task"].vector)
    parts["report"].check()
    if settings.train_seed and train_sentences(parts["data"]) is None:
        raise ConfigError(
            f"train_seed={settings.train_seed}: all of train is used; type data.train_sentences=1000, for example"
        )
    if settings.nulls and parts["model"].precision == INT8:
        raise ConfigError(
            f"nulls={settings.nulls}: untrained twins have no int8 weights; type model.precision=bfloat16"
        )
    if settings.nulls and parts["model"].untrained_seed is not None:
        raise ConfigError("nulls: the model of model.untrained_seed is untrained itself; leave out one of the two")
    return Experiment(settings=settings, config=config, choices=choices, analyses=analyses_of(config), **parts)


def train_sentences(source: Source) -> int | None:
    """On how many sentences of train probes are trained; None: on all, as with a corpus without this option."""
    found: int | None = getattr(source, "train_sentences", None)
    return found


def analyses_of(config: DictConfig) -> dict[str, Analysis]:
    """The analyses of ``config.analysis``, the probes first. Raises ConfigError."""
    known("analysis.", config.analysis, [name for name in options("analysis") if name != "none"])
    names = [PROBES, *(str(name) for name in config.analysis if name != PROBES)]
    return {name: _analysis(name, config.analysis.get(name)) for name in names}


def _analysis(name: str, node: Any) -> Analysis:
    if not OmegaConf.is_dict(node) or "_target_" not in node:
        raise ConfigError(
            f"analysis.{name}: this analysis is not part of the run, so that its options have no effect; "
            f"type analysis={name} to add it"
        )
    found: Analysis = part_of(f"analysis.{name}", node)
    return found


def with_hypotheses(config: DictConfig) -> DictConfig:
    """The configuration with the content of each tested hypothesis instead of its name or file.

    So the identity and the manifest of a run hold the hypothesis itself. Raises ConfigError for a file that is missing
    or no YAML.
    """
    node = OmegaConf.select(config, "analysis.hypotheses")
    if isinstance(node, DictConfig) and "tested" in node:
        named = listed(OmegaConf.to_object(node.tested) if OmegaConf.is_config(node.tested) else node.tested)
        node.tested = [one if isinstance(one, dict) else read_hypothesis(str(one)) for one in named]
    return config
