"""Attention maps of whole sentences, one padded batch at a time, so that memory does not grow with the corpus."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from probing.errors import ModelError
from probing.model.batches import batch_of
from probing.model.encoder import Encoder
from probing.model.map_facts import MapFacts
from probing.model.network_pass import run
from probing.model.subwords import Subwords, linked

if TYPE_CHECKING:
    import torch

T = TypeVar("T")
SPECIAL = -1  # what ``words`` says of a subword that belongs to no word
_BUDGET = 2048  # padded subwords per forward pass


@dataclass(frozen=True, eq=False)
class Maps:
    """Attention inside every block that has it for B sentences, padded on the right to T subwords.

    attention: per layer a tensor (B, H, T, T), rows are queries, columns keys. A query's row is a distribution over the
    sentence's own subwords; in a layer with a sink it sums to less than 1, and the sink has the rest. Padding as a key
    gets 0; rows of padding mean nothing. facts: which blocks the layers are, and which have a sink; None: blocks 1 to
    L, no sink.
    sentences (B,): which sentences these are. ids, words (B, T): the tokenizer's ids, and which word of its sentence
    a subword belongs to (SPECIAL, batches.PADDING: none). lengths (B,): subwords of each sentence, special ones
    included. last_words (B, T): as in Subwords.
    """

    attention: "tuple[torch.Tensor, ...]"
    sentences: NDArray[np.int64]
    ids: NDArray[np.int64]
    words: NDArray[np.int64]
    lengths: NDArray[np.int64]
    facts: MapFacts | None = None
    last_words: NDArray[np.int64] | None = None

    @property
    def of(self) -> MapFacts:
        """``facts``, also where none were given."""
        return self.facts or MapFacts.of_all(len(self.attention), self.attention[0].shape[1])

    @cached_property
    def units(self) -> NDArray[np.int64]:
        """``words`` with the first word of each unit (``linked``): words that share subwords are one, (B, T)."""
        if self.last_words is None:
            return self.words
        return np.stack([linked(*both) for both in zip(self.words, self.last_words, strict=True)])

    def alone(self, n_words: int) -> NDArray[np.bool_]:
        """Which words have subwords and share none, (B, n_words): only those can be told apart by attention."""
        found = (self.words[:, :, None] == np.arange(n_words)).any(axis=1)
        if self.last_words is not None:
            shared = (self.last_words > self.words)[:, :, None]
            inside = (self.words[:, :, None] <= np.arange(n_words)) & (
                np.arange(n_words) <= self.last_words[:, :, None]
            )
            found &= ~(shared & inside).any(axis=1)
        return np.asarray(found)

    def each(self) -> "Iterator[tuple[int, NDArray[np.float32], NDArray[np.int64], NDArray[np.int64]]]":
        """Sentence by sentence, without padding: its number, maps (L, H, S, S), ids (S,) and units (S,)."""
        import torch

        for row, (sentence, n) in enumerate(zip(self.sentences, self.lengths, strict=True)):
            maps = torch.stack([layer[row, :, :n, :n] for layer in self.attention]).float().cpu().numpy()
            yield int(sentence), maps, self.ids[row, :n], self.units[row, :n]


def sink_mass(weights: "torch.Tensor", real: "torch.Tensor") -> "torch.Tensor":
    """What the queries of a layer with a sink give to no subword: weights (B, H, T, T) -> (B, H, T).

    real: which queries are no padding, in a shape that broadcasts to (B, H, T).
    """
    return (1 - weights.sum(-1)).clamp_min(0) * real


def usable(encoder: Encoder, subwords: Subwords) -> NDArray[np.bool_]:
    """Which sentences fit into one input and have a word: maps of split sentences would not be of one sentence."""
    lengths = np.diff(subwords.offsets)
    return (subwords.n_words > 0) & (lengths > 0) & (lengths <= (encoder.window or np.inf))


def none_fits(encoder: Encoder, split: str, n_sentences: int) -> ModelError:
    """The error of a split without a sentence that ``usable`` accepts."""
    return ModelError(
        f"none of the {n_sentences:,} sentences of {split} fits whole into one input (at most {encoder.window} "
        "subwords); choose a corpus with shorter sentences, raise model.max_subwords, or leave out the analyses of "
        "attention"
    )


def maps(
    encoder: Encoder, subwords: Subwords, chosen: "NDArray[np.int64] | Sequence[int] | None" = None
) -> Iterator[Maps]:
    """Maps of the chosen sentences (None: all that are usable), longest first.

    ``encoder`` must give maps (``load(..., maps=True)`` or ``step_by_step``). Raises: ModelError if the network
    gives no maps, a map that is not finite, or memory runs out on a single sentence.
    """
    return each_map(encoder, subwords, lambda found: found, chosen)


def each_map(
    encoder: Encoder,
    subwords: Subwords,
    run: Callable[[Maps], T],
    chosen: "NDArray[np.int64] | Sequence[int] | None" = None,
) -> Iterator[T]:
    """What ``run`` returns for the batches of ``maps``; where memory runs out, in it or in ``run``, for their halves.

    ``run`` may be called again for the same sentences: it must return what it found and add to nothing.
    """
    fitting = np.flatnonzero(usable(encoder, subwords))
    wanted = fitting if chosen is None else np.intersect1d(fitting, np.asarray(chosen, dtype=np.int64))
    lengths = np.diff(subwords.offsets)[wanted]
    for some in encoder.plan(lengths, _BUDGET):
        yield from encoder.memory.halving(
            wanted[some], lengths[some], lambda sentences: run(_forward(encoder, subwords, sentences))
        )


def _forward(encoder: Encoder, subwords: Subwords, sentences: NDArray[np.int64]) -> Maps:
    import torch

    batch = batch_of(subwords, sentences, encoder.pad)
    mask = torch.from_numpy(batch.real.astype(np.int64)).to(encoder.device)
    with torch.inference_mode():
        inputs = {"input_ids": torch.from_numpy(batch.ids).to(encoder.device), "attention_mask": mask}
        output = run(encoder.network, inputs, output_attentions=True)
    found = _checked(encoder, output, batch.ids.shape)
    # what is not finite in a lower layer reaches the last
    if not bool(found[-1].transpose(1, 2)[mask > 0].isfinite().all()):
        raise ModelError(
            f"{encoder.checkpoint.name}: attention is not finite; the weights may be damaged, or numbers too large "
            "for model.precision=float16"
        )
    counts = batch.real.sum(axis=1)
    return Maps(found, batch.sentences, batch.ids, batch.words, counts, encoder.map_facts, batch.last_words)


def _checked(encoder: Encoder, output: object, shape: tuple[int, int]) -> "tuple[torch.Tensor, ...]":
    found = [layer for layer in getattr(output, "attentions", None) or () if layer is not None]
    wanted = (shape[0], shape[1], shape[1])
    if len(found) != len(encoder.map_facts.layers) or any((len(m), *m.shape[2:]) != wanted for m in found):
        raise ModelError(
            f"{encoder.checkpoint.name}: its maps differ in number or shape from those of a short input; type "
            "attention=none, or load the model with maps=True"
        )
    return tuple(found)
