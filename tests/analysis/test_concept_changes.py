"""Each method beside random subspaces that change as much, and beside its control task."""

import numpy as np
import pytest

from probing.analysis.concept_changes import COUNTERFACTUALS, METHODS, REMOVALS, changes, random_removals
from probing.analysis.concept_material import Material
from probing.probe.erasure.counterfactuals import other_classes

N, D, C, DRAWS = 240, 10, 3, 2


@pytest.fixture(scope="module")
def made():
    """All changes of a planted concept, the vectors, their classes and the wanted ones; some items have no class."""
    rng = np.random.default_rng(0)
    y = rng.integers(C, size=N)
    x = rng.standard_normal((N, D)) + 4 * np.eye(D)[y]
    gold, control = (
        Material(x[:120], labels, (x[120:], y[120:]), C, steps=2, alpha=4.0, l2=1e-2)
        for labels in (y[:120], rng.integers(C, size=120))
    )
    own = np.where(np.arange(N) % 5 == 0, -1, y)
    random = random_removals(x[:120], DRAWS, lambda *purpose: np.random.default_rng(len("".join(purpose))))
    return (
        changes(gold, control, METHODS, random, (DRAWS, np.random.default_rng(1))),
        x,
        own,
        other_classes(own, C, rng),
    )


def of(made, method):
    return {change.name: change for change in made[0] if change.method == method}


@pytest.mark.parametrize("method", METHODS)
def test_each_method_has_its_random_subspaces_and_its_control(made, method):
    found = of(made, method)
    assert [*found] == [method, f"{method}_random0", f"{method}_random1", f"{method}_control"]
    assert found[f"{method}_random0"].rank == found[f"{method}_random1"].rank == found[method].rank
    moved = [change.apply(*made[1:]) for change in found.values()]
    assert min(np.abs(one - other).max() for i, one in enumerate(moved) for other in moved[:i]) > 0.1


def test_random_subspaces_of_one_rank_are_the_same_for_all_methods_that_remove_in_the_same_way(made):
    assert of(made, "mean_projection")["mean_projection"].rank == of(made, "leace")["leace"].rank == C - 1
    removed = {method: of(made, method)[f"{method}_random0"].apply for method in REMOVALS}
    assert removed["mean_projection"] is removed["probe_subspace"]
    assert len({*removed.values()}) == 3  # LEACE whitens, INLP has another rank


@pytest.mark.parametrize("method", REMOVALS)
def test_removals_take_no_notice_of_classes_and_do_nothing_the_second_time(made, method):
    _, x, own, wanted = made
    for change in of(made, method).values():
        erased = change.apply(x, own, wanted)
        assert np.abs(change.apply(erased, wanted, own) - erased).max() < 1e-6
        assert np.linalg.matrix_rank(erased - x, tol=1e-6) == change.rank


@pytest.mark.parametrize("method", COUNTERFACTUALS)
def test_random_moves_are_as_long_and_items_without_a_class_stay(made, method):
    _, x, own, wanted = made
    found = of(made, method)
    moved = {name: change.apply(x, own, wanted) - x for name, change in found.items()}
    lengths = {name: np.linalg.norm(by, axis=1) for name, by in moved.items()}
    assert (lengths[method][own >= 0] > 0.1).all()
    for name, length in lengths.items():
        assert (length[own < 0] == 0).all()
        if "random" in name:
            assert np.abs(length - lengths[method]).max() < 1e-9
            assert np.linalg.matrix_rank(moved[name], tol=1e-6) == found[name].rank
