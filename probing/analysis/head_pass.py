"""One pass over the attention maps of a split, whose results all analyses of heads use."""

from collections.abc import Sequence
from dataclasses import dataclass

from probing.attention.heads.head_statistics import HeadStatistics
from probing.attention.heads.strongest_word import StrongestWords
from probing.axes import Progress, Sentence, Split
from probing.data.punctuation import kept
from probing.model.encoder import Encoder
from probing.model.maps import maps, none_fits, usable
from probing.model.subwords import Subwords


@dataclass(frozen=True)
class HeadPass:
    """The strongest words of every head, and for test statistics of its weights. description: of which sentences."""

    strongest: StrongestWords
    statistics: HeadStatistics | None
    description: str


def head_pass(
    encoder: Encoder, split: Split, sentences: Sequence[Sentence], subwords: Subwords, on_progress: Progress
) -> HeadPass:
    """Read the maps of all sentences of ``split`` that fit into one input, batch by batch; no map is kept.

    ``encoder`` must give maps. Raises: ModelError if it gives none, or if no sentence fits.
    """
    facts = encoder.map_facts
    done, total = 0, int(usable(encoder, subwords).sum())
    if not total:
        raise none_fits(encoder, split, len(sentences))
    strongest = StrongestWords(subwords.n_words, facts)
    statistics = new_statistics(encoder, sentences) if split == "test" else None
    for batch in maps(encoder, subwords):
        on_progress(f"heads on {split}", done, total)
        done += len(batch.sentences)
        strongest.add(batch)
        if statistics is not None:
            statistics.add(batch)
    on_progress(f"heads on {split}", total, total)
    left_out = len(sentences) - total
    reason = f"; {left_out:,} others are longer than one input, or have no words" if left_out else ""
    return HeadPass(strongest, statistics, f"{total:,} of the {len(sentences):,} sentences of {split}{reason}")


def new_statistics(encoder: Encoder, sentences: Sequence[Sentence]) -> HeadStatistics:
    """Empty statistics for test, with the special tokens before and after a sentence, and with its punctuation."""
    special = {"cls": set(encoder.frame.prefix), "sep": set(encoder.frame.suffix)}
    named = {name: ids for name, ids in special.items() if ids}
    punctuation = [~kept(sentence) if is_tagged(sentence) else None for sentence in sentences]
    return HeadStatistics(len(sentences), encoder.map_facts, "test", named, punctuation, encoder.causal)


def is_tagged(sentence: Sentence) -> bool:
    """Whether a sentence has UPOS tags; ``_`` is none."""
    return any(tag != "_" for tag in sentence.upos)
