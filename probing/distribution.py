"""The name and the version under which this project is installed, and the packages that only some people need."""

from importlib.util import find_spec

from probing.errors import UnavailableError

NAME = "layer-probing"  # what pip installs; what Python imports is called probing
VERSION = "0.1.0"
COMMAND = "PROBING_COMMAND"  # the variable that says how programs were started, if not by python -m pipelines.…
# a package, or a launcher of Hydra: the extra of NAME that brings it
EXTRAS = {
    "datasets": "hub",
    "starlette": "explorer",
    "uvicorn": "explorer",
    "networkx": "benchmark",
    "playwright": "benchmark",
    "joblib": "joblib",
    "submitit_slurm": "slurm",
    "submitit_local": "slurm",
}


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
