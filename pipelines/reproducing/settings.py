"""The options of ``python -m pipelines.reproduce``."""

from dataclasses import dataclass, field

from pipelines.shared.schema import names_a_folder
from probing.errors import ConfigError

OF_THE_PAPER = ("task", "probe", "analysis", "layers")  # with another one, verdicts would be on another claim


@dataclass
class Settings:
    """papers, models: typed as ``paper=…`` and ``model=…``. options: of every run, typed as for a run."""

    papers: list[str] = field(default_factory=list)
    models: list[str] = field(default_factory=lambda: ["minilm"])
    options: list[str] = field(default_factory=list)
    tag: str = "papers"
    strict: bool = False
    outputs: str = "outputs"

    def __post_init__(self) -> None:
        """Refuse impossible values."""
        names_a_folder("tag", self.tag)
        for one in self.options:
            if one.lstrip("+~").partition("=")[0] in OF_THE_PAPER:
                raise ConfigError(f"{one}: the files of the paper say it for each run; leave it out")
