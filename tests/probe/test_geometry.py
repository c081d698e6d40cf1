"""Losses and gradients of three words, worked out by hand."""

import numpy as np
import pytest
import torch

from probing.probe.geometry import FittedStructural, absolute_errors

# Three words h = (1, 0), (0, 2), (1, 1) under B = identity: squared norms 1, 4, 2.
WORDS = torch.tensor([[[[1.0, 0.0], [0.0, 2.0], [1.0, 1.0]]]])


def test_depth_loss_and_gradient_of_three_words_by_hand():
    matrix = torch.eye(2, requires_grad=True)
    gold, weight = torch.tensor([[[0.0, 5.0, 2.5]]]), torch.full((1, 3), 1 / 3)
    loss = absolute_errors(WORDS @ matrix, gold, weight).sum()
    assert loss.item() == pytest.approx((1 + 1 + 0.5) / 3)
    loss.backward()
    # d‖B h‖² = 2 h hᵀ at the identity, with the signs +, −, − of the errors 1, −1, −0.5.
    expected = 2 / 3 * (np.array([[1, 0], [0, 0]]) - np.array([[0, 0], [0, 4]]) - np.array([[1, 1], [1, 1]]))
    assert matrix.grad.numpy() == pytest.approx(expected)


def test_distance_loss_and_gradient_of_three_words_by_hand():
    matrix = torch.eye(2, requires_grad=True)
    gold = torch.tensor([[[[0.0, 1, 2], [1, 0, 1], [2, 1, 0]]]])
    loss = absolute_errors(WORDS @ matrix, gold, torch.full((1, 3, 3), 1 / 9)).sum()
    # Squared distances: 1–2: 1+4 = 5, 1–3: 1, 2–3: 1+1 = 2; errors 4, −1, 1, each pair twice.
    assert loss.item() == pytest.approx(2 * (4 + 1 + 1) / 9)
    loss.backward()
    differences = np.array([[1, -2], [0, -1], [-1, 1]])
    expected = 2 / 9 * sum(s * 2 * np.outer(d, d) for s, d in zip((1, -1, 1), differences, strict=True))
    assert matrix.grad.numpy() == pytest.approx(expected)


def test_distances_survive_an_origin_far_from_the_words():
    near, far = (absolute_errors(w, torch.zeros(1, 1, 3, 3), torch.ones(1, 3, 3)) for w in (WORDS, WORDS + 4096))
    assert far.item() == pytest.approx(near.item()) == 2 * (5 + 1 + 2)


def test_depths_and_distances_are_squared_norms_of_what_the_matrix_gives():
    vectors, matrix = np.array([[1.0, 2], [3, 0], [0, 5]]), np.array([[2, 0], [0, 1]], np.float32)
    depth, distance = (FittedStructural(pairs, matrix, 0.5, (), True) for pairs in (False, True))
    offsets = np.array([0, 2, 3])
    # the matrix and the scale give (1, 1), (3, 0) and (0, 2.5)
    assert [found.tolist() for found in depth.predict(vectors, offsets)] == [[2, 9], [6.25]]
    assert [found.tolist() for found in distance.predict(vectors, offsets)] == [[[0, 5], [5, 0]], [[0]]]
