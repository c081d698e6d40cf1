"""Correlations by hand, replaced attention weights, and the words that the figures are turned into."""

import numpy as np
import pytest

from probing.attention.interventions.head_ablation import Ablation, ablated
from probing.attention.interventions.passes import hidden
from probing.attention.interventions.rank_correlation import correlations, deviation, received
from probing.attention.interventions.readouts import ProbeReadout
from probing.attention.interventions.replaced_weights import _permuted, replaced_weights
from probing.errors import ConfigError, ProbingError
from probing.model.batches import batch_of
from probing.model.blocks import blocks


def probe(encoder, subwords, layer=3):
    rng = np.random.default_rng(1)
    gold = [rng.integers(0, 3, n) for n in subwords.n_words]
    weights = rng.normal(size=(3, encoder.width + 1))
    return ProbeReadout("any", layer, weights, np.zeros(encoder.width), np.ones(encoder.width), gold)


def test_correlations_by_hand():
    up, swapped, flat = [1.0, 2, 3, 4], [2.0, 1, 3, 4], [5.0, 5, 5, 5]
    scores = {"rollout": [np.array([up, swapped, flat]), np.array([[0.1, 0.3, 0.2], [3, 2, 1], [1, 2, 3]])]}
    references = {"blank-out": [np.array([-0.1, 0.2, -0.3, 0.4]), np.array([10.0, 20, 30])]}
    spearman, kendall = correlations(scores, references, (1, 2, 3), "dev")
    assert (spearman.metric, kendall.metric) == ("spearman", "kendall")
    assert spearman.target == "rollout × blank-out" and spearman.probe == "explain"
    # One swap of neighbours: 1 - 6 * 2 / (4 * 15) among four, 1 - 6 * 2 / (3 * 8) among three; 1 pair of 6, of 3.
    np.testing.assert_allclose(spearman.sums, [[1, 0.8, 0], [0.5, -1, 1]])
    np.testing.assert_allclose(kendall.sums, [[1, 4 / 6, 0], [1 / 3, -1, 1]])
    np.testing.assert_array_equal(spearman.items, [[1, 1, 0], [1, 1, 1]])
    sd, undefined = deviation(spearman)
    np.testing.assert_allclose(sd[:2], [np.std([1, 0.5], ddof=1), np.std([0.8, -1], ddof=1)])
    assert np.isnan(sd[2]) and undefined.tolist() == [0, 0, 1]


def test_tokens_without_reference_are_left_out_and_lengths_must_agree():
    scores = [np.array([[9.0, 1, 2, 3, 9]])]
    [spearman, _] = correlations({"a": scores}, {"b": [np.array([np.nan, 1, 2, 3, np.nan])]}, (1,), "dev")
    assert spearman.sums == [[1.0]]
    [spearman, _] = correlations({"a": scores}, {"b": [np.array([np.nan, 1, 2, np.nan, np.nan])]}, (1,), "dev")
    assert spearman.items == [[0.0]]
    both = {"b": [np.array([np.nan, 1, 2, 3, np.nan])], "c": [np.arange(5.0)]}
    of_c = correlations({"a": scores}, both, (1,), "dev")[2]
    assert (of_c.target, of_c.sums) == ("a × c", [[1.0]])  # without b, the nines would count
    with pytest.raises(ProbingError, match="for the same tokens"):
        correlations({"a": scores}, {"b": [np.arange(4.0)]}, (1,), "dev")


def test_rounding_is_not_a_ranking():
    noisy = np.full((1, 5), 0.2) + np.array([0, 1, 2, 3, 4]) * 1e-9
    [spearman, _] = correlations({"a": [noisy]}, {"b": [np.arange(5.0)]}, (1,), "dev")
    assert spearman.items == [[0.0]]


def test_what_tokens_receive():
    maps = np.array([[[[1.0, 0], [0.5, 0.5]], [[0, 1], [0.5, 0.5]]]])  # one layer, two heads
    np.testing.assert_allclose(received(maps), [[0.5, 0.5]])
    np.testing.assert_allclose(received(maps[:, 0]), [[0.75, 0.25]])
    np.testing.assert_allclose(received(maps[:, 0], "max"), [[1, 0.5]])
    np.testing.assert_allclose(received(maps[:, 0], -1), [[0.5, 0.5]])
    with pytest.raises(ConfigError, match="mean or max"):
        received(maps, "median")


def test_permuting_uniform_attention_changes_nothing_and_other_attention_does(encoder, subwords, uniform_queries):
    even = uniform_queries(encoder)
    permuted, levelled = replaced_weights(
        even, subwords, probe(even, subwords), np.random.default_rng(0), "dev", draws=2
    )
    assert permuted.items.tolist() == [1] * 4 and permuted.layers == (1, 2, 3)
    assert (permuted.metric, permuted.target, permuted.probe) == ("tvd", "permuted", "explain")
    assert np.abs(permuted.sums).max() < 1e-5 and np.abs(levelled.sums).max() < 1e-5
    permuted, levelled = replaced_weights(
        encoder, subwords, probe(encoder, subwords), np.random.default_rng(0), "dev", draws=2
    )
    assert (permuted.sums.mean(axis=0) > 1e-4).all() and (levelled.sums.mean(axis=0) > 1e-4).all()
    assert permuted.sums.max() <= 1 and levelled.target == "uniform"


def test_uniform_attention_moves_the_output_as_far_as_ablation_of_all_heads_does(encoder, subwords):
    output = probe(encoder, subwords)
    _, levelled = replaced_weights(encoder, subwords, output, np.random.default_rng(0), "dev", draws=1)
    for sentence in range(len(subwords)):
        alone = batch_of(subwords, [sentence], encoder.pad)
        before = output(hidden(encoder, alone, 3), alone).log_probabilities.exp()
        with ablated(encoder, alone, {(2, 0), (2, 1)}, Ablation("uniform")):
            after = output(hidden(encoder, alone, 3), alone).log_probabilities.exp()
        expected = np.mean((before - after).clamp(min=0).sum(1).tolist())  # what is lost is what is gained elsewhere
        np.testing.assert_allclose(levelled.sums[sentence, 1], expected, atol=1e-6)


@pytest.fixture
def uniform_queries():
    """The same encoder with queries of zero in all blocks, so that all keys get the same weight."""
    import copy

    def uniform_queries(encoder):
        network = copy.deepcopy(encoder.network)
        for block in blocks(network):
            for name, module in block.attention.named_modules():
                if name in ("query", "q_lin", "q_proj"):
                    module.weight.data.zero_()
                    if module.bias is not None:
                        module.bias.data.zero_()
                if name == "c_attn":  # GPT-2: queries first
                    module.weight.data[:, :16] = 0
                    module.bias.data[:16] = 0
        arguments = (encoder.tokenizer, encoder.frame, encoder.facts, encoder.pad, "cpu")
        return type(encoder)(encoder.checkpoint, network, *arguments)

    return uniform_queries


@pytest.mark.parametrize("causal", [False, True])
def test_permutations_stay_among_the_keys_that_a_query_can_see(causal):
    import torch

    real = np.array([[True] * 5, [True] * 3 + [False] * 2])
    seen = np.broadcast_to(real[:, None, None], (2, 1, 5, 5)) & (np.tri(5, dtype=bool) if causal else True)
    rng = np.random.default_rng(0)
    weights = np.where(seen, rng.uniform(0.1, 1, seen.shape), 0).astype(np.float32)
    identity = torch.eye(5).expand(2, 5, 5)[:, :, None]  # values that say which key they are of
    substitute = _permuted(torch.from_numpy(weights), real, (causal, None), rng)
    mixed = substitute(identity)[:, :, 0].numpy()
    assert not np.allclose(mixed, weights[:, 0])
    np.testing.assert_allclose(np.sort(mixed), np.sort(weights[:, 0]), rtol=1e-6)
    assert (mixed[~seen[:, 0]] == 0).all()
