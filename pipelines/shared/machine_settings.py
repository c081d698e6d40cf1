"""The options that every program that runs a model has outside of its groups."""

from dataclasses import dataclass

from pipelines.shared.schema import check_machine


@dataclass(kw_only=True)
class MachineSettings:
    """strict: an error instead of a stand-in. device, threads: where it runs. outputs: the folder of all results."""

    strict: bool = False
    device: str = "auto"
    threads: int | None = None
    outputs: str = "outputs"

    def __post_init__(self) -> None:
        """Refuse impossible values before anything is loaded."""
        check_machine(self.device, self.threads)
