"""The surface baselines of edges and mentions find what the words of an item tell, and nothing else."""

import numpy as np
import pytest

from probing.axes import Places
from probing.probe.baselines import Read
from probing.probe.fit import Target
from probing.probe.indicators import logistic_on_indicators
from probing.probe.item_surface import ITEM_SURFACES
from probing.rng import generator

SIZES = {"train": 300, "dev": 80, "test": 80}


def made(label, parts: int) -> tuple[Target, Read]:
    """One item in each sentence of six random words; ``label`` of its words and spans (K, 2) gives its class."""
    rng = generator(0, "items")
    forms, places, values = {}, {}, {}
    for split, n in SIZES.items():
        forms[split] = [[f"w{i}" for i in rng.integers(12, size=6)] for _ in range(n)]
        starts = [np.sort(rng.choice(5, size=parts, replace=False)) for _ in range(n)]
        spans = [np.stack([at, at + 1], axis=1)[None] for at in starts]
        places[split] = [Places(s[:, -1, 0], s) for s in spans]
        values[split] = [np.array([label(f, s[0])]) for f, s in zip(forms[split], spans, strict=True)]
    items = {split: [p.words for p in found] for split, found in places.items()}
    return Target("span", "class", 2, values), Read(forms, items, places)


RULES = {
    "both words, order and distance": (lambda words, spans: int(words[spans[1, 0]] < "w3"), 2),
    "words of the mention": (lambda words, spans: int(words[spans[0, 0]] in ("w1", "w4", "w5", "w7", "w11")), 1),
    "match and distance of the mentions": (lambda words, spans: int(spans[1, 0] - spans[0, 1] > 1), 2),
}


@pytest.mark.parametrize("name", ITEM_SURFACES)
def test_a_rule_of_the_surface_is_found(name):
    target, read = made(*RULES[name])
    found = ITEM_SURFACES[name](target, read)
    assert np.mean(np.concatenate(found["test"]) == target.flat("test")) > 0.95
    noise = Target(
        "span", "class", 2, {s: [generator(i, s).integers(2, size=1) for i in range(n)] for s, n in SIZES.items()}
    )
    assert np.mean(np.concatenate(ITEM_SURFACES[name](noise, read)["test"]) == noise.flat("test")) < 0.75


def test_an_item_of_dev_whose_class_train_does_not_have_does_not_count():
    """Class 2 is a class, but no item of train has it: without it, dev has nothing to choose by but class 0."""
    values = {"train": [np.array([0, 1])] * 40, "dev": [np.array([0, 2])] * 20, "test": [np.array([0, 1])]}
    rows = {split: [[f"f{i % 2}"] for i in range(sum(map(len, of)))] for split, of in values.items()}
    found = logistic_on_indicators(Target("span", "class", 3, values), rows)
    without = {**values, "dev": [np.array([0])] * 20}
    fewer = {**rows, "dev": [["f0"]] * 20}
    expected = logistic_on_indicators(Target("span", "class", 3, without), fewer)
    assert found["test"][0].tolist() == expected["test"][0].tolist() == [0, 1]


def test_without_a_feature_that_train_has_the_intercept_decides():
    values = {"train": [np.array([1, 1, 0])] * 20, "dev": [np.array([1])] * 5, "test": [np.array([0])]}
    rows = {split: [[f"{split}{i}"] for i in range(sum(map(len, of)))] for split, of in values.items()}
    found = logistic_on_indicators(Target("span", "class", 2, values), rows)
    assert [v.tolist() for v in found["test"]] == [[1]]
