"""Name and version of the installed project, how its programs are started, and packages that only some people need."""

import os
from importlib.util import find_spec
from pathlib import Path

from probing.errors import UnavailableError

NAME = "layer-probing"  # what pip installs; what Python imports is called probing
VERSION = "0.1.0"
COMMAND = "PROBING_COMMAND"  # the variable that says how programs were started, if not by python -m pipelines.…
IN_REPOSITORY = "python -m pipelines."
INSTALLED = Path(__file__).parent / "programs"  # the programs of an installed package; not there in the repository
OPTIONS = (INSTALLED if INSTALLED.is_dir() else Path(__file__).parents[1]) / "conf"  # what the command line offers
# a package, or a launcher of Hydra: the extra of NAME that brings it
EXTRAS = {
    "datasets": "hub",
    "starlette": "explorer",
    "uvicorn": "explorer",
    "accelerate": "spread",
    "bitsandbytes": "int8",
    "networkx": "benchmark",
    "playwright": "benchmark",
    "joblib": "joblib",
    "ray": "ray",
    "submitit_slurm": "slurm",
    "submitit_local": "slurm",
}


def as_typed(text: str) -> str:
    """``text`` with its commands as they can be typed here.

    That is as this program was started (``probe run``); else, as in a notebook, ``probe run`` where the package is
    installed, and ``python -m pipelines.run`` in the repository.
    """
    command = os.environ.get(COMMAND) or ("probe" if INSTALLED.is_dir() else "")
    return text.replace(IN_REPOSITORY, f"{command} ") if command else text


def need(name: str) -> None:
    """Raise UnavailableError, with what to install, unless the package ``name`` of EXTRAS is there."""
    if find_spec(name) is None:
        raise UnavailableError(to_install(name))


def to_install(name: str) -> str:
    """What a message says where a package or launcher of EXTRAS is missing.

    >>> to_install("datasets")
    "datasets is not installed; type: pip install 'layer-probing[hub]'"
    """
    return f"{name} is not installed; type: pip install '{NAME}[{EXTRAS[name]}]'"
