"""Is attention an explanation? The weights of an attention pool, tested as Jain & Wallace (2019) did."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from probing.analysis.findings import Findings
from probing.analysis.protocol import Analysis
from probing.analysis.study import Study
from probing.attention.interventions.adversarial_weights import HIGHEST, Search, farthest
from probing.attention.interventions.pooled_output import (
    Pooled,
    gradient_times_input,
    leave_one_out,
    padded,
    permuted,
    rank_agreement,
    uniform,
)
from probing.axes import Note, Tally
from probing.errors import ConfigError, DataError, positive
from probing.probe.attention_pool import AttentionPool, reads
from probing.probe.fit import TASK, Fit
from probing.result.tally import measure_tallies

METHOD = "explanation"  # the column probe of its rows
GRADIENT, LEFT_OUT = "attention × gradient × input", "attention × leave-one-out"
PERMUTED, UNIFORM, ADVERSARIAL, LARGEST = "permuted", "uniform", "adversarial", "largest"
SIGNIFICANT = 0.05
FAR = HIGHEST / 2  # from here on, weights are called far from each other
BINS = (0.0, 0.25, 0.5, 0.75, 1.0)  # of the largest weight, as in the paper's figure
LEAST = 10  # sentences in a bin: fewer have no mean of their own
Values = Mapping[tuple[str, str], NDArray[np.float64]]  # by metric and target: (N,) for one layer, NaN: none


@dataclass(frozen=True)
class Explanation(Analysis):
    """A study whose probe is an attention pool in; findings out. sentences: of test, at most. permutations: of each
    sentence's weights. The others are of the search for adversarial weights (``Search``).
    """

    sentences: int = 200
    permutations: int = 100
    distributions: int = 5
    steps: int = 500
    learning_rate: float = 0.01
    epsilon: float = 0.01

    def __post_init__(self) -> None:
        """Refuse impossible values before anything is loaded."""
        for option, value in vars(self).items():
            positive(f"analysis.explanation.{option}", value)

    def check(self, study: Study) -> None:
        """Raise ConfigError unless the probe is an attention pool that classifies sentences."""
        if not isinstance(study.probe, AttentionPool):
            raise ConfigError(
                f"analysis=explanation tests the weights of an attention pool, and the probe is {study.probe.name}; "
                "type probe=attention_pool task=sentiment"
            )
        if (study.task.level, study.task.kind) != ("sentence", "class"):
            raise ConfigError(
                f"analysis=explanation reads classes of sentences, which task={study.task.name} does not have; "
                "type task=sentiment"
            )

    def __call__(self, study: Study) -> Findings:
        """Rows of every probed layer: Kendall's tau of the weights with gradient × input and with leave-one-out, and
        the share of sentences for which p < .05; how far the output moves with permuted weights (the median), by the
        largest weight, and with uniform ones; the divergence of the farthest weights that move it by ``epsilon`` at
        most, and the share of sentences that have some farther than half of ln 2.

        Arrays (N, L): ``explanation/largest``, ``permuted`` and ``adversarial``. The fact ``layer`` is the one that dev
        chose. Raises: DataError if no sentence of the sample has a label.
        """
        sample = study.sample("test", self.sentences)
        sentences, items = labelled_items(study, sample.sentences)
        fits = sorted((p.fit for p in study.predictions if p.target == TASK and p.fit), key=lambda fit: fit.layer)
        found = []
        for done, fit in enumerate(fits):
            study.on_progress("explanation: layers", done, len(fits))
            found.append(self.measures(study, fit, items))
        study.on_progress("explanation: layers", len(fits), len(fits))
        layers = tuple(fit.layer for fit in fits)
        tallies = [tally(found, name, layers) for name in found[0]]
        resampling = study.resampling("test", sentences)
        names = {LARGEST: ("weight", LARGEST), PERMUTED: ("tvd", PERMUTED), ADVERSARIAL: ("jsd_nats", ADVERSARIAL)}
        arrays = {f"explanation/{name}": np.stack([one[key] for one in found], axis=1) for name, key in names.items()}
        notes = [Note("sample", f"explanation: {sample.description}")]
        if len(sentences) < len(sample.sentences):
            text = f"explanation: {len(sample.sentences) - len(sentences):,} of these sentences have no label"
            notes.append(Note("skipped", text))
        return Findings(
            rows=tuple(measure_tallies(tallies, study.options.seed, resampling)),
            arrays=arrays | {"explanation/layers": np.array(layers)},
            facts={
                "sample": sample.description,
                "layer": max(fits, key=lambda fit: fit.dev_score).layer,
                "without_tau": int(np.isnan(found[-1]["kendall", GRADIENT]).sum()),
                **vars(self),
            },
            notes=tuple(notes),
        )

    def measures(self, study: Study, fit: Fit, items: NDArray[np.int64]) -> Values:
        """All measures of one layer."""
        pooled = padded(*reads(fit, study.items.vectors, items), fit.parameters[-1])
        largest, moved = pooled.weights.max(axis=1), permuted(pooled, study.rng("permuted weights"), self.permutations)
        search = Search(self.distributions, self.steps, self.learning_rate, self.epsilon)
        apart = farthest(pooled, study.rng("adversarial weights"), search).divergence
        return {
            **agreement(pooled),
            ("tvd", PERMUTED): moved,
            **by_largest(largest, moved),
            ("tvd", UNIFORM): uniform(pooled),
            ("jsd_nats", ADVERSARIAL): apart,
            ("share_far", ADVERSARIAL): (apart > FAR).astype(float),
            ("weight", LARGEST): largest,
        }


def labelled_items(study: Study, sentences: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Those of some sentences of test that have a label, and the numbers of their items. Raises DataError for none."""
    counts = np.array([len(words) for words in study.items.words["test"]])
    first = study.items.vectors.bounds("test")[0] + np.cumsum(counts) - counts
    kept = sentences[counts[sentences] > 0]
    if not len(kept):
        raise DataError("none of the sentences of the sample has a label; raise analysis.explanation.sentences")
    return kept, first[kept]


def agreement(pooled: Pooled) -> Values:
    """Kendall's tau with both references, and whether it is significant."""
    found: dict[tuple[str, str], NDArray[np.float64]] = {}
    for target, reference in ((GRADIENT, gradient_times_input(pooled)), (LEFT_OUT, leave_one_out(pooled))):
        tau, p = rank_agreement(pooled, reference)
        found["kendall", target] = tau
        found["share_significant", target] = np.where(np.isnan(p), np.nan, p < SIGNIFICANT)
    return found


def by_largest(largest: NDArray[np.float64], moved: NDArray[np.float64]) -> Values:
    """How far the output moves for the sentences whose largest weight is in each of the BINS; NaN for all others, and
    for all sentences of a bin with fewer than LEAST.
    """
    place = np.clip(np.searchsorted(BINS, largest, side="left") - 1, 0, len(BINS) - 2)
    names = [f"{PERMUTED}, largest weight {low:g} to {high:g}" for low, high in zip(BINS, BINS[1:], strict=False)]
    members = [place == number for number in range(len(names))]
    shown = [there & (there.sum() >= LEAST) for there in members]
    return {("tvd", name): np.where(there, moved, np.nan) for name, there in zip(names, shown, strict=True)}


def tally(found: Sequence[Values], name: tuple[str, str], layers: tuple[int, ...]) -> Tally:
    """One measure of all layers; a sentence without a value is no item."""
    values = np.stack([one[name] for one in found], axis=1)
    metric, target = name
    items = np.isfinite(values).astype(np.float64)
    return Tally(metric, target, METHOD, "test", layers, np.nan_to_num(values), items)
