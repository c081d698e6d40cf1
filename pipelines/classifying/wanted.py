"""What a classifier is made of, built from the configuration and checked before anything is loaded."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from pipelines.shared.machine_settings import MachineSettings
from pipelines.shared.options import CorpusParts, own_options, parts_of
from probing.errors import ConfigError, not_negative, positive
from probing.model.checkpoint import row_name
from probing.probe.linear import Linear
from probing.task.labels import Task

GROUPS = ("data", "task", "model", "probe")
LEVELS = ("sentence", "word")  # what a head of transformers gives a class to
VERSION = 1  # raise it when the same options give other weights than before


@dataclass
class Settings(MachineSettings):
    """The options of ``python -m pipelines.classifier`` outside of the groups."""

    layer: int | None = None
    out: str | None = None
    seed: int = 0
    resamples: int = 1000

    def __post_init__(self) -> None:
        """Refuse impossible values before anything is loaded."""
        if self.layer is not None:
            positive("layer", self.layer)
        not_negative("seed", self.seed)
        positive("resamples", self.resamples)
        super().__post_init__()


@dataclass(frozen=True, kw_only=True)
class Wanted(CorpusParts):
    """Every part of a classifier."""

    settings: Settings
    task: Task
    probe: Linear


def wanted(config: DictConfig) -> Wanted:
    """Build every part of ``config``. Raises ConfigError, also for a task without classes of sentences or words."""
    settings, resolved = own_options(Settings, config, [*GROUPS, "analysis"])  # tasks may bring analyses of a run
    parts = parts_of(resolved, GROUPS)
    task, model, probe = parts["task"], parts["model"], parts["probe"]
    if task.level not in LEVELS or task.kind != "class":
        raise ConfigError(
            f"task={task.name}: it gives no class to a sentence or to a word, as a classifier does; choose task=pos or "
            "task=sentiment, for example"
        )
    if type(probe) is not Linear:
        raise ConfigError(f"probe={probe.name}: a head is fitted as the linear probe is; type probe=linear")
    if model.untrained_seed is not None:
        raise ConfigError("model.untrained_seed: the encoder of a classifier is trained; leave this option out")
    if model.precision != "float32":
        raise ConfigError(f"model.precision={model.precision}: a head is trained in float32; leave this option out")
    if getattr(parts["data"], "train_sentences", None) is not None:
        raise ConfigError("data.train_sentences: a head is trained on all of train; type data.max_sentences=…")
    return Wanted(settings=settings, config=resolved, **parts)


def folder_of(this: Wanted, corpus: str) -> Path:
    """The folder to write. Options beside those in its name have to agree with what it holds."""
    if this.settings.out is not None:
        return Path(this.settings.out)
    cut = "" if this.settings.layer is None else f"-layer{this.settings.layer}"
    return Path(this.settings.outputs, "classifiers", f"{row_name(this.model)}-{corpus}-{this.task.name}{cut}")


def identity(this: Wanted, revision: str, fingerprint: str) -> dict[str, Any]:
    """Everything that the weights and scores depend on, except the code; as JSON holds it."""
    options = ("layer", "seed", "resamples")
    model = ("long", "max_subwords", "text", "bos")
    return {
        "version": VERSION,
        "checkpoint": revision,
        "corpus": fingerprint,
        "task": _described(this.task),
        "probe": _described(this.probe),
        **{name: getattr(this.settings, name) for name in options},
        "model": {name: getattr(this.model, name) for name in model},
    }


def _described(part: Any) -> dict[str, Any]:
    """The class and its options, but for the vector of a task: a head reads what its class reads."""
    options = {name: value for name, value in asdict(part).items() if name != "vector"}
    return {"class": f"{type(part).__module__}.{type(part).__qualname__}", **options}
