"""The options of ``python -m pipelines.extract``; all others are those of the run whose hidden states are extracted."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pipelines.shared.further_options import gathered
from probing.errors import ConfigError

OWN = ("workers", "worker", "key", "options", "hydra")
MOST_WORKERS = 4096


@dataclass
class Settings:
    """How many workers extract, and what starts them; worker, key: which one this is, and what it is to extract."""

    workers: int = 1
    worker: int | None = None
    key: str | None = None
    options: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Refuse impossible values."""
        if not 1 <= self.workers <= MOST_WORKERS:
            raise ConfigError(f"workers={self.workers}: a number from 1 to {MOST_WORKERS} is expected, e.g. workers=4")
        if self.worker is not None and not 0 <= self.worker < self.workers:
            raise ConfigError(
                f"worker={self.worker}: workers={self.workers} are numbered from 0 to {self.workers - 1}; leave "
                "worker=… out, the program sets it"
            )


def separated(arguments: Sequence[str]) -> list[str]:
    """The arguments as Hydra can read them, options of the run in the list ``options``. Raises: ConfigError."""
    return gathered(arguments, OWN)
