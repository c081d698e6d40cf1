"""What a page shows: one input, what every layer made of it, and what is known of its words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]
VERSION = 1  # of the header and of how arrays are packed


@dataclass(frozen=True)
class Tokens:
    """The subwords of one input, S of them, and its W words.

    labels (S): as shown, a piece that continues a word marked with ``##``. special (S): belongs to no text. word (S,):
    position of its word among ``forms``, -1 for none. segment (S,): 0 for the first text, 1 for the second, special
    subwords with the text that they follow (the first with what it opens). forms (W): the words of both texts in order;
    form_segment (W,): which text a word is of.
    """

    labels: tuple[str, ...]
    special: tuple[bool, ...]
    word: NDArray[np.int64]
    segment: NDArray[np.int64]
    forms: tuple[str, ...]
    form_segment: NDArray[np.int64]


@dataclass(frozen=True)
class Predicted:
    """What the probes of one run say of this input, layer by layer.

    predicted: per layer one value for each word (level word) or one in all (level sentence): class names or numbers.
    probability: of the predicted class, likewise; None for numbers. gold: likewise for one layer, None where unknown.
    score, low, high, control: per layer the run's score on its own test split with its interval, and its control's.
    classes: what the probes choose from; none for numbers.
    """

    task: str
    level: str
    kind: str
    layers: tuple[int, ...]
    predicted: Sequence[Sequence[str | float | None]]
    probability: Sequence[Sequence[float | None]] | None
    gold: Sequence[str | float | None] | None
    run: str
    data: str
    metric: str
    score: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    control: tuple[float, ...]
    classes: tuple[str, ...] = ()


@dataclass(frozen=True)
class View:
    """One input as every view shows it; attention layers 1 to L, rows are queries, columns keys.

    attention (L, H, S, S). norm (L, H, S, S): lengths of the weighted value vectors (Kobayashi et al., 2020). rollout,
    flow (L, S, S): from each layer down to the input. queries, keys (L, H, S, d), position included where the model
    turns it in; ``scale`` times their product is the score. What is None is absent for the reason in ``missing``, by
    name. gold: upos, heads (1-based, 0 root), deprel of the words, each possibly absent. about: text, text_b, model,
    checkpoint, causal, adds (to scores, terms of position say), corpus, split, id …; notes: what was cut, substituted
    or skipped.
    """

    tokens: Tokens
    attention: Float32
    rollout: Float32
    norm: Float32 | None = None
    flow: Float32 | None = None
    queries: Float32 | None = None
    keys: Float32 | None = None
    scale: float | None = None
    gold: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    probes: Sequence[Predicted] = ()
    missing: Mapping[str, str] = field(default_factory=dict)
    about: Mapping[str, Any] = field(default_factory=dict)
    notes: Sequence[str] = ()
    timings_ms: Mapping[str, float] = field(default_factory=dict)
