"""A sketch keeps means, and its surrogate agrees with all rows at the anchor."""

import numpy as np
import pytest
import torch

from probing.probe.sketch import Hessian, Rows, penalised

N, D, C = 4000, 6, 3


@pytest.fixture(scope="module")
def rows() -> Rows:
    rng = np.random.default_rng(0)
    features = torch.from_numpy(rng.normal(size=(N, D)).astype(np.float32))
    return Rows(features, torch.full((N,), 1 / N))


@pytest.fixture(scope="module")
def weights() -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(1).normal(size=(2, C, D + 1)).astype(np.float32))


def logits(rows: Rows, weights: torch.Tensor) -> torch.Tensor:
    return rows.features @ weights[:, :-1].T + weights[:, -1]


def gini(rows: Rows, weights: torch.Tensor) -> torch.Tensor:
    found = torch.empty(len(weights), N)
    rows.log_partition(weights, found)
    return found


def test_log_partition_its_gradient_and_the_impurities_are_those_of_autograd(rows, weights):
    value, gradient = rows.log_partition(weights)
    for target in (0, 1):
        leaf = weights[target].clone().requires_grad_()
        expected = logits(rows, leaf).logsumexp(1).mean()
        expected.backward()
        assert value[target].item() == pytest.approx(expected.item(), rel=1e-5)
        assert gradient[target].numpy() == pytest.approx(leaf.grad.numpy(), abs=1e-5)
        p = torch.softmax(logits(rows, weights[target]), 1)
        assert gini(rows, weights)[target].numpy() == pytest.approx(1 - (p**2).sum(1).numpy(), abs=1e-5)


def hessian_of(rows: Rows, point: torch.Tensor, l2: float) -> torch.Tensor:
    """The Hessian of mean log-sum-exp + l2/2 |w|^2 without the intercepts, by autograd, (C (D + 1), C (D + 1))."""

    def objective(w: torch.Tensor) -> torch.Tensor:
        return logits(rows, w).logsumexp(1).mean() + l2 / 2 * w[:, :-1].square().sum()

    return torch.autograd.functional.hessian(objective, point).reshape(point.numel(), -1)


def test_the_product_is_that_with_the_hessian(rows, weights):
    here, step = weights
    expected = hessian_of(rows, here, 0.1) @ step.reshape(-1)
    assert Hessian(rows, here, 0.1).product(step).reshape(-1).numpy() == pytest.approx(expected.numpy(), abs=1e-5)


def test_blocks_have_the_mean_and_the_mass_of_those_of_the_hessian(rows, weights):
    whole = hessian_of(rows, weights[0], 0.0).reshape(C, D + 1, C, D + 1)
    expected = torch.stack([whole[c, :, c] for c in range(C)])
    blocks = Hessian(rows, weights[0], 0.1).blocks()
    assert blocks.mass.numpy() == pytest.approx(expected[:, -1, -1].numpy(), rel=1e-4)
    means = (blocks.mean @ blocks.basis.T) * blocks.mass[:, None]
    assert means.numpy() == pytest.approx(expected[:, -1, :-1].numpy(), abs=1e-5)


@pytest.mark.parametrize("share", [0.1, 0.3])
def test_a_sketch_takes_its_share_of_rows_prefers_unsure_ones_and_keeps_the_mean(rows, weights, share):
    impurity = gini(rows, weights)[0]
    sketch = rows.sketch(impurity, share)
    assert len(sketch.features) == pytest.approx(share * N, rel=0.05)
    assert sketch.importance.sum().item() == pytest.approx(1, abs=0.1)
    assert sketch.importance.max().item() <= 1 / N / (0.2 * share) + 1e-9
    taken = (rows.features[:, None, 0] == sketch.features[:, 0]).any(1)
    expected = 0.8 * impurity.square().mean() / impurity.mean() + 0.2 * impurity.mean()  # in proportion to q
    assert impurity[taken].mean().item() == pytest.approx(expected.item(), rel=0.02)
    assert impurity[taken].mean() > 1.05 * impurity.mean()
    # the weights make good that unsure rows are preferred
    assert (sketch.importance * impurity[taken]).sum().item() == pytest.approx(impurity.mean().item(), rel=0.01)
    again = rows.sketch(impurity, share)
    assert torch.equal(again.features, sketch.features)


def test_the_penalty_is_on_everything_but_the_intercepts_and_its_gradient_is_that_of_autograd(weights):
    moment, value, gradient = weights[1:], torch.tensor([2.0]), torch.ones(1, C, D + 1)
    leaf = weights[:1].clone().requires_grad_()
    expected = value.sum() + gradient.flatten() @ leaf.flatten() - (leaf * moment).sum()
    expected = expected + 0.15 * leaf[..., :-1].square().sum()
    expected.backward()
    here = value + (gradient * weights[:1]).sum()
    found, slope = penalised(here, gradient, weights[:1], moment, 0.3)
    assert found.item() == pytest.approx(expected.item(), rel=1e-5)
    assert slope.numpy() == pytest.approx(leaf.grad.numpy(), abs=1e-5)
