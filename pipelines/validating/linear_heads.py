"""What reads the vectors: heads, trained well or too little, and the project's own probes."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax

from probing.axes import Split, no_progress
from probing.probe.fit import TASK, Setting, Target, apply, scale
from probing.probe.linear import Linear

STEPS, RATE, PENALTY = 500, 0.02, 0.01  # of Adam over all of train; the rate falls to 0; half the squared weights
FLOAT32_BITS = 24
Classes = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Head:
    """A linear head: weights (C, D + 1), the intercept last, for vectors standardised by mean and deviation (D,)."""

    weights: Floats
    mean: Floats
    deviation: Floats

    def classes(self, vectors: NDArray[np.float32]) -> Classes:
        """The class that it gives to each vector, (N, D) -> (N,)."""
        found: Classes = self.log_probabilities(vectors).argmax(axis=1)
        return found

    def log_probabilities(self, vectors: NDArray[np.float32]) -> Floats:
        """Of each class, in nats: (N, D) -> (N, C)."""
        found: Floats = log_softmax(standard(vectors, self.mean, self.deviation) @ self.weights.T, axis=1)
        return found


def standard(vectors: NDArray[np.float32], mean: Floats, deviation: Floats) -> Floats:
    """(N, D) -> (N, D + 1): standardised, and a 1 for the intercept."""
    scaled = (vectors.astype(np.float64) - mean) / deviation
    return np.column_stack([scaled, np.ones(len(scaled))])


def trained_head(
    vectors: NDArray[np.float32], labels: Classes, n_classes: int, rng: np.random.Generator, until: float = 1.1
) -> Head:
    """Softmax regression from random weights; it stops once more than the share ``until`` of train is right.

    The weights that it starts from are drawn until they are not right so often.
    """
    mean, deviation = vectors.mean(axis=0, dtype=np.float64), vectors.std(axis=0, dtype=np.float64)
    deviation[deviation == 0] = 1.0
    x, gold = standard(vectors, mean, deviation), np.eye(n_classes)[labels]
    weights = rng.normal(size=(n_classes, x.shape[1]))
    while ((x @ weights.T).argmax(axis=1) == labels).mean() > until:
        weights = rng.normal(size=weights.shape)
    first, second = np.zeros_like(weights), np.zeros_like(weights)
    for step in range(1, STEPS + 1):
        logits = x @ weights.T
        if (logits.argmax(axis=1) == labels).mean() > until:
            break
        shares = np.exp(logits - logits.max(axis=1, keepdims=True))
        slope = (shares / shares.sum(axis=1, keepdims=True) - gold).T @ x / len(x) + PENALTY * weights
        first, second = 0.9 * first + 0.1 * slope, 0.99 * second + 0.01 * slope**2
        size = RATE * (1 - step / STEPS)
        weights = weights - size * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.99**step)) + 1e-8)
    return Head(weights, mean, deviation)


def trained_probe(
    vectors: Mapping[Split, NDArray[np.float32]], labels: Mapping[Split, Classes], options: Linear
) -> Head:
    """The linear probe of one layer: fitted on train, its penalty chosen on dev.

    vectors (N, D) and labels (N,) of train and dev.
    """
    mean, deviation = scale(vectors["train"], options.standardise, FLOAT32_BITS)
    features = apply(vectors, mean, deviation)
    features["test"] = features["dev"][:0]  # the probe predicts it too
    values = {"train": [labels["train"]], "dev": [labels["dev"]], "test": [labels["dev"][:0]]}
    target = Target("sentence", "class", int(labels["train"].max()) + 1, values)
    [fit] = options.fit_layer(0, features, {TASK: target}, Setting(0, "cpu", no_progress))
    assert fit.weights is not None
    return Head(*(array.astype(np.float64) for array in (fit.weights, mean, deviation)))
