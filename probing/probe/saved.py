"""Trained linear probes in a file, to predict from any vector without the corpus that they were trained on.

probes.safetensors holds the probes of one run for its task (not for its controls): per probed layer two float32
tensors that apply to vectors as the model gives them. The standardisation of the training vectors is included in them.

=======================  ===============  ==========================================================================
weights/<layer>          (C, D) or (D,)   classes: logits = x @ weights.T + intercept, x (N, D)
intercept/<layer>        (C,) or ()       numbers: x @ weights + intercept
=======================  ===============  ==========================================================================

Metadata, all strings: ``format``, ``version``, ``task`` (its name in the rows), ``level`` (word, sentence), ``kind``
(class, scalar), ``vector`` (mean, first, last, cls) and ``cls_position`` (first, last, none), which say how subwords
are pooled, ``classes`` and ``layers`` (JSON), ``checkpoint`` (its revision) and ``run_id``.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from probing.errors import DataError, shown
from probing.probe.fit import TASK, Fit

Float32 = NDArray[np.float32]
FILE, FORMAT, VERSION = "probes.safetensors", "probing-probes", "1"
VECTORS = {"word": ("mean", "first", "last"), "sentence": ("mean", "first", "last", "cls", "all")}


@dataclass(frozen=True, eq=False)
class Saved:
    """The probes of one run. Per layer: ``weights`` (C, D) for classes, (D,) for numbers; ``intercepts`` (C,) or ()."""

    task: str
    level: str
    kind: str
    vector: str
    cls_position: str
    classes: tuple[str, ...]
    checkpoint: str
    run_id: str
    weights: Mapping[int, Float32]
    intercepts: Mapping[int, Float32]

    @property
    def layers(self) -> tuple[int, ...]:
        """The probed layers, in ascending order."""
        return tuple(sorted(self.weights))

    def read(self, layer: int, vectors: Float32) -> Float32:
        """Logits (N, C), or numbers (N,), predicted from raw pooled vectors (N, D) of ``layer``."""
        # in float64: where a feature's mean is far larger than its deviation, product and intercept nearly cancel
        return np.asarray(vectors @ self.weights[layer].T.astype(np.float64) + self.intercepts[layer], np.float32)


def fold(weights: Float32, mean: Float32, deviation: Float32) -> tuple[Float32, Float32]:
    """From standardised to raw vectors: weights (C, D + 1), intercept last -> weights (C, D), intercepts (C,)."""
    raw = weights[:, :-1] / deviation
    # Use the weights as rounded to float32: then their rounding is multiplied by deviations, not by large means.
    intercepts = weights[:, -1] - raw.astype(np.float64) @ mean
    return raw, intercepts.astype(np.float32)


def folded(fits: Sequence[Fit], kind: str) -> tuple[dict[int, Float32], dict[int, Float32]]:
    """Weights and intercepts of the task's linear probes per layer, in the shapes of Saved; empty if there are none."""
    weights, intercepts = {}, {}
    for fit in fits:
        if fit.target == TASK and fit.weights is not None and fit.scale is not None:
            w, b = fold(fit.weights, *fit.scale)
            weights[fit.layer], intercepts[fit.layer] = (w, b) if kind == "class" else (w[0], b.reshape(()))
    return weights, intercepts


def to_bytes(saved: Saved) -> bytes:
    """The content of the file. Equal probes may differ in bytes, because safetensors does not order its metadata."""
    from safetensors.numpy import save

    tensors = {f"weights/{layer}": np.array(saved.weights[layer], np.float32) for layer in saved.layers}
    tensors |= {f"intercept/{layer}": np.array(saved.intercepts[layer], np.float32) for layer in saved.layers}
    texts = {name: getattr(saved, name) for name in ("task", "level", "kind", "vector", "cls_position", "run_id")}
    lists = {"classes": json.dumps(saved.classes), "layers": json.dumps(saved.layers)}
    return save(tensors, {"format": FORMAT, "version": VERSION, "checkpoint": saved.checkpoint, **texts, **lists})


def from_file(path: Path) -> Saved:
    """Read what ``to_bytes`` made. Raises DataError, with the file's name, if it is missing, damaged or foreign."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="np") as file:
            about = file.metadata() or {}
            if (about.get("format"), about.get("version")) != (FORMAT, VERSION):
                raise DataError(f"{path} is no {FORMAT} file of version {VERSION}; delete its folder and run again")
            layers = json.loads(about["layers"])
            weights, intercepts = (
                {int(layer): file.get_tensor(f"{name}/{layer}") for layer in layers}
                for name in ("weights", "intercept")
            )
            names = ("task", "level", "kind", "vector", "cls_position", "checkpoint", "run_id")
            texts = {name: about[name] for name in names}
            saved = Saved(**texts, classes=tuple(json.loads(about["classes"])), weights=weights, intercepts=intercepts)
    except DataError:
        raise
    except (SafetensorError, OSError, KeyError, ValueError, TypeError, ArithmeticError, RecursionError) as error:
        raise DataError(f"{path} cannot be read ({shown(error)}); delete its folder and run again") from error
    _check(saved, path)
    return saved


def _check(saved: Saved, path: Path) -> None:
    """Raise DataError unless tensors and metadata agree: otherwise predictions would be wrong without notice."""
    known = saved.kind in ("class", "scalar") and saved.vector in VECTORS.get(saved.level, ())
    n_classes = (len(saved.classes),) if saved.kind == "class" else ()
    width = {w.shape[-1] for w in saved.weights.values() if w.ndim}
    flat = all(isinstance(name, str) for name in saved.classes)
    arrays = [*saved.weights.values(), *saved.intercepts.values()]
    exact = all(array.dtype == np.float32 for array in arrays)
    fits = all(
        (w.shape, b.shape) == ((*n_classes, *width), n_classes) and np.isfinite(w).all() and np.isfinite(b).all()
        for w, b in zip(saved.weights.values(), saved.intercepts.values(), strict=True)
    )
    if not (
        known
        and flat
        and exact
        and fits
        and min(saved.weights, default=-1) >= 0
        and saved.cls_position in ("first", "last", "none")
    ):
        raise DataError(f"{path}: its weights do not fit its metadata; delete its folder and run again")
