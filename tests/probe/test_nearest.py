"""The nearest training items, against cosines computed one by one."""

import numpy as np
import pytest

from probing.errors import ConfigError, DataError
from probing.probe.nearest import nearest


def test_items_are_ordered_by_the_cosine_of_what_the_probe_sees():
    rng = np.random.default_rng(0)
    train, query = rng.normal(size=(30, 5)).astype(np.float32), rng.normal(size=5).astype(np.float32)
    train[4] = np.nan  # an item without a vector
    mean, deviation = rng.normal(size=5).astype(np.float32), np.array([1, 2, 0.5, np.inf, 1], np.float32)
    found = nearest(train, query, (mean, deviation), 7)
    seen, own = (train - mean) / deviation, (query - mean) / deviation
    distances = [1 - row @ own / np.linalg.norm(row) / np.linalg.norm(own) for row in seen]
    expected = [item for item in np.argsort(distances) if item != 4][:7]
    assert found.items.tolist() == expected
    np.testing.assert_allclose(found.distances, np.array(distances)[expected], atol=1e-6)
    plain = nearest(train, query, (np.zeros(5, np.float32), np.ones(5, np.float32)), 7)
    assert plain.items.tolist() != expected


def test_a_training_item_is_nearest_to_itself():
    train = np.eye(4, dtype=np.float32)
    found = nearest(train, train[2], (np.full(4, 0.1, np.float32), np.ones(4, np.float32)), 9)
    assert len(found.items) == 4 and found.items[0] == 2 and found.distances[0] == pytest.approx(0, abs=1e-6)


def test_what_cannot_be_compared_is_refused():
    scale = np.zeros(2, np.float32), np.ones(2, np.float32)
    row = np.ones((1, 2), np.float32)
    with pytest.raises(DataError, match="no vector to compare"):
        nearest(row * np.nan, row[0], scale)
    with pytest.raises(DataError, match="no vector to compare"):
        nearest(row, row[0] * np.nan, scale)
    with pytest.raises(ConfigError, match="neighbours=0"):
        nearest(row, row[0], scale, 0)
