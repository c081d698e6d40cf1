"""The tests of a pool's attention on a small study: which numbers come out, of which sentences, and what is refused."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import softmax

from probing.analysis.explanation import ADVERSARIAL, BINS, FAR, GRADIENT, LARGEST, PERMUTED, Explanation, by_largest
from probing.analysis.study_options import Options
from probing.errors import ConfigError
from probing.probe.attention_pool import AttentionPool, reads
from probing.probe.fit import TASK
from probing.task.sentences import SentenceTask
from probing.task.trees import TreeDepth

SMALL = Explanation(sentences=12, permutations=5, distributions=2, steps=20, learning_rate=0.05)


@pytest.fixture
def pool(make):
    probe = AttentionPool(name="attention_pool", epochs=3, learning_rate=0.02, units=4)
    return make(probe=probe, task=SentenceTask("sentiment"), options=Options(resamples=50, layers=(0, 2)))


def test_every_layer_has_every_measure_with_its_interval(pool):
    SMALL.check(pool)
    found = SMALL(pool)
    rows = {(row.metric, row.target, row.layer): row for row in found.rows}
    measures = {(metric, target) for metric, target, _ in rows}
    assert {layer for _, _, layer in rows} == {0, 2}
    assert measures >= {("kendall", GRADIENT), ("tvd", PERMUTED), ("tvd", "uniform"), ("jsd_nats", ADVERSARIAL)}
    assert {row.probe for row in found.rows} == {"explanation"}
    for row in found.rows:
        assert row.ci_low <= row.value <= row.ci_high
        assert row.split == "test"
    assert rows["tvd", PERMUTED, 2].n_sentences == 12
    assert found.facts["sample"].startswith("12 of the 30 sentences of test")
    for name, metric, target in ((LARGEST, "weight", LARGEST), (ADVERSARIAL, "jsd_nats", ADVERSARIAL)):
        means = found.arrays[f"explanation/{name}"].mean(axis=0)
        assert means == pytest.approx([rows[metric, target, layer].value for layer in (0, 2)])
    far = (found.arrays["explanation/adversarial"] > FAR).mean(axis=0)
    assert far == pytest.approx([rows["share_far", ADVERSARIAL, layer].value for layer in (0, 2)])
    best = max((p.fit for p in pool.predictions if p.target == TASK), key=lambda fit: fit.dev_score)
    assert found.facts["layer"] == best.layer


def test_the_weights_are_those_of_the_sentences_of_the_sample(pool):
    """From the stored vectors and the trained numbers, by hand, for one sentence."""
    found = SMALL(pool)
    chosen = pool.sample("test", 12).sentences
    fit = next(p.fit for p in pool.predictions if (p.target, p.layer) == (TASK, 2))
    index = pool.hidden.index
    number = int(chosen[4]) + int((index.split < 2).sum())
    rows = np.arange(index.start[number], index.start[number] + index.length[number])
    rows = rows[index.word[rows] >= 0]
    mean, deviation = fit.scale
    x = (pool.items.vectors.subwords(2, rows) - mean) / deviation
    inside, bias, query = fit.parameters[:3]
    weights = softmax((np.tanh(x @ inside + bias) @ query)[:, 0])
    assert found.arrays["explanation/largest"][4, 1] == pytest.approx(weights.max(), rel=1e-4)
    item = np.array([pool.items.vectors.bounds("test")[0] + chosen[4]])
    [own], [values] = reads(fit, pool.items.vectors, item)
    assert own == pytest.approx(weights, rel=1e-4)
    assert values == pytest.approx(x @ fit.parameters[-2], rel=1e-3, abs=1e-4)


def test_sentences_are_told_apart_by_their_largest_weight():
    """A weight of .25 is in the first part; nine sentences are too few for a mean of their own, ten are enough."""
    largest, moved = np.repeat([0.1, 0.25, 0.3, 0.9, 1.0], [5, 5, 9, 3, 7]), np.arange(29.0)
    found = by_largest(largest, moved)
    assert len(found) == len(BINS) - 1
    parts = [values[np.isfinite(values)].tolist() for values in found.values()]
    assert parts == [[*range(10)], [], [], [*range(19, 29)]]
    assert [target for _, target in found][2] == "permuted, largest weight 0.5 to 0.75"


def test_other_probes_and_tasks_are_refused_before_the_model_is_loaded(make, pool):
    with pytest.raises(ConfigError, match="the probe is linear; type probe=attention_pool task=sentiment"):
        SMALL.check(make(task=SentenceTask("sentiment")))
    with pytest.raises(ConfigError, match="task=tree_depth does not have"):
        SMALL.check(replace(pool, task=TreeDepth("tree_depth")))
    with pytest.raises(ConfigError, match="analysis.explanation.epsilon=0"):
        Explanation(epsilon=0)
