"""On which words attention rollout ends, layer by layer, and how much of it is on the syntactic head."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from probing.analysis.examples import examples
from probing.analysis.findings import Findings
from probing.analysis.protocol import Analysis
from probing.analysis.ratio_rows import ratio_rows
from probing.analysis.samples import describe_stored_maps
from probing.analysis.study import Study
from probing.attention.flow.attention_rollout import RolloutTally
from probing.attention.flow.gold_heads import ON_HEAD, ON_MATCHED, ON_MIRROR, WITH_MIRROR, GoldHeads
from probing.axes import SPLITS, Note, Tally
from probing.model.map_facts import MapFacts
from probing.result.resampling import Resampling
from probing.result.rows import Measurement
from probing.result.tally import measure_tallies
from probing.store.stored_maps import facts_of, read_maps

# the mass on gold heads divided by the mass that it is compared with, both over the same words
RATIOS = {
    "gold_head_over_matched_word": (ON_HEAD, ON_MATCHED),
    "gold_head_over_mirror_word": (WITH_MIRROR, ON_MIRROR),
}


@dataclass(frozen=True)
class RolloutOfWords(Analysis):
    """Rollout (Abnar & Zuidema 2020) over the sample of test whose maps are stored."""

    def __call__(self, study: Study) -> Findings:
        """Rows: entropy, masses, mass on gold heads, what it is compared with, their ratios.

        Arrays: maps and rollout of a few sentences, for figures.

        Raises: ModelError if the model gives no maps.
        """
        sentences = [s for split in SPLITS for s in study.corpus.splits[split]]
        store = study.maps
        facts = facts_of(store)
        kept = np.flatnonzero(store.index.length)
        counters = (
            RolloutTally(len(sentences), facts, "test", study.rollout),
            gold_heads := GoldHeads(sentences, facts, "test", study.rollout),
        )
        for done, batch in enumerate(read_maps(store)):
            study.on_progress("rollout", done, len(kept))
            for counter in counters:
                counter.add(batch)
        study.on_progress("rollout", len(kept), len(kept))
        of_words, on_heads = (restricted(counter.finish(), kept) for counter in counters)
        n_sentences = len(study.corpus.splits["test"])
        begin = len(sentences) - n_sentences  # maps are of test, which comes last
        resampling = study.resampling("test", kept - begin)
        sample = describe_stored_maps(len(kept), n_sentences, study.store.attention.sentences)
        seed = study.options.seed
        rows = measure_tallies([*of_words, *on_heads], seed, resampling)
        return Findings(
            rows=(*rows, *ratios(on_heads, seed, resampling)),
            arrays={name: array for example in examples(study) for name, array in example.arrays().items()},
            facts={"sample": sample},
            notes=(
                Note("sample", f"rollout: {sample}"),
                *without_heads(on_heads, len(kept), gold_heads.unmatched),
                *about_maps(facts, n_blocks(study)),
            ),
        )


def n_blocks(study: Study) -> int:
    """How many blocks the model has, from whatever is open already: the model, or its stored hidden states."""
    return (study.encoder.n_layers if "encoder" in vars(study) else study.hidden.model_layers) - 1


def ratios(on_heads: Sequence[Tally], seed: int, resampling: Resampling) -> list[Measurement]:
    """The mass on gold heads divided by what it is compared with, both resampled together; items are the words."""
    by_metric = {tally.metric: tally for tally in on_heads}
    return [
        row
        for metric, (above, below) in RATIOS.items()
        if above in by_metric and below in by_metric
        for row in ratio_rows(replace(by_metric[above], metric=metric), by_metric[below], seed, resampling)
    ]


def restricted(tallies: Iterable[Tally], kept: NDArray[np.int64]) -> list[Tally]:
    """The tallies of these sentences alone: resampling the others, which have no items, would only cost time."""
    return [replace(t, sums=t.sums[kept], items=t.items[kept]) for t in tallies]


def about_maps(facts: MapFacts, n_blocks: int) -> tuple[Note, ...]:
    """Notes if blocks have no map, or if attention goes to a sink: what rollout then does."""
    notes = []
    without = [block for block in range(1, n_blocks + 1) if block not in facts.layers]
    if without:
        notes.append(
            f"blocks {', '.join(map(str, without))} have no attention map and are skipped; so what convolutions and "
            "state-space layers mix is missing from rollout"
        )
    if any(facts.sinks):
        notes.append(
            "the heads of this model can attend to a sink, which is no subword; what it gets is in mass_on_sink"
        )
    return tuple(Note("caveat", f"rollout: {text}") for text in notes)


def without_heads(on_heads: Sequence[Tally], n_sentences: int, unmatched: int) -> tuple[Note, ...]:
    """Notes if sentences, or words that no other word is like (``unmatched``), do not count in the mass on heads."""
    counted = int((on_heads[0].items > 0).sum()) if on_heads else 0
    texts = []
    if counted < n_sentences:
        texts.append(
            f"{n_sentences - counted:,} of {n_sentences:,} sentences have no tree, or fewer than three words, "
            "and do not count in the mass on gold heads" + ("" if counted else ", which is left out")
        )
    if unmatched:
        texts.append(
            f"{unmatched:,} words do not count in the mass on gold heads: no sentence of about the same length has a "
            "word at the same distance, other than a head, to compare them with"
        )
    return tuple(Note("skipped", f"rollout: {text}") for text in texts)
