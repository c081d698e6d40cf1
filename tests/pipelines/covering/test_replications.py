"""How often intervals hold the truth, counted on a population that is drawn here, without a model."""

import numpy as np
import pytest

from pipelines.covering.measures import Sample, measures, value
from pipelines.covering.population import RELATION, Population, documents_by_topic
from pipelines.covering.replications import BEST, HEADS, LAYERS, NESTED, Line, Replications, everything
from probing.axes import Sentence, Tally, no_progress
from probing.result.resampling import DOCUMENTS, SENTENCES
from probing.result.statistics import Statistics

N = 2000


def population() -> Population:
    """Sentences of documents that are hard or easy, for all probes and heads alike."""
    rng = np.random.default_rng(0)
    documents = np.repeat(np.arange(N // 10), 10)
    items = rng.integers(5, 16, size=N).astype(float)
    skill = np.repeat(rng.beta(8, 4, size=N // 10), 10)

    def shares(metric: str, easier: float = 0.0) -> Statistics:
        right = rng.binomial(items.astype(int), np.clip(skill + easier, 0, 1))
        return Statistics(metric, np.column_stack([right, items, 0 * items, 0 * items]).astype(float))

    def tally(probe: str) -> Tally:
        hits = rng.binomial(items.astype(int), skill)[:, None].astype(float)
        return Tally("head_accuracy", RELATION, probe, "population", (1,), hits, items)

    errors = rng.gamma(2, size=N) * items
    y = rng.normal(3, 1, size=N) * items
    of_items = np.column_stack([errors, items, y, y**2 / items + items * 2])
    correlations = np.column_stack([np.clip(skill + rng.normal(0, 0.1, N), -1, 1), np.ones(N), items, np.zeros(N)])
    return Population(
        layers=tuple(shares("accuracy", easier) for easier in (-0.2, -0.02, 0, -0.1)),
        controls=tuple(shares("accuracy", easier) for easier in rng.normal(-0.3, 0.03, size=40)),
        others=(Statistics("nspr", correlations), Statistics("r2", of_items), shares("uuas")),
        heads=(tally("attention"),),
        offsets=(tally("offset"),),
        documents=documents,
        layer=2,
    )


@pytest.fixture(scope="module")
def lines() -> list[Line]:
    return everything(Replications(population(), 150, 300, 0, no_progress), [100], [40])


def line(lines: list[Line], measure: str, drawn: str) -> Line:
    [found] = [line for line in lines if (line.measure, line.drawn) == (measure, drawn)]
    return found


def test_intervals_hold_the_truth_where_what_is_drawn_is_resampled(lines: list[Line]) -> None:
    held = [one for one in lines if one.drawn in (SENTENCES, DOCUMENTS) and one.measure not in (BEST, LAYERS, HEADS)]
    assert {one.measure for one in held} > {"accuracy", "selectivity", "nspr", "nspr_mean", "r2", "head accuracy"}
    for one in held:
        assert one.replications == 150
        assert one.share == pytest.approx(1 - one.above - one.below)
        # five deviations of 150 test sets below 0.94: few of 40 draws of a control are not quite Student's t
        assert 0.94 - 5 * (0.94 * 0.06 / 150) ** 0.5 <= one.share <= 1, one
    assert 0.93 <= np.mean([one.share for one in held]) <= 0.97


def test_sentences_of_documents_are_not_independent(lines: list[Line]) -> None:
    alone, whole = line(lines, "accuracy", NESTED), line(lines, "accuracy", DOCUMENTS)
    assert alone.share < 0.85
    assert alone.width < 0.8 * whole.width


def test_families_are_counted(lines: list[Line]) -> None:
    best = line(lines, BEST, SENTENCES)
    assert best.share >= 0.9
    assert 1 <= best.width <= 4
    for name in (LAYERS, HEADS):
        assert line(lines, name, SENTENCES).share >= 0.89


def test_the_truth_is_that_of_the_whole_population() -> None:
    pool = population()
    tried = measures(pool)
    chosen = np.array([3, 8, 8])
    sample = Sample(chosen, np.ones((1, 3), np.uint8), {1: np.array([4]), 3: np.array([0, 0, 1]), 5: np.arange(5)})
    task = pool.layers[2].values.sum(axis=0)
    controls = [control.values[:, 0].sum() / control.values[:, 1].sum() for control in pool.controls]
    assert value(pool.layers[2]) == task[0] / task[1]
    assert tried["selectivity"].truth(sample) == pytest.approx(task[0] / task[1] - controls[4])
    assert tried["selectivity over 3 draws"].truth(sample) == pytest.approx(task[0] / task[1] - np.mean(controls))
    rho, length = pool.others[0].values[:, 0], pool.others[0].values[:, 2]
    of_lengths = [rho[length == one].mean() for one in {length[3], length[8]}]
    assert tried["nspr"].truth(sample) == pytest.approx(np.mean(of_lengths))
    assert tried["nspr_mean"].truth(sample) == pytest.approx(rho.mean())
    found = tried["accuracy"].resampled(sample)
    rows = pool.layers[2].values[chosen]
    assert found.value == rows[:, 0].sum() / rows[:, 1].sum()


def test_a_document_is_of_one_topic() -> None:
    words = [("Dogs", "ran"), ("Cats", "sat"), ("Birds", "ran")] * 40
    documents = documents_by_topic([Sentence(str(i), pair, heads=(2, 0)) for i, pair in enumerate(words)])
    topics = np.array([pair[1] for pair in words])
    sizes = np.bincount(documents)
    assert all(len(set(topics[documents == document])) == 1 for document in range(len(sizes)))
    assert sizes.min() >= 1
    assert sizes.max() <= 25
    assert len(sizes) > 5
