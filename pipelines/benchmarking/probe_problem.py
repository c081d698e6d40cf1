"""The problems that one layer gives to the linear probe, as the benchmark's solvers get them."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipelines.benchmarking.bench import Bench
from pipelines.shared.machine import probe_device
from probing.axes import SPLITS, Labels, Split, no_progress
from probing.errors import ConfigError
from probing.probe.fit import standardise
from probing.probe.linear import Linear
from probing.rng import generator
from probing.store.key import key, key_parts
from probing.store.layout import StoreFile
from probing.store.vectors import Vectors
from probing.store.write import ensure
from probing.task.labels import with_product

if TYPE_CHECKING:
    from probing.model.encoder import Encoder
    from probing.model.subwords import Subwords


@dataclass(frozen=True, eq=False)
class ProbeProblem:
    """Standardised training vectors (N, D), labels (T, N) of the task and its control, and the strengths of l2."""

    features: NDArray[np.float32]
    labels: NDArray[np.int64]
    n_classes: int
    l2: list[float]


def probe_problem(bench: Bench) -> ProbeProblem:
    """The problems of layer ``bench.layer``, from the store; extraction is not part of what is timed.

    Raises ConfigError for a task without classes, DataError for a corpus without its annotation.
    """
    task, corpus, probe = bench.parts.task, bench.corpus, bench.parts.probe
    labels = task.labels(corpus)
    if labels.kind != "class" or labels.level == "pair":
        raise ConfigError(f"task={task.name}: solvers are compared on classes; type task=pos, or another with classes")
    control = task.control(corpus, labels, generator(0, "control", task.name))
    with StoreFile(_stored(bench)) as store:
        position = str(store.provenance["cls_position"])
        vectors = Vectors(store, labels.level, task.vector, position, labels.places, with_product(task))
        every = _flat(labels, SPLITS)
        keep = vectors.available & (every >= 0)
        features = standardise(vectors.select(keep).layer(bench.layer), probe.standardise, vectors.bits)["train"]
    in_train = keep[: len(_flat(labels, ("train",)))]
    targets = np.stack([_flat(found, ("train",))[in_train] for found in (labels, control)])
    return ProbeProblem(features, targets, len(labels.classes), sorted(probe.l2, reverse=True))


def _flat(labels: Labels, splits: Sequence[Split]) -> NDArray[np.int64]:
    """All labels of ``splits`` in the order of the vectors, (N,)."""
    return np.concatenate([np.ravel(values) for split in splits for values in labels.values[split]])


def _stored(bench: Bench) -> Path:
    corpus, store, name = bench.corpus, bench.parts.store, f"{bench.checkpoint.name}-{bench.corpus.name}"
    parts = key_parts(store, bench.parts.model, bench.checkpoint, corpus)
    described = {"key": key(parts), **parts, "model": bench.checkpoint.name, "data": corpus.name}

    def load() -> tuple["Encoder", "Subwords"]:
        return bench.encoder, bench.encoder.tokenize_corpus(corpus)

    return ensure(store, name, described, corpus, load, no_progress)


def own_fit(problem: ProbeProblem, probe: Linear, device: str) -> tuple[float, NDArray[np.float64]]:
    """Seconds that our solver takes, and its objective (nats) for every target and strength, (T, R)."""
    import torch

    from probing.probe import logistic

    where = probe_device(device)
    features, labels = torch.from_numpy(problem.features).to(where), torch.from_numpy(problem.labels).to(where)
    began = time.perf_counter()
    solution = logistic.solve(
        features, labels, problem.l2, problem.n_classes, probe.tolerance, probe.max_iterations
    ).weights.cpu()
    seconds = time.perf_counter() - began
    weights = solution.double().numpy()  # (T, R, C, D + 1)
    return seconds, np.array([[objective(problem, t, r, w) for r, w in enumerate(ws)] for t, ws in enumerate(weights)])


def objective(problem: ProbeProblem, target: int, strength: int, weights: NDArray[np.float64]) -> float:
    """Mean cross-entropy (nats) + l2/2 |W|^2 in float64, computed alike for all solvers; weights (C, D + 1)."""
    labels, total = problem.labels[target], 0.0
    for begin in range(0, len(labels), 16384):
        rows = slice(begin, begin + 16384)
        logits = problem.features[rows].astype(np.float64) @ weights[:, :-1].T + weights[:, -1]
        log_p = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
        total -= log_p[np.arange(len(log_p)), labels[rows]].sum()
    return float(total / len(labels) + problem.l2[strength] / 2 * (weights[:, :-1] ** 2).sum())
