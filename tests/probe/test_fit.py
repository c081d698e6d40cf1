"""Vectors are standardised by what train says, and by nothing else."""

import numpy as np
import pytest

from probing.probe import fit
from probing.probe.fit import apply, scale, unresolved

BITS = 24  # of float32


def standardise(vectors: dict[str, np.ndarray], switched_on: bool) -> dict[str, np.ndarray]:
    return fit.standardise(vectors, switched_on, BITS)


@pytest.fixture
def vectors() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    spread, middle = np.array([1e-3, 1.0, 50.0], np.float32), np.array([0, 7, -300], np.float32)
    return {split: rng.normal(size=(400, 3)).astype(np.float32) * spread + middle for split in ("train", "dev", "test")}


def test_every_feature_of_train_gets_mean_zero_and_deviation_one(vectors: dict[str, np.ndarray]) -> None:
    train = standardise(vectors, switched_on=True)["train"].astype(np.float64)
    np.testing.assert_allclose(train.mean(axis=0), 0, atol=1e-4)
    np.testing.assert_allclose(train.std(axis=0), 1, atol=1e-4)


def test_dev_and_test_are_moved_by_the_mean_and_deviation_of_train(vectors: dict[str, np.ndarray]) -> None:
    found = standardise(vectors, switched_on=True)
    mean, deviation = vectors["train"].mean(axis=0), vectors["train"].std(axis=0)
    for split in ("dev", "test"):
        np.testing.assert_allclose(found[split], (vectors[split] - mean) / deviation, atol=1e-3)
        assert (abs(found[split].mean(axis=0)) > 1e-3).any()  # not by their own


def test_switched_off_only_the_mean_of_train_is_subtracted(vectors: dict[str, np.ndarray]) -> None:
    found = standardise(vectors, switched_on=False)
    for split, x in vectors.items():
        np.testing.assert_allclose(found[split], x - vectors["train"].mean(axis=0), atol=1e-3)


def test_a_constant_feature_is_zero_everywhere() -> None:
    vectors = {"train": np.full((5, 1), 3, np.float32), "dev": np.full((2, 1), 5, np.float32)}
    found = standardise(vectors, switched_on=True)
    assert found["train"].tolist() == [[0]] * 5
    assert found["dev"].tolist() == [[0]] * 2


def test_what_standardised_the_vectors_can_be_applied_to_others(vectors: dict[str, np.ndarray]) -> None:
    mean, deviation = scale(vectors["train"], switched_on=True, bits=BITS)
    again = apply({"test": vectors["test"]}, mean, deviation)["test"]
    assert (again == standardise(vectors, switched_on=True)["test"]).all()
    np.testing.assert_allclose(deviation, vectors["train"].std(axis=0), rtol=1e-4)


def test_a_feature_that_varies_by_no_more_than_the_step_between_two_stored_numbers_becomes_zero() -> None:
    """The step at a mean of 8 is 2**-7 for the 11 bits of float16, and 2**-20 for 24; at a mean of 0 it is 0."""
    sides = np.array([1, -1], np.float32)[:, None]
    train = np.array([8, -8, 8, 0], np.float32) + sides * np.array([2**-7, 2**-8, 2**-6, 2**-20], np.float32)
    found = fit.standardise({"train": train}, True, 11)["train"]
    np.testing.assert_allclose(found, sides * [0, 0, 1, 1])
    assert unresolved(scale(train, True, 11)) == 2
    assert unresolved(scale(train, True, 24)) == 0
