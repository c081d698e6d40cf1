import numpy as np
import pytest
import torch
from sklearn.linear_model import Ridge

from probing.probe.ridge import ridge
from probing.rng import generator


def test_weights_are_scikit_learns_for_every_target_and_strength() -> None:
    rng = generator(0, "ridge")
    x = rng.normal(size=(500, 12)).astype(np.float32)
    x -= x.mean(0)
    y = x[:, :2] @ np.array([[1.0, 0.5], [2.0, -1.0]]) + 3 + rng.normal(size=(500, 2))
    weights, intercepts = ridge(torch.from_numpy(x), torch.from_numpy(y), [1e-4, 1.0])
    for number, strength in enumerate([1e-4, 1.0]):
        reference = Ridge(alpha=500 * strength).fit(x.astype(np.float64), y)
        assert weights[number].T.numpy() == pytest.approx(reference.coef_, abs=1e-4)
        assert intercepts.numpy() == pytest.approx(reference.intercept_, abs=1e-4)


def test_a_constant_feature_gets_no_weight() -> None:
    x = torch.zeros(50, 2)
    x[:, 0] = torch.linspace(-1, 1, 50)
    weights, _ = ridge(x, 2 * x[:, :1].double(), [1e-6])
    assert weights[0, :, 0].numpy() == pytest.approx([2.0, 0.0], abs=1e-3)
