"""The options of ``python -m pipelines.reproduce``."""

from dataclasses import dataclass, field

from pipelines.shared.schema import names_a_folder


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
