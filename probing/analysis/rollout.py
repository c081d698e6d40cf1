"""Where attention rollout ends up, layer by layer: on which words, and on the syntactic head."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from probing.analysis.examples import examples
from probing.analysis.findings import Findings
from probing.analysis.protocol import Analysis
from probing.analysis.study import Study
from probing.attention.flow.gold_heads import GoldHeads
from probing.attention.flow.rollout import RolloutTally
from probing.axes import SPLITS, Note, Tally
from probing.result.tally import measure_tallies
from probing.store.stored_maps import read_maps


@dataclass(frozen=True)
class RolloutOfWords(Analysis):
    """Rollout (Abnar & Zuidema 2020) over the sample of test whose maps the store keeps."""

    def __call__(self, study: Study) -> Findings:
        """Rows: entropy, masses, mass on gold heads. Arrays: maps and rollout of a few sentences, for figures.

        Raises: ModelError if the model gives no maps, ConfigError if it lacks ``rollout.first_layer``.
        """
        sentences = [s for split in SPLITS for s in study.corpus.splits[split]]
        store = study.maps
        kept = np.flatnonzero(store.index.length)
        counters = (
            RolloutTally(len(sentences), store.n_layers, "test", study.rollout),
            GoldHeads(sentences, store.n_layers, "test", study.rollout),
        )
        for done, batch in enumerate(read_maps(store)):
            study.on_progress("rollout", done, len(kept))
            for counter in counters:
                counter.add(batch)
        study.on_progress("rollout", len(kept), len(kept))
        tallies = only([tally for counter in counters for tally in counter.finish()], kept)
        stated = stated_sample(study, len(kept))
        return Findings(
            rows=tuple(measure_tallies(tallies, study.options.seed, study.options.resamples)),
            arrays={name: array for example in examples(study) for name, array in example.arrays().items()},
            facts={"sample": stated},
            notes=(Note("sample", f"rollout: {stated}"),),
        )


def stated_sample(study: Study, n_kept: int) -> str:
    """Of how many sentences the store keeps maps."""
    return f"{n_kept:,} of the {len(study.corpus.splits['test']):,} sentences of test, drawn at random once and for all"


def only(tallies: Iterable[Tally], kept: NDArray[np.int64]) -> list[Tally]:
    """The same tallies over the sentences that were looked at: others would be resampled in vain."""
    return [replace(t, sums=t.sums[kept], items=t.items[kept]) for t in tallies]
