"""What a page shows: one input, its numbers from every layer, and what is known about its words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from probing.axes import Sentence, Split

Float32 = NDArray[np.float32]
Gold = Sequence[str | float | None]  # labels of one sentence: one per word, or a single one; None: no label
AUTO = "auto"  # of probes: those of the sentence's corpus; for free text the first corpus in an order without scores
VERSION = 1  # of the header and of how arrays are packed


@dataclass(frozen=True)
class CorpusSentence:
    """A sentence and where it is from. number: its position in the store: train first, then dev, then test."""

    corpus: str
    split: Split
    number: int
    sentence: Sentence

    @property
    def about(self) -> dict[str, object]:
        """What View.about says of it."""
        surface = self.sentence.surface
        text = " ".join(self.sentence.words) if surface is None else surface.text
        return {"text": text, "text_b": None, "corpus": self.corpus, "split": self.split, "id": self.sentence.id}

    @property
    def gold(self) -> dict[str, Sequence[str | int]]:
        """What View.gold says of it: the columns that it is annotated with."""
        return {name: found for name in ("upos", "heads", "deprel") if (found := getattr(self.sentence, name))}


@dataclass(frozen=True, eq=False)
class Tokens:
    """The subwords of one input, S of them, and its W words.

    labels (S): the tokenizer's own tokens, as ``legible`` writes them. special (S): whether the tokenizer added it
    (such as [CLS]). word (S,): position of its word in ``forms``, -1 for none. segment (S,): 0 for the first text, 1
    for the second; a special subword belongs to the text before it, the very first one to the first text. forms (W):
    the words of both texts in order; form_segment (W,): which text a word belongs to. Only for text as it is written:
    last_word (S,), the last word of a subword that belongs to several; written (W,), the characters of each word, at
    the first of words that share subwords those of all of them. vocabulary (S): the tokens exactly as the vocabulary
    spells them (``convert_ids_to_tokens``); empty: as the labels. surface (S): the characters of the text that each
    subword stands for, "" for one that stands for none; empty: not known.
    """

    labels: tuple[str, ...]
    special: tuple[bool, ...]
    word: NDArray[np.int64]
    segment: NDArray[np.int64]
    forms: tuple[str, ...]
    form_segment: NDArray[np.int64]
    last_word: NDArray[np.int64] | None = None
    written: tuple[str, ...] = ()
    vocabulary: tuple[str, ...] = ()
    surface: tuple[str, ...] = ()


@dataclass(frozen=True)
class Predicted:
    """What the probes of one run predict for this input, layer by layer.

    task: its name in the run's rows. level: word or sentence. kind: class or scalar. layers: the probed ones.
    predicted: per layer one value for each word (level word) or a single one (level sentence): class names or numbers.
    probability: of the predicted class, in the same shape; None for numbers. gold: in the same shape for one layer,
    None where unknown. run, data: the run's folder name and the corpus that it was trained on. score, low, high,
    control: per layer the run's score (``metric``) on its own test split, the interval, and the control task's score.
    classes: what the probes choose from; empty for numbers. other_data: training data of probes of the same task that
    are not shown. notes: what a reader must know about these probes.
    """

    task: str
    level: str
    kind: str
    layers: tuple[int, ...]
    predicted: Sequence[Sequence[str | float | None]]
    probability: Sequence[Sequence[float | None]] | None
    gold: Gold | None
    run: str
    data: str
    metric: str
    score: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    control: tuple[float, ...]
    classes: tuple[str, ...] = ()
    other_data: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class View:
    """One input as every view shows it; rows are queries, columns keys.

    layers (L,): the blocks whose attention is here, from 1; empty: 1 to L. attention (L, H, S, S); of cross-attention
    (L, H, n_queries, S - n_queries): the first n_queries subwords are queries, the others keys. norm (L, H, S, S):
    lengths of the weighted value vectors (Kobayashi et al., 2020). rollout, flow (L, S, S): from each layer down to the
    input. queries, keys (L, H, S, d), with rotary position where the model uses it; a score is ``scale`` times their
    product. A part that is None is missing for the reason in ``missing``, by its name. gold: upos, heads (1-based, 0
    root), deprel of the words, as far as the corpus has them. about: text, text_b, model, checkpoint, causal, adds
    (whether the model does more to q · k than scale and mask), corpus, split, id, part (encoder, decoder or
    cross-attention), n_blocks (of the model, where layers are only some of them) … notes: what was cut, substituted or
    skipped. removals: the effects of removing properties, as JSON values.
    """

    tokens: Tokens
    attention: Float32
    rollout: Float32 | None = None
    norm: Float32 | None = None
    flow: Float32 | None = None
    queries: Float32 | None = None
    keys: Float32 | None = None
    scale: float | None = None
    gold: Mapping[str, Sequence[str | int]] = field(default_factory=dict)
    probes: Sequence[Predicted] = ()
    missing: Mapping[str, str] = field(default_factory=dict)
    about: Mapping[str, object] = field(default_factory=dict)
    notes: Sequence[str] = ()
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    layers: tuple[int, ...] = ()
    n_queries: int | None = None
    removals: Sequence[Mapping[str, object]] = ()
