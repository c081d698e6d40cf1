"""How long the programs take: a whole run, a run that is already done, and the help."""

import resource
import tempfile
import time
from collections.abc import Callable

from pipelines.benchmarking.bench import Bench, Ratio, in_turn, python
from pipelines.benchmarking.extraction_ratios import forward, whole
from probing.axes import Corpus


def run_over_forward(bench: Bench) -> Ratio:
    """A cold run with control, rollout and page / bare forward passes over the corpus, once.

    Beside it the same ratio of processor time, which other programs on the machine change less.
    """
    every = tuple(sentence for split in bench.corpus.splits.values() for sentence in split)
    corpus = whole(Corpus(bench.corpus.name, {"train": (), "dev": every, "test": ()}), bench.encoder)
    with tempfile.TemporaryDirectory() as outputs:
        command = ("-m", "pipelines.run", *bench.run, "attention=rollout", f"outputs={outputs}")
        run = _both(lambda: python(*command, f"store.folder={outputs}/store"), resource.RUSAGE_CHILDREN)
    bare = _both(lambda: forward(corpus, bench.encoder, bench.parts.store.batch_subwords), resource.RUSAGE_SELF)
    reference = f"bare forward passes over the same batches, {len(corpus.splits['dev']):,} sentences of {corpus.name}"
    processor = Ratio([run[1] / bare[1]], f"processor time of the {reference}")
    details = {"run_seconds": run, "forward_seconds": bare}  # wall time and processor time
    return Ratio([run[0] / bare[0]], reference, beside={"run_over_forward_cpu": processor}, details=details)


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


def _both(action: Callable[[], object], who: int) -> tuple[float, float]:
    """Seconds of wall time and of processor time, of this process or of those that it started."""
    began, before = time.perf_counter(), resource.getrusage(who)
    action()
    after = resource.getrusage(who)
    processor = (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)  # nothing run: exactly 0
    return time.perf_counter() - began, processor
