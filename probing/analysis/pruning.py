"""How many heads does the output need? Only the best head of a layer is kept; heads are removed until none is left."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from probing.analysis.ablation import replaced_by
from probing.analysis.findings import Findings
from probing.analysis.many_comparisons import adjusted
from probing.analysis.protocol import Analysis
from probing.analysis.readers import NOTHING_READS, reader_notes, reading_facts
from probing.analysis.study import Study
from probing.attention.interventions.head_ablation import REPLACEMENTS, Ablation, Head, head_means
from probing.attention.interventions.head_effects import METRIC, kept_alone
from probing.attention.interventions.head_importance import by_importance, importance
from probing.attention.interventions.head_removal import Outcome, all_but, in_steps, outcomes
from probing.axes import Note, Tally
from probing.errors import one_of, positive
from probing.result.resampling import Resampling
from probing.result.rows import Measurement
from probing.result.tally import measure_tallies, resampled_tally

KEPT, PRUNED = "kept_head", "pruning"
IMPORTANCE, RANDOM = "by importance", "at random"


@dataclass(frozen=True)
class Pruning(Analysis):
    """A study in; findings out: the output with one head per layer, and with fewer heads (Michel et al. 2019).

    sentences: at most, of dev to choose heads, and of test to score. replacement: what replaces a head's output, as in
    ablation. steps: from no head removed to all of them. orders: random orders of the heads, whose mean is shown.
    """

    sentences: int = 100
    replacement: str = "mean"
    steps: int = 10
    orders: int = 5
    reads_model_head = True

    def __post_init__(self) -> None:
        """Refuse impossible values before anything is loaded."""
        for option in ("sentences", "steps", "orders"):
            positive(f"analysis.pruning.{option}", getattr(self, option))
        one_of("analysis.pruning.replacement", self.replacement, REPLACEMENTS)

    def __call__(self, study: Study) -> Findings:
        """Rows of test: accuracy, its change, and the loss in nats, per layer when only its best head of dev is kept
        (``kept_head``), and by the number of removed heads (``pruning``): by importance on dev, and at random.

        Array ``pruning/importance`` (L, H). Only a note if neither a probe nor a head of the model reads the task.
        Raises: ModelError for an architecture whose heads cannot be removed, DataError if no sentence fits.
        """
        if study.reader is None:
            return Findings(notes=(Note("skipped", f"pruning: {NOTHING_READS}"),))
        encoder = study.encoder_with_maps
        dev, test = (study.sample(split, self.sentences, to_read=True) for split in ("dev", "test"))
        (of_dev, on_dev), (of_test, on_test) = study.reader(dev), study.reader(test)
        means = head_means(encoder, of_dev) if self.replacement == "mean" else None
        ablation = Ablation(self.replacement, means)
        best = best_heads(kept_alone(encoder, of_dev, on_dev, ablation, "dev"))
        weights = importance(encoder, of_dev, on_dev, ablation)
        order, n_heads = by_importance(weights, tuple(best)), weights.shape[1]
        sets = removals(all_but(best, n_heads), order, self.steps, self._random(study, order))
        found = outcomes(encoder, of_test, on_test, ablation, sets)
        resampling = study.resampling("test", test.sentences)
        rows = [*kept_rows(found, best, study, resampling), *pruning_rows(found, on_test.layer, study, resampling)]
        sample = f"{test.description}; heads were chosen on {dev.description}"
        return Findings(
            rows=tuple(rows),
            arrays={"pruning/importance": weights},
            facts={
                "output": on_test.name,
                "replacement": replaced_by(self.replacement, dev),
                "heads": len(order),
                "orders": self.orders,
                "sample": sample,
                **reading_facts(on_test),
            },
            notes=(Note("sample", f"pruning: {sample}"), *reader_notes(study.reader, on_test, study.refused_head)),
        )

    def _random(self, study: Study, order: Sequence[Head]) -> list[list[Head]]:
        rng = study.rng("pruning")
        return [[order[i] for i in rng.permutation(len(order))] for _ in range(self.orders)]


def best_heads(alone: Tally) -> dict[int, int]:
    """Per layer the head that loses least when it is the only one that is kept: layer -> head."""
    return dict(zip(alone.layers, alone.sums.sum(axis=0).argmin(axis=1).tolist(), strict=True))


Key = tuple[str, int, int]  # kept, the layer and 0; or an order, the number of removed heads and the draw


def removals(
    others: Mapping[int, set[Head]], order: Sequence[Head], steps: int, drawn: Sequence[Sequence[Head]]
) -> dict[Key, Sequence[Head]]:
    """The sets of heads that are removed."""
    sets: dict[Key, Sequence[Head]] = {(KEPT, layer, 0): sorted(heads) for layer, heads in others.items()}
    for name, orders in ((IMPORTANCE, [order]), (RANDOM, drawn)):
        sets |= {(name, k, d): heads for d, one in enumerate(orders) for k, heads in in_steps(one, steps).items()}
    return sets


def kept_rows(
    found: Mapping[Key, Outcome], best: Mapping[int, int], study: Study, resampling: Resampling
) -> list[Measurement]:
    """Rows of each layer of which only one head is kept, each interval by itself, and for all layers at once."""
    of_layers = [found[KEPT, layer, 0] for layer in best]
    rows = []
    for tally in tallies(of_layers, found[IMPORTANCE, 0, 0], tuple(best), "only the best head", KEPT):
        if tally.metric == "accuracy":
            continue
        single = measure_tallies([tally], study.options.seed, resampling)
        rows += [*single, *adjusted(single, [resampled_tally(tally, resampling)])]
    return [replace(row, head=best[row.layer or 0]) for row in rows]


def pruning_rows(found: Mapping[Key, Outcome], layer: int, study: Study, resampling: Resampling) -> list[Measurement]:
    """Rows of each number of removed heads, by importance and at random; of random orders the mean."""
    made: list[Tally] = []
    for name in (IMPORTANCE, RANDOM):
        for k in sorted({k for of, k, _ in found if of == name}):
            draws = [outcome for (of, n, _), outcome in found.items() if (of, n) == (name, k)]
            made += tallies([mean_of(draws)], found[IMPORTANCE, 0, 0], (layer,), f"{k} heads {name}", PRUNED)
    return measure_tallies(made, study.options.seed, resampling)


def tallies(found: Sequence[Outcome], intact: Outcome, layers: tuple[int, ...], target: str, probe: str) -> list[Tally]:
    """Accuracy, its change and the loss in nats: sums (N, L), one outcome per layer."""
    correct, score = (np.stack([getattr(one, name) for one in found], axis=1) for name in ("correct", "score"))
    sums = {
        "accuracy": (correct, intact.labels),
        "accuracy_change": (correct - intact.correct[:, None], intact.labels),
        METRIC: (intact.score[:, None] - score, intact.there),
    }
    return [Tally(metric, target, probe, "test", layers, of, items) for metric, (of, items) in sums.items()]


def mean_of(draws: Sequence[Outcome]) -> Outcome:
    """The mean over several outcomes on the same sentences."""
    names = ("score", "correct", "labels", "there")
    return Outcome(*(np.mean([getattr(one, name) for one in draws], axis=0) for name in names))
