"""The blocks of the preconditioner: exact where classes share their directions, and inverted exactly."""

import numpy as np
import pytest
import torch

from probing.probe.class_blocks import ClassBlocks, class_blocks

C, D, M = 3, 5, 4000
L2 = 0.1


def planted(*, aligned: bool) -> tuple[torch.Tensor, torch.Tensor]:
    """Features in rotated directions, and weights by groups of rows, one for each class.

    In each group the features vary along the same directions (``aligned``), or each along directions of its own.
    """
    rng = np.random.default_rng(0)
    rotations = [np.linalg.qr(rng.normal(size=(D, D)))[0] for _ in range(C)]
    groups = []
    for c in range(C):
        x = rng.normal(size=(M, D))
        x = np.linalg.qr(x - x.mean(0))[0] * M**0.5  # uncorrelated in this very sample
        groups.append(rng.normal(size=D) + (x * rng.uniform(0.5, 4, D)) @ rotations[0 if aligned else c].T)
    weight = np.kron(np.diag(rng.uniform(0.1, 1, C)), np.ones(M)) / M
    return torch.from_numpy(np.concatenate(groups)), torch.from_numpy(weight)


def exact(features: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """The blocks, (C, D + 1, D + 1), by their definition."""
    x = torch.cat([features, torch.ones(len(features), 1, dtype=features.dtype)], dim=1)
    return torch.einsum("cm,mi,mj->cij", weight, x, x)


def told(blocks: ClassBlocks) -> torch.Tensor:
    """The blocks that the fields describe, (C, D + 1, D + 1)."""
    found = []
    for mass, mean, spread in zip(blocks.mass, blocks.mean, blocks.spread, strict=True):
        x = torch.cat([blocks.basis @ mean, torch.ones(1, dtype=mean.dtype)])
        block = mass * torch.outer(x, x)
        block[:-1, :-1] += blocks.basis @ torch.diag(spread) @ blocks.basis.T
        found.append(block)
    return torch.stack(found)


def test_blocks_are_exact_where_all_classes_vary_along_the_same_directions(monkeypatch):
    monkeypatch.setattr("probing.probe.class_blocks._SHARED", 0.0)
    features, weight = planted(aligned=True)
    torch.testing.assert_close(told(class_blocks(features, weight)), exact(features, weight), rtol=1e-6, atol=1e-6)


def test_elsewhere_means_masses_and_the_spread_along_each_direction_are_right(monkeypatch):
    monkeypatch.setattr("probing.probe.class_blocks._SHARED", 0.0)
    features, weight = planted(aligned=False)
    blocks = class_blocks(features, weight)
    whole, found = exact(features, weight), told(blocks)
    torch.testing.assert_close(found[:, -1], whole[:, -1], rtol=1e-6, atol=1e-6)
    turned = [blocks.basis.T @ one[:, :-1, :-1] @ blocks.basis for one in (found, whole)]
    torch.testing.assert_close(*(torch.diagonal(one, dim1=1, dim2=2) for one in turned), rtol=1e-6, atol=1e-6)
    assert (turned[0] - turned[1]).abs().max() > 0.1
    # in the shared basis the sum of all spreads has nothing off its diagonal
    centred = whole[:, :-1, :-1] - torch.einsum("c,ci,cj->cij", blocks.mass, *[blocks.mean @ blocks.basis.T] * 2)
    summed = blocks.basis.T @ centred.sum(0) @ blocks.basis
    torch.testing.assert_close(summed, torch.diag(torch.diagonal(summed)), rtol=0, atol=1e-6)


def test_spreads_are_mixed_with_their_sum(monkeypatch):
    features, weight = planted(aligned=False)
    mixed = class_blocks(features, weight).spread
    monkeypatch.setattr("probing.probe.class_blocks._SHARED", 0.0)
    alone = class_blocks(features, weight).spread
    expected = 0.9 * alone + 0.1 * alone.sum(1, keepdim=True) / alone.sum() * alone.sum(0)
    torch.testing.assert_close(mixed, expected)


def test_blocks_with_the_penalty_are_inverted_and_rows_add_up_to_zero():
    blocks = class_blocks(*planted(aligned=False))
    gradient = torch.from_numpy(np.random.default_rng(1).normal(size=(C, D + 1)))
    step = blocks.solve(gradient, L2)
    assert step.sum(0).numpy() == pytest.approx(np.zeros(D + 1), abs=1e-9)
    penalty = L2 * torch.eye(D + 1, dtype=step.dtype)
    penalty[-1, -1] = 0
    solved = torch.linalg.solve(told(blocks) + penalty, gradient[..., None])[..., 0]
    assert step.numpy() == pytest.approx((solved - solved.mean(0)).numpy(), rel=1e-3, abs=1e-3)


def test_a_class_without_weight_has_a_finite_step():
    features, weight = planted(aligned=True)
    weight[0] = 0
    assert class_blocks(features, weight).solve(torch.ones(C, D + 1, dtype=weight.dtype), L2).isfinite().all()
