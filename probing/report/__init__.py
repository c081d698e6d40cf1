"""Reports: tables, figures and pages, made from run folders alone.

The package can be called, since ``probing.report(probe, folder)`` is a function of the interface and has its name.
"""

import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from probing.report.of_probe import FittedProbe


class _Callable(ModuleType):
    def __call__(self, probe: "FittedProbe", folder: str | Path) -> Path:
        from probing.report.of_probe import report

        return report(probe, folder)


sys.modules[__name__].__class__ = _Callable
