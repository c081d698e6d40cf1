"""Vectors that are numbers: what is said of a model that gives others."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from probing.errors import ModelError
from probing.model.subwords import Subwords


def require_finite(
    found: NDArray[np.float32], rows: NDArray[np.int64], batch: Subwords, text: Callable[[Sequence[int]], str], of: str
) -> None:
    """Raise ModelError, naming a sentence, unless all vectors ``found`` (rows, D) are finite.

    rows: which subwords of ``batch`` they are of. text: of subwords, by their numbers. of: the model and its layer.
    """
    whole = np.isfinite(found).all(axis=1)
    if whole.all():
        return
    sentence = int(np.searchsorted(batch.offsets, rows[~whole][0], side="right")) - 1
    raise ModelError(
        f"{of} is not finite (NaN or infinity) for the sentence "
        f"{text(batch.part(sentence, sentence + 1).ids.tolist())!r}; the weights may be damaged, or numbers too large "
        "for model.precision=float16 (type bfloat16)"
    )
