"""What a probe predicts for the sentences on which it was trained, where that is scored."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probing.axes import Split
from probing.probe.fit import Fit, Target


def on_scored(
    fit: Fit, features: Mapping[Split, NDArray[np.float32]], target: Target
) -> Mapping[Split, Sequence[NDArray[Any]]]:
    """The predictions of ``fit``, with those of every split that ``target`` is scored on: from its weights (C, D + 1).

    ``features`` are the standardised vectors (N, D) per split. A fit without weights must have predicted them itself.
    """
    missing = [split for split in target.scored if split not in fit.predicted]
    if not missing or fit.weights is None:
        return fit.predicted
    flat = {split: features[split] @ fit.weights[:, :-1].T + fit.weights[:, -1] for split in missing}
    found = {split: x.argmax(axis=1) if target.kind == "class" else x[:, 0] for split, x in flat.items()}
    return {**fit.predicted, **target.by_sentence(found)}
