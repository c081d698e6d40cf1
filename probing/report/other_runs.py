"""Links from the page of a run to the pages of other runs of its tag, and to their comparison."""

import os
from pathlib import Path
from typing import Any
from urllib.parse import quote

from probing.report.load import Run
from probing.result.folder import PAGE, find_runs

LEVELS = 5  # folders between that of a tag and that of a run: model, data, task, probe, seed and options
MOST = 60


def other_runs(run: Run) -> dict[str, Any]:
    """What the page links to: ``pages`` (name, address), how many ``more`` there are, ``comparison``, ``tag``.

    Those of the same task come first. A run that lies elsewhere than below runs/<tag>/ has no such links.
    """
    tag = run.name("tag")
    parents = run.folder.parents
    nothing = {"pages": [], "more": 0, "comparison": "", "tag": tag}
    if len(parents) <= LEVELS or (parents[LEVELS - 1].name, parents[LEVELS].name) != (tag, "runs"):
        return nothing
    root, own = parents[LEVELS - 1], run.folder.relative_to(parents[LEVELS - 1])
    found = [folder.relative_to(root) for folder in find_runs(root) if folder != run.folder]
    found.sort(key=lambda path: (path.parts[1:3] != own.parts[1:3], path.parts[2:3] != own.parts[2:3], path))
    pages = [(" · ".join(path.parts), address(root / path / PAGE, run.folder)) for path in found]
    report = root.parent.parent / "reports" / tag / PAGE
    comparison = address(report, run.folder) if report.is_file() else ""
    return {"pages": pages[:MOST], "more": max(0, len(pages) - MOST), "comparison": comparison, "tag": tag}


def address(target: Path, folder: Path) -> str:
    """The address of a file for a page in ``folder``."""
    return quote(Path(os.path.relpath(target, folder)).as_posix())
