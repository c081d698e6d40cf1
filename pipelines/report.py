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

import logging
from pathlib import Path
from typing import Any

import hydra
from hydra.experimental.callback import Callback
from omegaconf import DictConfig

from pipelines.cli import CONSOLE, launch
from pipelines.config import CONF
from probing.errors import DataError
from probing.result.folder import find_runs

log = logging.getLogger(__name__)


def report(outputs: Path, tag: str, runs: list[str], name: str | None) -> Path:
    """Compare runs and return the page. Raises DataError if there is none."""
    roots = [Path(r) for r in runs] or [outputs / "runs" if tag == "all" else outputs / "runs" / tag]
    folders = [folder for root in roots for folder in find_runs(root)]
    if not folders:
        raise DataError(
            f"no finished run below {', '.join(map(str, roots))}; make one with python -m pipelines.run, "
            "or name another tag=…"
        )
    from probing.report.compare import compare

    page = compare(folders, outputs / "reports" / (name or tag))
    CONSOLE.print(f"compared {len(folders)} runs: {page}", soft_wrap=True)
    return page


class CompareAfterSweep(Callback):
    """Ends a multirun with the comparison of all runs of its tag."""

    def on_multirun_end(self, config: DictConfig, **kwargs: Any) -> None:
        """Called once by Hydra, in the process that started the sweep."""
        report(Path(config.outputs), str(config.tag), [], None)


@hydra.main(config_path=str(CONF), config_name="report", version_base="1.3")
def main(config: DictConfig) -> None:
    """One report."""
    report(Path(config.outputs), str(config.tag), [str(r) for r in config.runs], config.name)


if __name__ == "__main__":
    launch(main, __doc__, ())
