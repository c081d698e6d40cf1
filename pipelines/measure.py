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

from pipelines import stages
from pipelines.config import Experiment
from pipelines.machine import probe_device
from pipelines.provenance import Notes
from probing.axes import Corpus, no_progress
from probing.data.grammar import Grammar
from probing.model.batches import plan
from probing.model.checkpoint import Model, resolve
from probing.probe.fit import TASK, standardise
from probing.store.key import Store, key, key_parts
from probing.store.layout import StoreFile
from probing.store.write import ensure, reorder


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

    from probing.model.measure import hidden_states

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


def own_fit(problem: ProbeProblem, experiment: Experiment) -> NDArray[np.float64]:
    """Our objective (nats) of every target and strength."""
    import torch

    from probing.probe import logistic

    device = probe_device(experiment.settings.device)
    probe = experiment.config.probe
    return logistic.solve(
        torch.from_numpy(problem.features).to(device),
        torch.from_numpy(problem.labels).to(device),
        torch.tensor(problem.l2, device=device),
        problem.n_classes,
        probe.tolerance,
        probe.max_iterations,
    ).objective


def sklearn_fit(problem: ProbeProblem) -> tuple[float, NDArray[np.float64]]:
    """Seconds that scikit-learn takes, one target at a time along the grid, and its objectives (nats)."""
    from sklearn.linear_model import LogisticRegression

    n, seconds, objectives = len(problem.features), 0.0, []
    for labels in problem.labels:
        model = LogisticRegression(warm_start=True, max_iter=10_000)
        for strength in problem.l2:
            began = time.perf_counter()
            model.set_params(C=1 / (n * strength)).fit(problem.features, labels)
            seconds += time.perf_counter() - began
            log_p = model.predict_log_proba(problem.features)[np.arange(n), np.searchsorted(model.classes_, labels)]
            objectives.append(-log_p.mean(dtype=np.float64) + strength / 2 * float((model.coef_**2).sum()))
    return seconds, np.array(objectives)


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
