"""A benchmark of a tiny model on a few generated sentences."""

from collections.abc import Callable

import pytest
from omegaconf import OmegaConf

from pipelines.benchmark import Settings
from pipelines.benchmarking.bench import Bench, BenchmarkParts
from probing.data.grammar import Grammar
from probing.model.checkpoint import Model, resolve
from probing.probe.linear import Linear
from probing.store.key import Store
from probing.task.trees import Depth
from probing.task.words import WordTask


@pytest.fixture
def bench_of(tiny, tmp_path) -> Callable[..., Bench]:
    """bench_of("pos"): the benchmark of a task, with two repetitions."""

    def build(task: str = "pos") -> Bench:
        parts = BenchmarkParts(
            settings=Settings(device="cpu"),
            model=Model(checkpoint=str(tiny)),
            config=OmegaConf.create({}),
            data=Grammar(train=200, dev=20, test=20),
            store=Store(str(tmp_path / "store")),
            task=Depth("depth") if task == "depth" else WordTask("pos", column="upos"),
            probe=Linear("linear", [1e-3, 1e-1]),
        )
        return Bench(parts, resolve(parts.model), parts.data.load(), repeats=2, layer=1, sentences=5)

    return build


@pytest.fixture
def bench(bench_of) -> Bench:
    """The benchmark of parts of speech."""
    return bench_of()
