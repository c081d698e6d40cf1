"""Replications: many test sets from the population, and how often their intervals hold what they should hold."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.covering.families import best_layer_set, heads_with_gain, layers_told_apart
from pipelines.covering.measures import DRAWS, Sample, measures
from pipelines.covering.population import Population
from probing.axes import Progress
from probing.result.bootstrap import scores
from probing.result.resampling import DOCUMENTS, SENTENCES, counts_of
from probing.rng import generator

NESTED = "sentences of documents"  # resampled as if they were independent
BEST, LAYERS, HEADS = "best layers", "layers under a null", "heads under a null"


@dataclass(frozen=True)
class Line:
    """How often something held in how many replications.

    drawn: what a test set is drawn of, and how; n: how many of them. share: of the replications in which an interval
    held the population's value (a set its best layer; under a null: in which a family found nothing). above, below: of
    those in which the interval lay wholly above or below it. width: mean width; of a set, its mean size.
    """

    measure: str
    drawn: str
    n: int
    replications: int
    share: float
    above: float
    below: float
    width: float

    def as_row(self) -> dict[str, object]:
        """One row of the data file."""
        return asdict(self)


@dataclass(frozen=True)
class Replications:
    """How many test sets of each kind, with how many resamples, and the population that they are drawn from."""

    pool: Population
    replications: int
    resamples: int
    seed: int
    on_progress: Progress

    def samples(self, drawn: str, n: int) -> Iterator[Sample]:
        """Test sets of ``n`` sentences or documents, drawn with replacement."""
        rng = generator(self.seed, "coverage", drawn, str(n))
        for done in range(self.replications):
            self.on_progress(f"{n} {drawn}", done, self.replications)
            chosen, units = self._draw(drawn, n, rng)
            counts = counts_of(units, self.resamples, "bootstrap", "test")
            draws = {d: rng.integers(len(self.pool.controls), size=d) for d in DRAWS}
            yield Sample(chosen, counts, draws)
        self.on_progress(f"{n} {drawn}", self.replications, self.replications)

    def _draw(self, drawn: str, n: int, rng: np.random.Generator) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Sentences of the population and the unit of each."""
        if drawn == SENTENCES:
            return rng.integers(self.pool.n, size=n), np.arange(n)
        order = np.argsort(self.pool.documents, kind="stable")
        ends = np.cumsum(np.bincount(self.pool.documents))
        starts = ends - np.bincount(self.pool.documents)
        documents = rng.integers(len(ends), size=n)
        chosen = np.concatenate([order[starts[d] : ends[d]] for d in documents])
        units = np.repeat(np.arange(n), (ends - starts)[documents])
        return chosen, units if drawn == DOCUMENTS else np.arange(len(chosen))

    def intervals(self, drawn: str, n: int) -> list[Line]:
        """How often each measure's interval holds the population's value."""
        tried = measures(self.pool)
        ends = np.full((len(tried), self.replications, 3), np.nan)  # of interval and truth
        for at, sample in enumerate(self.samples(drawn, n)):
            for number, measure in enumerate(tried.values()):
                [score] = scores(measure.resampled(sample))
                ends[number, at] = score.ci_low, score.ci_high, measure.truth(sample)
        return [_line(name, drawn, n, found) for name, found in zip(tried, ends, strict=True)]

    def families(self, n: int) -> list[Line]:
        """Sets of best layers, and families of comparisons under a null, on test sets of ``n`` sentences."""
        rng = generator(self.seed, "coverage", "nulls", str(n))
        held, sizes, errors = [], [], {LAYERS: 0, HEADS: 0}
        for sample in self.samples(SENTENCES, n):
            found, size = best_layer_set(self.pool, sample)
            held.append(found)
            sizes.append(size)
            errors[LAYERS] += layers_told_apart(self.pool, sample, rng)
            errors[HEADS] += heads_with_gain(self.pool, sample, rng)
        nan, of = float("nan"), self.replications
        lines = [Line(BEST, SENTENCES, n, of, float(np.mean(held)), nan, nan, float(np.mean(sizes)))]
        return lines + [Line(name, SENTENCES, n, of, 1 - k / of, nan, nan, nan) for name, k in errors.items()]


def _line(name: str, drawn: str, n: int, found: NDArray[np.float64]) -> Line:
    """From (replications, 3): lower end, upper end and truth; a test set without a value is left out."""
    low, high, truth = found[np.isfinite(found).all(axis=1)].T
    above, below = float((low > truth).mean()), float((high < truth).mean())
    return Line(name, drawn, n, len(truth), 1 - above - below, above, below, float((high - low).mean()))


def everything(run: Replications, sizes: Sequence[int], documents: Sequence[int]) -> list[Line]:
    """All lines: sentences alone, documents, and sentences of documents as if they were alone."""
    lines = [line for n in sizes for line in run.intervals(SENTENCES, n)]
    lines += [line for n in documents for line in run.intervals(DOCUMENTS, n)]
    return lines + run.intervals(NESTED, documents[0]) + run.families(sizes[0])
