"""One pass over a split while its attention maps stream by: what it leaves serves every analysis of heads."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from probing.attention.heads.head_statistics import HeadStatistics
from probing.attention.heads.strongest_word import StrongestWords
from probing.axes import Progress, Sentence, Split
from probing.model.encoder import Encoder
from probing.model.maps import maps, no_maps, usable
from probing.model.subwords import Subwords


@dataclass(frozen=True)
class HeadPass:
    """The strongest words of every head, and, for test, statistics of its weights. stated: of which sentences."""

    strongest: StrongestWords
    statistics: HeadStatistics | None
    stated: str


def head_pass(
    encoder: Encoder, split: Split, sentences: Sequence[Sentence], subwords: Subwords, on_progress: Progress
) -> HeadPass:
    """Stream the maps of all sentences of ``split`` that the model reads whole; none is kept.

    ``encoder`` gives maps. Raises: ModelError if the model has none.
    """
    n_layers, n_heads = encoder.n_layers - 1, getattr(encoder.network.config, "num_attention_heads", None)
    if n_heads is None:  # a network without attention
        raise no_maps(encoder)
    strongest = StrongestWords(subwords.n_words, n_layers, n_heads)
    statistics = of_heads(encoder, sentences, n_layers, n_heads) if split == "test" else None
    done, total = 0, int(usable(encoder, subwords).sum())
    for batch in maps(encoder, subwords):
        on_progress(f"heads on {split}", done, total)
        done += len(batch.sentences)
        strongest.add(batch)
        if statistics is not None:
            statistics.add(batch)
    on_progress(f"heads on {split}", total, total)
    left_out = len(sentences) - total
    reason = f"; the other {left_out:,} are longer than one input, or have no words" if left_out else ""
    return HeadPass(strongest, statistics, f"{total:,} of the {len(sentences):,} sentences of {split}{reason}")


def of_heads(encoder: Encoder, sentences: Sequence[Sentence], n_layers: int, n_heads: int) -> HeadStatistics:
    """Empty statistics that know what this tokenizer puts before and after a sentence, and what is punctuation."""
    special = {"cls": set(encoder.frame.prefix), "sep": set(encoder.frame.suffix)}
    named = {name: ids for name, ids in special.items() if ids}
    tagged = all(s.upos for s in sentences)
    punctuation = [np.array([tag == "PUNCT" for tag in s.upos], dtype=bool) for s in sentences] if tagged else None
    return HeadStatistics(len(sentences), n_layers, n_heads, "test", named, punctuation, encoder.causal)
