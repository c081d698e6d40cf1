"""Blank-out of whole words: all subwords of a word are replaced at once."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from probing.attention.interventions.attribution import Attribution
from probing.attention.interventions.logit_difference import LogitDifference, only_place
from probing.attention.interventions.passes import hidden, in_copies
from probing.attention.interventions.token_effects import special_token
from probing.model.encoder import Encoder
from probing.model.subwords import Subwords, linked, taken

if TYPE_CHECKING:
    import torch


def blank_out_words(encoder: Encoder, subwords: Subwords, explained: LogitDifference) -> Attribution:
    """How much the logit difference of one text falls when a word is replaced, (S,): at the word's first subword.

    Every subword of the word becomes the tokenizer's blank (``special_token``), one word at a time. NaN for the further
    subwords of a word, for special tokens, and for words that are blanks already. The effects add up to nothing.
    Raises: as ``only_place`` and ``special_token``.
    """
    batch = only_place(encoder, subwords, explained)
    name, blank = special_token(encoder)
    units = linked(subwords.words, taken(subwords.last_words, slice(None)))
    numbers, first = np.unique(units[units >= 0], return_index=True)
    places = np.flatnonzero(units >= 0)[first]  # of each word's first subword
    ids = np.where(units == numbers[:, None], blank, batch.ids)  # (W, S)
    changed = np.flatnonzero((ids != batch.ids).any(axis=1))
    intact = float(explained(hidden(encoder, batch, explained.layer), batch).of_gold())
    values = np.full(len(units), np.nan)

    def without(some: NDArray[np.int64]) -> "torch.Tensor":
        many = batch.repeat(len(some))
        many.ids[:] = ids[some]
        return explained(hidden(encoder, many, explained.layer), many).of_gold()

    for part, found in in_copies(encoder, changed, len(units), without):
        values[places[part]] = intact - found.double().cpu().numpy()
    return Attribution("blank-out", values, "logit", setting=f"each word replaced by {name}, one at a time")
