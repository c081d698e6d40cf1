"""A sink is one more outcome: everything agrees with maps that have a column for it."""

import numpy as np
import pytest
import torch

from probing.attention.flow.attention_rollout import RolloutTally, rollout
from probing.attention.flow.augmented import Rollout, augmented
from probing.attention.heads.head_similarity import Divergence
from probing.attention.heads.head_statistics import HeadStatistics
from probing.model.map_facts import MapFacts
from probing.model.maps import SPECIAL, Maps
from probing.view.record import Tokens, View
from probing.view.sink_column import with_sink

N, LAYERS, HEADS = 5, 3, 2
FACTS = MapFacts((2, 3, 5), HEADS, (True, False, True))


@pytest.fixture
def given():
    """Maps with a sink in two of three layers, and the same with the sink as a subword that attends to itself."""
    rng = np.random.default_rng(0)
    wide = rng.random((LAYERS, HEADS, N + 1, N + 1)).astype(np.float32)
    wide[1, :, :, -1] = 0
    wide[:, :, -1] = 0
    wide[:, :, -1, -1] = 1
    wide /= wide.sum(-1, keepdims=True)
    return wide[:, :, :-1, :-1], wide


def tensors(maps):
    return tuple(torch.from_numpy(np.ascontiguousarray(layer))[None] for layer in maps)


def batch(maps):
    words = np.array([[SPECIAL, 0, 1, 1, 2]])
    return Maps(tensors(maps), np.array([0]), np.arange(N)[None], words, np.array([N]), FACTS)


@pytest.mark.parametrize("options", [Rollout(), Rollout(residual_weight=0), Rollout(fusion="mean", first_layer=3)])
def test_rollout_is_that_of_maps_with_a_column_for_the_sink(given, options):
    narrow, wide = given
    found = rollout(tensors(narrow), np.array([N]), options, facts=FACTS)[0]
    wanted = rollout(tensors(wide), np.array([N + 1]), options, facts=MapFacts(FACTS.layers, HEADS, (False,) * 3))[0]
    np.testing.assert_allclose(found, wanted[:, :N, :N], atol=1e-6)
    assert found.sum(-1).min() < 0.9


def test_rows_without_a_sink_are_still_normalised(given):
    narrow, _ = given
    maps = augmented(tensors(narrow * 0.5), np.array([N]), Rollout(), facts=MapFacts.of_all(3, HEADS))
    np.testing.assert_allclose(maps.sum(-1), 1, atol=1e-6)


def test_the_first_layer_is_a_block_and_not_a_place(given):
    narrow, _ = given
    late = rollout(tensors(narrow), np.array([N]), Rollout(first_layer=3), facts=FACTS)[0]
    assert torch.equal(late[0], torch.eye(N))  # block 2 is below it
    assert not torch.equal(late[1], torch.eye(N))


def test_the_tally_has_the_sinks_share_and_the_blocks_numbers(given):
    narrow, _ = given
    tally = RolloutTally(1, FACTS, "test", Rollout())
    tally.add(batch(narrow))
    found = {t.metric: t for t in tally.finish()}
    assert {t.layers for t in found.values()} == {(2, 3, 5)}
    rolled = rollout(tensors(narrow), np.array([N]), Rollout(), facts=FACTS)[0]
    of_words = torch.stack([rolled[:, 1], rolled[:, 2:4].mean(1), rolled[:, 4]], dim=1)  # (L, W, S)
    np.testing.assert_allclose(found["mass_on_sink"].sums[0], (1 - of_words.sum(-1)).sum(-1), atol=1e-6)
    plain = RolloutTally(1, MapFacts.of_all(3, HEADS), "test", Rollout())
    assert "mass_on_sink" not in {t.metric for t in plain.finish()}


def test_head_statistics_count_the_sink_as_one_more_outcome(given):
    narrow, wide = given
    statistics = HeadStatistics(1, FACTS, "test")
    statistics.add(batch(narrow))
    found = {t.metric: t.sums[0] for t in statistics.finish()}  # (L, H)
    rows = wide[:, :, :-1].astype(np.float64)
    entropy = -(rows * np.log(np.where(rows > 0, rows, 1))).sum(-1)
    np.testing.assert_allclose(found["entropy_nats"], entropy.sum(-1), atol=1e-5)
    np.testing.assert_allclose(found["mass_sink"], rows[..., -1].sum(-1), atol=1e-5)
    outcomes = np.array([N + 1, N, N + 1])[:, None]
    np.testing.assert_allclose(found["entropy_share"], entropy.sum(-1) / np.log(outcomes), atol=1e-5)


def test_divergence_sees_a_sink(given):
    narrow, wide = given
    apart = Divergence()
    apart.add(batch(narrow))
    rows = wide[:, :, :-1].reshape(LAYERS * HEADS, N, N + 1).astype(np.float64)

    def entropy(p):
        return -(p * np.log(np.where(p > 0, p, 1))).sum(-1)

    wanted = entropy((rows[0] + rows[4]) / 2) - (entropy(rows[0]) + entropy(rows[4])) / 2
    assert apart.finish()[0, 4] == pytest.approx(wanted.mean(), abs=1e-5)


def test_a_view_has_a_column_for_the_sink(given):
    narrow, wide = given
    names = tuple("abcde")
    tokens = Tokens(names, (False,) * N, np.arange(N), np.zeros(N, dtype=np.int64), names, np.zeros(N, dtype=np.int64))
    keys = np.ones((LAYERS, HEADS, N, 4), dtype=np.float32)
    rolled = rollout(tensors(narrow), np.array([N]), Rollout(), facts=FACTS)[0].numpy()
    view = with_sink(View(tokens, narrow, rolled, keys=keys, queries=keys, scale=1.0), FACTS)
    assert view.layers == (2, 3, 5)
    assert view.tokens.labels[-1] == "[sink]"
    np.testing.assert_allclose(view.attention, wide, atol=1e-6)
    np.testing.assert_allclose(view.rollout.sum(-1), 1, atol=1e-6)
    assert view.keys.shape == (LAYERS, HEADS, N + 1, 4)
    assert not view.keys[:, :, -1].any()
    plain = with_sink(View(tokens, narrow, rolled), MapFacts.of_all(3, HEADS))
    assert plain.tokens is tokens
    assert plain.layers == (1, 2, 3)
