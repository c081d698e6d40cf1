"""How do models, tasks and layers compare?  python -m pipelines.report tag=main

Gathers finished runs into tables, figures and one page under outputs/reports/<name>: models against models with
paired intervals, tasks against tasks (best layer, centre of gravity, expected layer). Reads run folders alone:
no model, no store.

Options:
  tag         runs of this tag (default main); tag=all for every run
  runs        a list of run folders or of folders above them, instead of a tag
  name        the report's folder (default: the tag)
  outputs     where runs and reports lie

Examples:
  python -m pipelines.report
  python -m pipelines.report tag=all name=everything
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
from pipelines.shared.options import CONF, checked, names_a_folder
from probing.errors import DataError
from probing.result.folder import find_runs


@dataclass
class Settings:
    """The options of ``python -m pipelines.report``."""

    tag: str = "main"
    runs: Any = field(default_factory=list)
    name: str | None = None
    outputs: str = "outputs"

    def __post_init__(self) -> None:
        """Refuse impossible values."""
        self.runs = [self.runs] if isinstance(self.runs, str) else list(self.runs or [])
        names_a_folder("tag", self.tag)
        if self.name is not None:
            names_a_folder("name", self.name)


def report(outputs: Path, tag: str, runs: list[str], name: str | None) -> Path:
    """Compare runs and return the page. Raises DataError if there is none."""
    roots = [Path(r) for r in runs] or [outputs / "runs" if tag == "all" else outputs / "runs" / tag]
    folders = sorted({folder for root in roots for folder in find_runs(root)})
    if not folders:
        raise DataError(
            f"no finished run below {', '.join(map(str, roots))}; make one with python -m pipelines.run, "
            "or name another tag=…"
        )
    from probing.report.compare import compare

    page = compare(folders, outputs / "reports" / (name or tag))
    say(f"compared {len(folders)} runs: {page}")
    return page


def report_as(config: DictConfig) -> Path:
    """The report that ``config`` asks for. Raises ProbingError."""
    s: Settings = checked(Settings, config, "")
    return report(Path(s.outputs), s.tag, [str(folder) for folder in s.runs], s.name)


class CompareAfterSweep(Callback):
    """Ends a multirun with the comparison of all runs of its tag."""

    def on_multirun_end(self, config: DictConfig, **kwargs: Any) -> None:
        """Called once by Hydra, in the process that started the sweep."""
        outputs, tag = Path(config.outputs), str(config.tag)
        if not find_runs(outputs / "runs" / tag):
            say(f"no comparison, for the jobs bear other tags than {tag}: python -m pipelines.report tag=…")
            return
        # Hydra would turn an error into a warning of Python's
        if code := guarded(lambda: report(outputs, tag, [], None)):
            sys.exit(code)


@hydra.main(config_path=str(CONF), config_name="report", version_base="1.3")
def main(config: DictConfig) -> None:
    """One report."""
    job(lambda: report_as(config))


if __name__ == "__main__":
    launch(main, __doc__, ())
