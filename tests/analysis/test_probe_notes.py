"""What a reader is told of the strengths that dev chose, and of features that the store rounded away."""

from types import SimpleNamespace

import numpy as np
import pytest

from probing.analysis.probes import below_resolution, strength_at_edge
from probing.probe.fit import TASK, Fit


def study(l2: dict[int, float], grid: tuple[float, ...] = (1e-2, 1e-1), lost: int = 0) -> SimpleNamespace:
    """A study whose probe chose ``l2`` per layer; ``lost`` features of layer 1 of 4 were not resolved."""
    deviation = {layer: np.where(np.arange(4) < (lost if layer == 1 else 0), np.inf, 1) for layer in l2}
    fits = [Fit(n, TASK, {}, 0.0, True, {"l2": s}, scale=(np.zeros(4), deviation[n])) for n, s in l2.items()]
    return SimpleNamespace(
        probe=SimpleNamespace(l2=list(grid)),
        predictions=[SimpleNamespace(target=TASK, fit=fit) for fit in fits],
        hidden=SimpleNamespace(dtype="float16", width=4),
    )


def test_only_where_the_grown_grid_ends_a_wider_one_is_asked_for():
    assert strength_at_edge(study({0: 1e-1, 1: 1e-2, 2: 1e-4})) == []  # the grid grew by itself, or was wide enough
    (note,) = strength_at_edge(study({0: 1e-5, 1: 1e-2, 2: 100.0}))
    assert "layers [0, 2]" in note.text and "probe.l2" in note.text
    assert strength_at_edge(study({0: 1e-2}, grid=(1e-2,))) == []  # one strength is what was wanted


@pytest.mark.parametrize("lost", [0, 3])
def test_features_below_the_resolution_are_counted_per_layer(lost):
    notes = below_resolution(study({0: 1e-2, 1: 1e-2}, lost=lost))
    assert len(notes) == bool(lost)
    assert all("3 on layer 1 (of 4 features)" in note.text and "float16" in note.text for note in notes)
