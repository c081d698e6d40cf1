"""How long the programs take where they have nothing to compute."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence

from pipelines.benchmarking.bench import Bench, Ratio, in_turn
from pipelines.shared.options import CONF


def rerun_over_import(bench: Bench) -> Ratio:
    """A run that is already done / import torch, transformers."""
    with tempfile.TemporaryDirectory() as outputs:
        small = ["data.max_sentences=300", f"outputs={outputs}"]
        command = [sys.executable, "-m", "pipelines.run", *bench.run, *small]
        _seconds(command)  # makes the run
        return in_turn(
            lambda: _seconds(command),
            lambda: _seconds([sys.executable, "-c", "import torch, transformers"]),
            bench.repeats,
            "python -c 'import torch, transformers'",
        )


def help_seconds(bench: Bench) -> Ratio:
    """Seconds of python -m pipelines.run --help."""
    command = [sys.executable, "-m", "pipelines.run", "--help"]
    return Ratio([_seconds(command) for _ in range(bench.repeats)], "one second")


def _seconds(command: Sequence[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, cwd=CONF.parent)
    return time.perf_counter() - began
