"""What every ratio of the benchmark is measured on, and what a measurement returns."""

import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.shared.machine import device_of
from pipelines.shared.option_files import CONF
from pipelines.shared.options import Parts
from probing.axes import Corpus
from probing.errors import UnavailableError
from probing.model.checkpoint import Checkpoint
from probing.probe.linear import Linear
from probing.task.labels import Task

if TYPE_CHECKING:
    from probing.model.encoder import Encoder


@dataclass(frozen=True, kw_only=True)
class BenchmarkParts(Parts):
    """The parts of the benchmark: also a task with classes and the linear probe."""

    task: Task
    probe: Linear


@dataclass(frozen=True)
class Bench:
    """One model and one corpus; models are loaded when they are first used.

    repeats: of every timing. layer: the probed one. sentences: of dev, for what takes long. run: the overrides of
    ``python -m pipelines.run`` for the same model, corpus and task.
    """

    parts: BenchmarkParts
    checkpoint: Checkpoint
    corpus: Corpus
    repeats: int
    layer: int
    sentences: int
    run: tuple[str, ...] = ()

    @cached_property
    def device(self) -> str:
        """Where the model runs."""
        return device_of(self.parts.settings.device)

    @cached_property
    def encoder(self) -> "Encoder":
        """The model as extraction loads it."""
        from probing.model.encoder import load

        return load(self.parts.model, self.checkpoint, self.device)

    @cached_property
    def encoder_with_maps(self) -> "Encoder":
        """The model, loaded a second time so that it gives attention maps: the first one keeps its fused attention."""
        from probing.model.encoder import load

        return load(self.parts.model, self.checkpoint, self.device, maps=True)

    def dev(self, sentences: int | None = None) -> Corpus:
        """The dev split alone, or its first ``sentences``."""
        chosen = self.corpus.splits["dev"][:sentences]
        return Corpus(f"{self.corpus.name} dev", {"train": (), "dev": chosen, "test": ()})


@dataclass(frozen=True)
class Ratio:
    """What one measurement found: one value per repetition, and what it is compared with.

    beside: further ratios and times of the same measurement, by name. details: numbers that both are made of, as JSON.
    """

    values: Sequence[float]
    reference: str
    beside: Mapping[str, "Ratio"] = field(default_factory=dict)
    details: Mapping[str, object] = field(default_factory=dict)

    @property
    def spread(self) -> tuple[float, float, float]:
        """The median, the lowest and the highest value."""
        return statistics.median(self.values), min(self.values), max(self.values)

    def as_json(self) -> dict[str, object]:
        """Everything, as the benchmark writes it."""
        summary = dict(zip(("median", "low", "high"), self.spread, strict=True))
        beside = {name: ratio.as_json() for name, ratio in self.beside.items()}
        return {**summary, "repeats": len(self.values), "reference": self.reference, **beside, **self.details}


def in_turn(measured: Callable[[], float], reference: Callable[[], float], repeats: int, name: str) -> Ratio:
    """``repeats`` times the seconds of one over the seconds of the other; ``name`` says what the reference is."""
    measured(), reference()  # not counted: the first call of each finds cold caches
    # in turn, so that a machine that slows down slows both
    pairs = [(measured(), reference()) for _ in range(repeats)]
    details = {"seconds": [a for a, _ in pairs], "reference_seconds": [b for _, b in pairs]}
    return Ratio([a / b for a, b in pairs], name, details=details)


def python(*arguments: str) -> str:
    """What a Python process of its own prints. Raises UnavailableError if it fails."""
    # it starts where the programs are, and finds the user's own modules as this process does
    path = os.pathsep.join([str(Path.cwd()), *filter(None, [os.environ.get("PYTHONPATH")])])
    command = [sys.executable, *arguments]
    environment = {**os.environ, "PYTHONPATH": path}
    done = subprocess.run(command, capture_output=True, text=True, cwd=CONF.parent, env=environment)
    if done.returncode:
        reason = (done.stderr.strip() or f"exit code {done.returncode}").splitlines()[-1]
        raise UnavailableError(f"python {' '.join(arguments)} failed: {reason}")
    return done.stdout
