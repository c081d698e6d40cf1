"""The linear probe on a bag of words: how often each word type of train occurs in a sentence."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probing.axes import Split
from probing.probe.fit import SCORED, Target
from probing.probe.strengths import choose

STRENGTHS = (1e-2, 1e-3, 1e-4, 1e-5)  # of l2, as for the probes
MOST_STEPS = 1000


def bag_of_words(target: Target, forms: Mapping[str, Sequence[Sequence[str]]]) -> dict[Split, list[NDArray[Any]]]:
    """Predictions for dev and test: logistic regression for classes, ridge regression for numbers (scikit-learn).

    forms: the words of every sentence, per split; sentences without a label are left out. Word types that train does
    not have are not read. ``strengths.choose`` tells how the strength is chosen.
    """
    x = word_counts(target, forms)
    return target.by_sentence(_solved(target, x, lambda model, split: model.predict(x[split])))


def class_outputs(target: Target, x: Mapping[Split, Any]) -> dict[Split, NDArray[np.float64]]:
    """Log-probabilities of the classes of train for dev and test, (N, C), of logistic regression on ``x`` (N, K)."""

    def outputs(model: Any, split: Split) -> NDArray[np.float64]:
        found = np.full((x[split].shape[0], target.n_classes), -np.inf)
        found[:, model.classes_] = model.predict_log_proba(x[split])
        return found

    return _solved(target, x, outputs)


def word_counts(target: Target, forms: Mapping[str, Sequence[Sequence[str]]]) -> dict[Split, Any]:
    """How often each labelled sentence has each word type of train, sparse (N, K) per split."""
    has_label = {split: [bool(len(v)) for v in rows] for split, rows in target.values.items()}
    kept = {split: [f for f, known in zip(forms[split], has_label[split], strict=True) if known] for split in forms}
    number = {form: i for i, form in enumerate(sorted({form for sentence in kept["train"] for form in sentence}))}
    return {split: _counts(kept[split], number) for split in kept}


def _solved(
    target: Target, x: Mapping[Split, Any], read: Callable[[Any, Split], NDArray[Any]]
) -> dict[Split, NDArray[Any]]:
    """What ``read`` gives for dev and test of the model of the strength that is best on dev."""
    gold, n = {split: target.flat(split) for split in x}, x["train"].shape[0]
    model = _estimator(target)

    def solve(strength: float) -> tuple[float, dict[Split, NDArray[Any]]]:
        model.set_params(**({"C": 1 / (n * strength)} if target.kind == "class" else {"alpha": n * strength}))
        model.fit(x["train"], gold["train"])  # from the solution before
        return _loss(model, target, x["dev"], gold["dev"]), {split: read(model, split) for split in SCORED}

    return choose(STRENGTHS, solve).solved


def _counts(sentences: Sequence[Sequence[str]], number: Mapping[str, int]) -> Any:
    """How often each sentence has each known type, sparse (N, K)."""
    from scipy.sparse import csr_array

    cells = [Counter(number[form] for form in sentence if form in number) for sentence in sentences]
    ends = np.cumsum([0, *map(len, cells)])
    columns = np.array([column for cell in cells for column in sorted(cell)], dtype=np.int64)
    values = np.array([cell[column] for cell in cells for column in sorted(cell)], dtype=float)
    return csr_array((values, columns, ends), shape=(len(sentences), len(number)))


def _estimator(target: Target) -> Any:
    from sklearn.linear_model import LogisticRegression, Ridge

    if target.kind == "scalar":
        return Ridge(solver="sparse_cg")
    return LogisticRegression(warm_start=True, tol=1e-5, max_iter=MOST_STEPS)


def _loss(model: Any, target: Target, x: Any, gold: Any) -> float:
    """Mean squared error, or mean cross-entropy of the labels that train has."""
    if target.kind == "scalar":
        return float(((model.predict(x) - gold) ** 2).mean())
    place = np.searchsorted(model.classes_, gold)
    known = np.isin(gold, model.classes_)
    p = model.predict_proba(x)[known]
    of_gold = p[np.arange(len(p)), place[known]]
    return -float(np.log(np.maximum(of_gold, np.finfo(float).tiny)).mean()) if known.any() else 0.0  # p may round to 0
