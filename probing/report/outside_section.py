"""The section of an analysis that is not part of this project: a function in the module of the analysis."""

import sys
from collections.abc import Callable

from probing.report.load import Run
from probing.report.section_parts import Section


def outside_section(run: Run, name: str) -> Callable[[Run], Section] | None:
    """The function ``section`` of the module that holds the class of the analysis ``name``; None if there is none.

    Only a module that this program has imported for other reasons, such as its own options: a manifest is a file that
    anyone may have written, so that what it names is never imported.
    """
    analyses = run.manifest["config"].get("analysis")
    options = analyses.get(name) if isinstance(analyses, dict) else None
    target = options.get("_target_") if isinstance(options, dict) else None
    module = sys.modules.get(str(target).rpartition(".")[0])
    found: Callable[[Run], Section] | None = getattr(module, "section", None)
    return found if callable(found) else None
