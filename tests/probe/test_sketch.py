"""A sketch keeps means, and its surrogate agrees with all rows at the anchor."""

import numpy as np
import pytest
import torch

from probing.probe.sketch import Rows, Surrogate, penalised

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


def test_the_diagonal_is_that_of_the_hessian(rows, weights):
    hessian = torch.autograd.functional.hessian(lambda w: logits(rows, w).logsumexp(1).mean(), weights[0])
    expected = hessian.reshape(C * (D + 1), -1).diagonal().reshape(C, D + 1)
    assert rows.diagonal(weights[0]).numpy() == pytest.approx(expected.numpy(), abs=1e-5)


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
    again = rows.sketch(impurity, share)
    assert torch.equal(again.features, sketch.features)


def test_the_surrogate_has_the_value_and_gradient_of_all_rows_at_the_anchor_alone(rows, weights):
    here, elsewhere = weights
    value, gradient = (found[0] for found in rows.log_partition(here[None]))
    moment = torch.zeros(C, D + 1)
    sketch = rows.sketch(gini(rows, weights)[0], 0.1)
    surrogate = Surrogate(sketch, moment, 0.1, (here, value, gradient))

    def on_all_rows(point: torch.Tensor) -> tuple[float, np.ndarray]:
        objective, slope = penalised(*rows.log_partition(point[None]), point[None], moment[None], 0.1)
        return objective.item(), slope[0].numpy()

    objective, slope = surrogate.evaluate(here)
    assert objective == pytest.approx(on_all_rows(here)[0], rel=1e-6)
    assert slope.numpy() == pytest.approx(on_all_rows(here)[1], abs=1e-5)
    assert abs(surrogate.evaluate(elsewhere)[0] - on_all_rows(elsewhere)[0]) > 1e-3
