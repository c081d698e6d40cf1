"""How do models, tasks and layers compare?  python -m pipelines.report tag=main

Compares finished runs in tables, figures and one page under outputs/reports/<name>: models with models, by paired
intervals, and tasks with tasks, by best layer, centre of gravity and expected layer. Reads only the folders of runs,
neither a model nor a store.

Options:
  tag         compare the runs of this tag (default main); tag=all: every run
  runs        instead of a tag: a run folder, a folder above runs, or a list of them
  name        folder of the report (default: the tag)
  outputs     folder of runs and reports
{groups}
              or single options: report.title=off, report.width=column (page, inches), report.axis=all
              (probe, curves), report.font=serif, report.latex=true; conf/report/screen.yaml explains them

Examples:
  python -m pipelines.report
  python -m pipelines.report tag=all name=everything
  python -m pipelines.report report=paper report.width=page
  python -m pipelines.report 'runs=[outputs/runs/main/minilm,outputs/runs/main/bert-base-uncased]' name=two-models
"""

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import hydra
from hydra.experimental.callback import Callback
from omegaconf import DictConfig

from pipelines.shared.cli import guarded, job, launch, say
from pipelines.shared.option_files import CONF
from pipelines.shared.options import own_options, parts_of
from pipelines.shared.scheduler import check_scheduler
from pipelines.shared.schema import names_a_folder
from probing.errors import DataError
from probing.report.look import Look, looking
from probing.result.folder import find_runs

GROUPS = ("report",)


@dataclass
class Settings:
    """The options of ``python -m pipelines.report``."""

    tag: str = "main"
    runs: list[str] = field(default_factory=list)
    name: str | None = None
    outputs: str = "outputs"

    def __post_init__(self) -> None:
        """Refuse impossible values."""
        names_a_folder("tag", self.tag)
        if self.name is not None:
            names_a_folder("name", self.name)

    @property
    def folders(self) -> list[Path]:
        """Where runs are searched."""
        below = Path(self.outputs, "runs")
        return [Path(run) for run in self.runs] or [below if self.tag == "all" else below / self.tag]


def report(settings: Settings, look: Look) -> Path:
    """Compare runs in figures of this look; returns the page. Raises DataError if there is no finished run."""
    runs = sorted({run for folder in settings.folders for run in find_runs(folder)})
    if not runs:
        raise DataError(
            f"no finished run below {', '.join(map(str, settings.folders))}; make one with python -m pipelines.run, "
            "or type another tag=…"
        )
    from probing.report.compare import compare
    from probing.report.stand_in_notes import notes_of_folders

    with looking(look):
        page = compare(runs, Path(settings.outputs, "reports", settings.name or settings.tag))
    for note in notes_of_folders(runs):
        say(note, "bold yellow")
    say(f"compared {len(runs)} runs: {page}")
    return page


class CompareAfterSweep(Callback):
    """Ends a multirun with the comparison of all runs of its tag."""

    def on_multirun_start(self, config: DictConfig, **kwargs: Any) -> None:
        """Called once by Hydra before the jobs are submitted; ends the program if their scheduler cannot be reached."""
        if code := guarded(lambda: check_scheduler(str(config.hydra.runtime.choices["hydra/launcher"]))):
            sys.exit(code)

    def on_multirun_end(self, config: DictConfig, **kwargs: Any) -> None:
        """Called once by Hydra, in the process that started the sweep."""
        # guarded, because Hydra would turn an error into a Python warning
        if code := guarded(lambda: _compare(config)):
            sys.exit(code)


def _compare(config: DictConfig) -> None:
    settings = Settings(tag=str(config.tag), outputs=str(config.outputs))
    if any(map(find_runs, settings.folders)):
        report(settings, parts_of(config, GROUPS)["report"])
    else:
        say(f"no comparison: no run has the tag {settings.tag}; for another tag type python -m pipelines.report tag=…")


@hydra.main(config_path=str(CONF), config_name="report", version_base="1.3")
def main(config: DictConfig) -> None:
    """One report."""
    job(lambda: report(*built(config)))


def built(config: DictConfig) -> tuple[Settings, Look]:
    """The options of the program and the look of its figures. Raises ConfigError."""
    settings, resolved = own_options(Settings, config, GROUPS)
    look: Look = parts_of(resolved, GROUPS)["report"]
    look.check()
    return settings, look


if __name__ == "__main__":
    launch(main, __doc__, GROUPS)
