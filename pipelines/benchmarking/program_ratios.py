"""How long the programs take if there is nothing to compute."""

import tempfile
import time

from pipelines.benchmarking.bench import Bench, Ratio, in_turn, python


def rerun_over_import(bench: Bench) -> Ratio:
    """A run that is already done / import torch, transformers."""
    with tempfile.TemporaryDirectory() as outputs:
        command = ("-m", "pipelines.run", *bench.run, "data.max_sentences=300", f"outputs={outputs}")
        python(*command)  # makes the run
        libraries = ("-c", "import torch, transformers")
        return in_turn(
            lambda: _seconds(*command),
            lambda: _seconds(*libraries),
            bench.repeats,
            "python -c 'import torch, transformers'",
        )


def help_seconds(bench: Bench) -> Ratio:
    """Seconds of python -m pipelines.run --help."""
    return Ratio([_seconds("-m", "pipelines.run", "--help") for _ in range(bench.repeats)], "one second")


def _seconds(*arguments: str) -> float:
    began = time.perf_counter()
    python(*arguments)
    return time.perf_counter() - began
