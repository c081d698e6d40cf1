"""What the benchmark times: the real thing and its reference, on the same data."""

import resource
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.running import stages
from pipelines.running.config import Experiment
from pipelines.running.provenance import Notes
from pipelines.shared.machine import probe_device
from probing.axes import Corpus, no_progress
from probing.data.grammar import Grammar
from probing.model.batches import plan
from probing.model.checkpoint import Model, resolve
from probing.model.subwords import reorder
from probing.probe.fit import TASK, standardise
from probing.store.key import Store, key, key_parts
from probing.store.layout import StoreFile
from probing.store.write import ensure


def only_dev(corpus: Corpus, sentences: int | None = None) -> Corpus:
    """The dev split, or its first ``sentences``, alone."""
    return Corpus(f"{corpus.name} dev", {"train": (), "dev": corpus.splits["dev"][:sentences], "test": ()})


def extraction(experiment: Experiment, corpus: Corpus, encoder: Any) -> float:
    """Seconds from text to a complete store file."""
    with tempfile.TemporaryDirectory() as folder:
        store = replace(experiment.store, folder=folder)
        began = time.perf_counter()
        ensure(store, "benchmark", {"key": "benchmark"}, corpus, lambda: encoder, no_progress)
        return time.perf_counter() - began


def forward(experiment: Experiment, corpus: Corpus, encoder: Any) -> float:
    """Seconds of forward passes over the batches of extraction; inputs are ready, outputs are dropped."""
    import torch

    from probing.model.network_facts import hidden_states

    subwords = encoder.tokenize([s.words for s in corpus.splits["dev"]])
    batches = plan(np.diff(subwords.offsets), experiment.store.batch_subwords)
    inputs = [_padded(reorder(subwords, batch)) for batch in batches]
    began = time.perf_counter()
    for ids, mask in inputs:
        hidden_states(encoder.network, ids.to(encoder.device), mask.to(encoder.device))
    if encoder.device == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - began


def _padded(subwords: Any) -> Any:
    import torch

    rows = [torch.from_numpy(r).long() for r in np.split(subwords.ids, subwords.offsets[1:-1])]
    mask = [torch.ones_like(r) for r in rows]
    pad: Callable[..., Any] = torch.nn.utils.rnn.pad_sequence
    return pad(rows, batch_first=True), pad(mask, batch_first=True)


def one_by_one(corpus: Corpus, encoder: Any) -> float:
    """Seconds of forward passes with one sentence each."""
    began = time.perf_counter()
    for sentence in corpus.splits["dev"]:
        encoder.hidden(encoder.tokenize([sentence.words]))
    return time.perf_counter() - began


@dataclass(frozen=True)
class ProbeProblem:
    """Standardised training vectors (N, D), labels (T, N) of the task and its control, and the grid."""

    features: NDArray[np.float32]
    labels: NDArray[np.int64]
    n_classes: int
    l2: list[float]


def probe_problem(experiment: Experiment, corpus: Corpus, encoder: Any, layer: int) -> ProbeProblem:
    """The problems that one layer poses, from the store; extraction is not part of what is timed."""
    checkpoint = resolve(experiment.model)
    store = stages.extract(experiment, experiment.model, checkpoint, corpus, {}, no_progress)
    labels = experiment.task.labels(corpus)
    items = stages.pair_up(experiment, corpus, labels, store, Notes())
    features = standardise(items.vectors.layer(layer), True)["train"]
    targets = np.stack([t.flat("train") for t in items.targets.values()])
    l2 = sorted(experiment.config.probe.l2, reverse=True)
    return ProbeProblem(features, targets, items.targets[TASK].n_classes, l2)


def own_fit(problem: ProbeProblem, experiment: Experiment) -> tuple[float, NDArray[np.float64]]:
    """Seconds that the solver takes, and its objective (nats) for every target and strength, (T, R)."""
    import torch

    from probing.probe import logistic

    device = probe_device(experiment.settings.device)
    features, labels = torch.from_numpy(problem.features).to(device), torch.from_numpy(problem.labels).to(device)
    probe = experiment.config.probe
    began = time.perf_counter()
    found = logistic.solve(
        features, labels, problem.l2, problem.n_classes, probe.tolerance, probe.max_iterations
    ).weights.cpu()
    seconds = time.perf_counter() - began
    weights = found.double().numpy()
    return seconds, np.array([[objective(problem, t, r, w) for r, w in enumerate(ws)] for t, ws in enumerate(weights)])


def sklearn_fit(problem: ProbeProblem) -> tuple[float, NDArray[np.float64]]:
    """Seconds that scikit-learn takes, one target at a time along the grid, and its objectives (nats), (T, R)."""
    from sklearn.linear_model import LogisticRegression

    n, seconds = len(problem.features), 0.0
    found = np.zeros((len(problem.labels), len(problem.l2)))
    for t, labels in enumerate(problem.labels):
        model = LogisticRegression(warm_start=True, max_iter=10_000)
        for r, strength in enumerate(problem.l2):
            began = time.perf_counter()
            model.set_params(C=1 / (n * strength)).fit(problem.features, labels)
            seconds += time.perf_counter() - began
            found[t, r] = objective(problem, t, r, np.column_stack([model.coef_, model.intercept_]).astype(np.float64))
    return seconds, found


def objective(problem: ProbeProblem, target: int, strength: int, weights: NDArray[np.float64]) -> float:
    """Mean cross-entropy (nats) + l2/2 |W|^2 in float64, computed alike for both sides; weights (C, D + 1)."""
    labels, total = problem.labels[target], 0.0
    for begin in range(0, len(labels), 16384):
        rows = slice(begin, begin + 16384)
        logits = problem.features[rows].astype(np.float64) @ weights[:, :-1].T + weights[:, -1]
        log_p = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
        total -= log_p[np.arange(len(log_p)), labels[rows]].sum()
    return float(total / len(labels) + problem.l2[strength] / 2 * (weights[:, :-1] ** 2).sum())


def peak(sentences: int, times: int, model: Model) -> None:
    """Write this process's peak resident memory (bytes) after extracting ``times`` x ``sentences`` sentences."""
    from probing.model import encoder

    corpus = Grammar("grammar", dev=sentences * times).load()
    checkpoint = resolve(model)
    with tempfile.TemporaryDirectory() as folder:
        store = Store(folder)
        parts = key_parts(store, model, checkpoint, corpus)
        path = ensure(
            store, "peak", {"key": key(parts)}, only_dev(corpus), lambda: encoder.load(model, checkpoint), no_progress
        )
        StoreFile(Path(path))
    sys.stdout.write(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}\n")
