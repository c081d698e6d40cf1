"""What heads attend to, and how sharply: statistics of every head over all of test."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from probing.analysis.findings import Findings
from probing.analysis.head_pass import HeadPass, is_tagged
from probing.analysis.protocol import Analysis
from probing.analysis.study import Study
from probing.attention.heads.weight_quantiles import QUANTILES
from probing.axes import Note, Sentence, Tally
from probing.errors import ProbingError
from probing.result.tally import mean_over_heads, measure_tallies

PER_LAYER = ("entropy_nats", "mass_first_later")  # also reported layer by layer, as the mean over heads


@dataclass(frozen=True)
class HeadsOverCorpus(Analysis):
    """Entropy, largest weight, distance and masses of every head (Clark et al. 2019), computed while maps are read."""

    def __call__(self, study: Study) -> Findings:
        """Rows per layer and head, and for PER_LAYER the mean over heads; arrays: quantiles of weights.

        Raises: ModelError if the model gives no maps.
        """
        found = study.heads_on_test
        assert found.statistics is not None
        tallies = found.statistics.finish()
        means, no_means = means_over_heads(tallies)
        quantiles = {f"quantiles/{name}": values for name, values in found.statistics.quantiles().items()}
        sample = Note("sample", f"heads: {found.description}")
        return Findings(
            rows=tuple(measure_tallies([*tallies, *means], study.options.seed, study.resampling("test"))),
            arrays={"quantiles/levels": np.array(QUANTILES), **quantiles},
            facts={"sample": found.description},
            notes=(sample, *no_means, *without_tags(study.corpus.splits["test"], found)),
        )


def means_over_heads(tallies: Sequence[Tally]) -> tuple[list[Tally], tuple[Note, ...]]:
    """The means over heads of the metrics of PER_LAYER, and a note for each that is undefined."""
    means, notes = [], []
    for tally in tallies:
        if tally.metric in PER_LAYER:
            try:
                means.append(mean_over_heads(tally))
            except ProbingError as error:
                notes.append(Note("skipped", f"heads: no mean over the heads of a layer: {error}"))
    return means, tuple(notes)


def without_tags(sentences: Sequence[Sentence], found: HeadPass) -> tuple[Note, ...]:
    """A note if sentences without UPOS tags do not count in the mass on punctuation."""
    n_sentences = int(found.strongest.seen.sum())
    n_untagged = sum(seen and not is_tagged(s) for s, seen in zip(sentences, found.strongest.seen, strict=True))
    if not n_untagged:
        return ()
    return (
        Note(
            "skipped",
            f"heads: {n_untagged:,} of {n_sentences:,} sentences of test have no UPOS tags and do not count in "
            "mass_punctuation" + (", which is left out" if n_untagged == n_sentences else ""),
        ),
    )
