"""The options of ``python -m pipelines.validate``."""

from dataclasses import dataclass

from omegaconf import DictConfig

from pipelines.shared.machine_settings import MachineSettings
from pipelines.shared.options import ModelParts, own_options, parts_of
from pipelines.shared.schema import names_a_folder
from probing.errors import ConfigError, not_negative, positive
from probing.probe.linear import Linear

GROUPS = ("model", "probe")


@dataclass
class Settings(MachineSettings):
    """Those outside of the groups, as in conf/validate.yaml."""

    name: str = "main"
    seeds: int = 10
    first_seed: int = 1
    train: int = 800
    dev: int = 600
    test: int = 500
    epochs: int = 3
    resamples: int = 1000

    def __post_init__(self) -> None:
        """Refuse impossible values before anything is loaded."""
        names_a_folder("name", self.name)
        for name in ("seeds", "first_seed", "train", "dev", "test", "resamples"):
            positive(name, getattr(self, name))
        not_negative("epochs", self.epochs)
        super().__post_init__()


@dataclass(frozen=True, kw_only=True)
class Wanted(ModelParts):
    """Every part of a validation."""

    settings: Settings
    probe: Linear


def wanted_of(config: DictConfig) -> Wanted:
    """Build every part of ``config``. Raises ConfigError, also for a probe that is not linear."""
    settings, resolved = own_options(Settings, config, GROUPS)
    parts = parts_of(resolved, GROUPS)
    if type(parts["probe"]) is not Linear:
        raise ConfigError(f"probe={parts['probe'].name}: heads and probes are linear here; type probe=linear")
    if parts["model"].precision != "float32" and settings.epochs:
        raise ConfigError(f"model.precision={parts['model'].precision}: fine-tuning is in float32; leave this out")
    return Wanted(settings=settings, config=resolved, **parts)
