"""What is called used if the removed subspace is only one more random one, and if it is not."""

import numpy as np
import pytest

from probing.analysis.usage_rows import EFFECT, usage_rows, used
from probing.result.resampling import Resampling

SENTENCES, LAYERS = 60, (0, 1, 2)
METHODS = ("leace", "inlp")
# how much subspaces differ among themselves, and sentences do
KINDS = {"small": (0.1, 1.0), "middling": (0.5, 1.0), "large": (1.0, 0.3)}


def measured(rng, draws, between, within, more=0.0):
    """Effects of sentences. Each subspace has one of its own, drawn from one distribution for all; ``more`` comes to
    those of the concept.
    """
    items = rng.integers(5, 15, size=SENTENCES).astype(float)
    found, harder = {}, np.exp(within * rng.standard_normal(SENTENCES) / 2)
    for method in METHODS:
        for of in ("", *(f"_random{draw}" for draw in range(draws)), "_control"):
            found[EFFECT, "pos", method + of] = {}
            for layer in LAYERS:
                own = between * abs(1 + 0.7 * rng.standard_normal()) + (more if not of else 0)
                effect = own * harder + within * rng.standard_normal(SENTENCES)
                found[EFFECT, "pos", method + of][layer] = (effect * items, items)
    return found


def called(found, draws):
    """The layers that are called used, by method."""
    return used(usage_rows(found, draws, Resampling(300, np.arange(SENTENCES)), 0))["pos"]


def said(n, draws, kind):
    """In how many of n studies whose concept is one more random subspace anything is called used."""
    rng = np.random.default_rng(0)
    return sum(any(called(measured(rng, draws, *KINDS[kind]), draws).values()) for _ in range(n))


def test_much_more_than_random_subspaces_do_is_called_used_and_one_of_them_is_not():
    rng = np.random.default_rng(1)
    assert called(measured(rng, 5, *KINDS["large"], more=20.0), 5) == {method: [*LAYERS] for method in METHODS}
    assert said(10, 5, "large") == 0


@pytest.mark.slow
@pytest.mark.parametrize("draws", [3, 5])
@pytest.mark.parametrize("kind", [*KINDS])
def test_a_random_subspace_is_called_used_in_at_most_five_of_a_hundred_studies(draws, kind):
    assert said(100, draws, kind) <= 5
