"""Vectors that are numbers: what is said of a model that gives others."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from probing.errors import ModelError
from probing.model.subwords import Subwords

if TYPE_CHECKING:
    from probing.model.encoder import Encoder


def require_finite(
    encoder: "Encoder", layer: int, found: NDArray[np.float32], rows: NDArray[np.int64], batch: Subwords
) -> None:
    """Raise ModelError, naming the layer and a sentence, unless all vectors ``found`` (rows, D) are finite.

    rows: which subwords of ``batch`` they are of.
    """
    finite = np.isfinite(found).all(axis=1)
    if finite.all():
        return
    sentence = int(np.searchsorted(batch.offsets, rows[~finite][0], side="right")) - 1
    text = encoder.tokenizer.decode(batch.part(sentence, sentence + 1).ids.tolist())
    raise ModelError(
        f"{encoder.checkpoint.name}: layer {layer} is not finite (NaN or infinity) for the sentence {text!r}; "
        "the weights may be damaged, or the model too large for model.precision=bfloat16"
    )
