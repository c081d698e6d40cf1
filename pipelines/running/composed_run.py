"""The configuration of a run that another program needs, made of the options that one would type for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hydra import compose
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from pipelines.shared.typed_options import explain
from probing.errors import ConfigError


@dataclass(frozen=True)
class Composed:
    """The configuration of a run, the option of each group, and what to type for it."""

    config: DictConfig
    choices: dict[str, str]
    typed: tuple[str, ...]


def composed_run(overrides: Sequence[str]) -> Composed:
    """The configuration of a run with these options. Raises ConfigError for options that do not exist."""
    try:
        config = compose("run", overrides=list(overrides), return_hydra_config=True)
    except (HydraException, OmegaConfBaseException) as error:
        raise ConfigError(explain(error)) from error
    choices = {str(group): str(option) for group, option in config.hydra.runtime.choices.items()}
    own: Any = OmegaConf.masked_copy(config, [str(key) for key in config if key != "hydra"])
    return Composed(own, choices, tuple(overrides))
