"""Versions of the code and of the libraries that a number may depend on."""

import subprocess
from importlib.metadata import version
from pathlib import Path

LIBRARIES = ("torch", "transformers", "tokenizers", "numpy", "scipy", "scikit-learn", "h5py", "pandas", "hydra-core")


def versions() -> dict[str, str]:
    """The version of each of LIBRARIES."""
    return {name: version(name) for name in LIBRARIES}


def code_version(root: Path) -> str:
    """The commit of ``root``, with ``+changes`` if the working tree differs from it; ``unknown`` outside of git."""

    def git(*arguments: str) -> str:
        done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True, check=True)
        return done.stdout.strip()

    try:
        return git("rev-parse", "HEAD") + ("+changes" if git("status", "--porcelain", "-uno") else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
