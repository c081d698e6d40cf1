"""Versions of the code and of the libraries that a number may depend on."""

import os
import subprocess
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from probing.distribution import NAME, VERSION

LIBRARIES = ("torch", "transformers", "tokenizers", "numpy", "scipy", "scikit-learn", "h5py", "pandas", "hydra-core")
WANTED = ("--path-format=absolute", "--show-toplevel", "--git-path", "objects", "--git-path", "index", "HEAD")
IN_COMMIT = "HEAD:./"  # not there for a folder that lies inside of a repository without being part of it


def versions() -> dict[str, str]:
    """The version of this project and of each of LIBRARIES."""
    return {NAME: VERSION, **{name: version(name) for name in LIBRARIES}}


def code_version(root: Path) -> str:
    """The commit of ``root``, with ``+changes`` if its files differ from it; outside of git the name and version."""
    try:
        top, objects, index, commit, _ = _git(root, "rev-parse", *WANTED, IN_COMMIT).splitlines()
        with TemporaryDirectory() as empty:
            files = {"GIT_OBJECT_DIRECTORY": objects, "GIT_INDEX_FILE": index, "GIT_WORK_TREE": top}
            changes = _changes(root, commit, Path(empty), files)
    except (OSError, ValueError, subprocess.CalledProcessError):
        return f"{NAME} {VERSION}"  # of an installed package nothing else is known
    return commit + ("+changes" if changes else "")


def _changes(root: Path, commit: str, empty: Path, files: Mapping[str, str]) -> str:
    """What differs from ``commit``, by a repository in the folder ``empty`` that borrows the ``files`` of the real one.

    It has no configuration: that of ``root`` may name programs (core.fsmonitor, filters, hooks), and git would run
    them. A folder that was downloaded is read, never run.
    """
    (empty / "refs").mkdir()
    (empty / "HEAD").write_text(f"{commit}\n", encoding="utf-8")
    return _git(root, "status", "--porcelain", "-uno", "--ignore-submodules=dirty", GIT_DIR=str(empty), **files)


def _git(root: Path, *arguments: str, **repository: str) -> str:
    # a hook of git that starts a run has set variables that point to its own repository
    other = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment = {**other, "GIT_OPTIONAL_LOCKS": "0", **repository}
    command = ["git", "-C", str(root), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.strip()
