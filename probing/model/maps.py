"""Attention maps of whole sentences, a padded batch at a time: nothing is kept, so that any corpus can stream by."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from probing.errors import ModelError
from probing.model.batches import plan
from probing.model.encoder import MEMORY_MESSAGES, Encoder
from probing.model.subwords import Subwords

if TYPE_CHECKING:
    import torch

SPECIAL, PADDING = -1, -2  # what ``words`` says of a subword that belongs to no word
_BUDGET = 2048  # padded subwords per forward pass


@dataclass(frozen=True)
class Maps:
    """Attention inside every block for B sentences, padded on the right to T subwords.

    attention: for layer 1 to L a tensor (B, H, T, T), rows are queries, columns keys; a query's row is a
    distribution over the sentence's own subwords (padding as a key gets 0, rows of padding mean nothing).
    sentences (B,): which sentences these are. ids, words (B, T): the tokenizer's ids, and which word of its sentence
    a subword belongs to (SPECIAL, PADDING: none). lengths (B,): subwords of each sentence, special ones included.
    """

    attention: "tuple[torch.Tensor, ...]"
    sentences: NDArray[np.int64]
    ids: NDArray[np.int64]
    words: NDArray[np.int64]
    lengths: NDArray[np.int64]

    def each(self) -> "Iterator[tuple[int, NDArray[np.float32], NDArray[np.int64], NDArray[np.int64]]]":
        """Sentence by sentence, without padding: its number, maps (L, H, S, S), ids (S,) and words (S,)."""
        import torch

        for row, (sentence, n) in enumerate(zip(self.sentences, self.lengths, strict=True)):
            maps = torch.stack([layer[row, :, :n, :n] for layer in self.attention]).float().cpu().numpy()
            yield int(sentence), maps, self.ids[row, :n], self.words[row, :n]


def usable(encoder: Encoder, subwords: Subwords) -> NDArray[np.bool_]:
    """Which sentences fit into one input and have a word: maps of split sentences would not be of one sentence."""
    lengths = np.diff(subwords.offsets)
    return (subwords.n_words > 0) & (lengths > 0) & (lengths <= (encoder.window or np.inf))


def maps(
    encoder: Encoder, subwords: Subwords, chosen: "NDArray[np.int64] | Sequence[int] | None" = None
) -> Iterator[Maps]:
    """Maps of the chosen sentences (None: all that are usable), longest first.

    ``encoder`` must have been loaded with ``maps=True``. Raises: ModelError if the network gives no maps, a map
    that is not finite, or memory runs out on a single sentence.
    """
    fitting = np.flatnonzero(usable(encoder, subwords))
    wanted = fitting if chosen is None else np.intersect1d(fitting, np.asarray(chosen, dtype=np.int64))
    lengths = np.diff(subwords.offsets)[wanted]
    for batch in plan(lengths, min(_BUDGET, encoder.ceiling)):
        yield from _halving(encoder, subwords, wanted[batch])


def _halving(encoder: Encoder, subwords: Subwords, sentences: NDArray[np.int64]) -> Iterator[Maps]:
    """The maps of a batch; if memory runs out, of its halves."""
    try:
        found = [_forward(encoder, subwords, sentences)]
    except RuntimeError as error:
        if not any(message in str(error) for message in MEMORY_MESSAGES):
            raise
        if len(sentences) == 1:
            n = int(np.diff(subwords.offsets)[sentences[0]])
            raise ModelError(
                f"{encoder.checkpoint.name}: memory ran out on the maps of a single sentence of {n} subwords; "
                "type device=cpu, attention=none, or take shorter sentences"
            ) from error
        middle = len(sentences) // 2
        yield from _halving(encoder, subwords, sentences[:middle])
        yield from _halving(encoder, subwords, sentences[middle:])
        return
    yield from found


def _forward(encoder: Encoder, subwords: Subwords, sentences: NDArray[np.int64]) -> Maps:
    import torch

    rows = [slice(subwords.offsets[i], subwords.offsets[i + 1]) for i in sentences]
    lengths = np.array([row.stop - row.start for row in rows], dtype=np.int64)
    ids = np.full((len(rows), lengths.max()), encoder.pad, dtype=np.int64)
    words = np.full(ids.shape, PADDING, dtype=np.int64)
    for place, (row, n) in enumerate(zip(rows, lengths, strict=True)):
        ids[place, :n], words[place, :n] = subwords.ids[row], subwords.words[row]
    with torch.inference_mode():
        output = encoder.network(
            input_ids=torch.from_numpy(ids).to(encoder.device),
            attention_mask=torch.from_numpy((words != PADDING).astype(np.int64)).to(encoder.device),
            output_attentions=True,
            return_dict=True,
        )
    found = _checked(encoder, output, ids.shape)
    real = torch.from_numpy(words != PADDING).to(encoder.device)
    if not bool(found[-1].transpose(1, 2)[real].isfinite().all()):  # what is not finite below it spreads to it
        raise ModelError(
            f"{encoder.checkpoint.name}: attention is not finite; the weights may be damaged, or the model too large "
            "for model.precision=bfloat16"
        )
    return Maps(found, sentences, ids, words, lengths)


def _checked(encoder: Encoder, output: object, shape: tuple[int, int]) -> "tuple[torch.Tensor, ...]":
    found = getattr(output, "attentions", None)
    wanted = (shape[0], shape[1], shape[1])
    if not found or any(layer is None or (layer.shape[0], *layer.shape[2:]) != wanted for layer in found):
        raise ModelError(
            f"{encoder.checkpoint.name}: this model gives no attention map per layer; "
            "type attention=none, or choose one that attends over the whole input"
        )
    return tuple(found)
