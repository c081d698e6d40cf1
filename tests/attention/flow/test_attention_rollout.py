import math

import numpy as np
import pytest

from probing.attention.flow.attention_rollout import RolloutTally, by_word, from_words, rollout, to_words
from probing.attention.flow.augmented import Rollout, augmented
from probing.errors import ConfigError, ModelError
from probing.model.batches import PADDING
from probing.model.map_facts import MapFacts
from probing.model.maps import SPECIAL, Maps


def published(maps):
    """The recursion of the paper in plain numpy, one sentence: (L, H, S, S) -> (L, S, S)."""
    found, below = [], np.eye(maps.shape[-1])
    for layer in maps.astype(np.float64):
        mixed = layer.mean(axis=0) + np.eye(len(below))
        below = (mixed / mixed.sum(axis=1, keepdims=True)) @ below
        found.append(below)
    return np.stack(found)


def random_maps(rng, lengths, n_layers=4, heads=3, causal=False, width=None):
    """L tensors (B, H, T, T) of rows that are distributions; rows of padding hold NaN, to show if they leak."""
    import torch

    width = width or max(lengths)
    maps = np.full((n_layers, len(lengths), heads, width, width), np.nan, dtype=np.float32)
    for row, n in enumerate(lengths):
        weights = rng.gamma(0.5, size=(n_layers, heads, n, n)) + 1e-6
        weights = np.tril(weights) if causal else weights
        maps[:, row, :, :n] = 0
        maps[:, row, :, :n, :n] = weights / weights.sum(-1, keepdims=True)
    return tuple(torch.from_numpy(layer) for layer in maps)


def one(*layers):
    """Maps of one sentence and one head from lists of rows."""
    import torch

    return tuple(torch.tensor(layer)[None, None] for layer in layers)


def batch_of(attention, words, lengths, sentences=None):
    words = np.array(words)
    sentences = np.arange(len(words)) if sentences is None else np.array(sentences)
    return Maps(attention, sentences, np.zeros_like(words), words, np.array(lengths))


@pytest.fixture
def rng():
    return np.random.default_rng(3)


def test_two_positions_and_two_layers_by_hand():
    attention = one([[0.5, 0.5], [0.0, 1.0]], [[0.0, 1.0], [1.0, 0.0]])
    half = rollout(attention, np.array([2]), Rollout())[0]
    # (A + I) / 2: layer 1 [[.75 .25] [0 1]], layer 2 [[.5 .5] [.5 .5]]
    assert half.tolist() == [[[0.75, 0.25], [0.0, 1.0]], [[0.375, 0.625], [0.375, 0.625]]]
    raw = rollout(attention, np.array([2]), Rollout(residual_weight=0))[0]
    assert raw.tolist() == [[[0.5, 0.5], [0.0, 1.0]], [[0.0, 1.0], [0.5, 0.5]]]


def test_a_padded_batch_equals_the_published_recursion(rng):
    lengths = np.array([9, 1, 5, 14])
    attention = random_maps(rng, lengths, n_layers=6, width=16)
    found = rollout(attention, lengths, Rollout()).numpy()
    for row, n in enumerate(lengths):
        alone = np.stack([layer[row, :, :n, :n].numpy() for layer in attention])
        np.testing.assert_allclose(found[row, :, :n, :n], published(alone), rtol=0, atol=1e-6)


def test_half_precision_maps_serve(rng):
    lengths = np.array([6, 4])
    attention = random_maps(rng, lengths)
    exact, coarse = (rollout(a, lengths, Rollout())[0] for a in (attention, [layer.half() for layer in attention]))
    assert abs(exact - coarse).max() < 2e-3
    np.testing.assert_allclose(coarse.sum(-1), 1, atol=1e-6)


@pytest.mark.parametrize(
    "options",
    [
        Rollout(),
        Rollout(residual_weight=0),
        Rollout(residual_weight=0.9, fusion="max"),
        Rollout(fusion="min", discard=0.5),
        Rollout(residual_weight=0, discard=0.99),
        Rollout(first_layer=3),
        Rollout(receptive_field=True, discard=0.2),
    ],
)
@pytest.mark.parametrize("causal", [False, True])
def test_every_real_row_is_a_distribution_over_its_sentence(rng, options, causal):
    lengths = np.array([7, 1, 12])
    found = rollout(random_maps(rng, lengths, causal=causal, width=13), lengths, options)
    for row, n in enumerate(lengths):
        real = found[row, :, :n]
        assert (real >= 0).all()
        assert (real[..., n:] == 0).all()
        np.testing.assert_allclose(real.sum(-1), 1, atol=1e-6)
        assert not causal or (real.triu(1) == 0).all()


def test_fusions_by_hand():
    import torch

    heads = torch.tensor([[[0.9, 0.1], [0.5, 0.5]], [[0.3, 0.7], [0.5, 0.5]]])[None]
    first = {
        name: augmented((heads,), np.array([2]), Rollout(0, fusion=name))[0, 0, 0].tolist()
        for name in ("mean", "max", "min")
    }
    assert first["mean"] == pytest.approx([0.6, 0.4])
    assert first["max"] == pytest.approx([0.9 / 1.6, 0.7 / 1.6])
    assert first["min"] == pytest.approx([0.3 / 0.4, 0.1 / 0.4])


def test_discard_drops_the_smallest_share_of_the_weights_of_a_map():
    attention = one([[0.7, 0.2, 0.1], [0.25, 0.45, 0.3], [0.05, 0.6, 0.35]])
    kept = augmented(attention, np.array([3]), Rollout(0, discard=0.34))[0, 0]
    assert (kept > 0).int().tolist() == [[1, 0, 0], [1, 1, 1], [0, 1, 1]]  # 3 of 9: .05, .1 and .2
    np.testing.assert_allclose(kept.sum(-1), 1, atol=1e-6)


def test_discard_counts_no_masked_pair_and_leaves_the_largest_weight_of_each_row():
    attention = one([[1.0, 0.0, 0.0], [0.9, 0.1, 0.0], [0.3, 0.3, 0.4]])
    kept = augmented(attention, np.array([3]), Rollout(0, discard=0.2))[0, 0]
    assert (kept > 0).int().tolist() == [[1, 0, 0], [1, 0, 0], [1, 1, 1]]  # 1 of the 6 weights, not 1 of 9 numbers
    more = augmented(attention, np.array([3]), Rollout(0, discard=0.34))[0, 0]
    assert (more > 0).int().tolist() == [[1, 0, 0], [1, 0, 0], [1, 1, 1]]  # 2 of 6; 3 of 9 would be .1, .3 and .3
    most = augmented(attention, np.array([3]), Rollout(0, discard=0.95))[0, 0]
    assert most.tolist() == [[1, 0, 0], [1, 0, 0], [0, 0, 1]]


def test_layers_before_the_first_are_the_identity(rng):
    lengths = np.array([5])
    attention = random_maps(rng, lengths)
    late = rollout(attention, lengths, Rollout(first_layer=3))[0]
    assert late[:2].tolist() == [np.eye(5).tolist()] * 2
    assert (late[2:] == rollout(attention[2:], lengths, Rollout())[0]).all()


def test_the_receptive_field_takes_the_lead_from_early_positions():
    uniform = [[1, 0, 0], [1 / 2, 1 / 2, 0], [1 / 3, 1 / 3, 1 / 3]]
    plain, normalised = (
        rollout(one(uniform), np.array([3]), Rollout(0, receptive_field=on))[0, 0, 2].tolist() for on in (False, True)
    )
    assert plain == pytest.approx([1 / 3, 1 / 3, 1 / 3])
    assert normalised == pytest.approx([2 / 11, 3 / 11, 6 / 11])  # seen by 3, 2 and 1 queries: 1/3, 1/2 and 1


def test_the_receptive_field_changes_nothing_where_all_see_all(rng):
    lengths = np.array([6, 3])
    attention = random_maps(rng, lengths)
    plain, normalised = (rollout(attention, lengths, Rollout(receptive_field=on)) for on in (False, True))
    np.testing.assert_allclose(plain[1, :, :3, :3], normalised[1, :, :3, :3], atol=1e-6)


def test_queries_of_padding_do_not_count_in_the_receptive_field(rng):
    import torch

    lengths = np.array([6, 3])
    attention = random_maps(rng, lengths, causal=True)
    for layer in attention:  # networks give the rows of padding weights on real keys
        layer[1, :, 3:] = torch.tensor([1 / 3] * 3 + [0] * 3)
    options = Rollout(receptive_field=True)
    padded = rollout(attention, lengths, options)[1, :, :3, :3]
    alone = rollout([layer[1:, :, :3, :3] for layer in attention], lengths[1:], options)[0]
    np.testing.assert_allclose(padded, alone, atol=1e-6)


def test_words_by_hand():
    import torch

    words = np.array([SPECIAL, 0, 0, 2])  # a special subword, a word in two pieces, a word in one; word 1 has none
    matrix = torch.tensor([[1.0, 0, 0, 0], [0.1, 0.2, 0.3, 0.4], [0.3, 0.0, 0.5, 0.2], [0.0, 0.5, 0.25, 0.25]])
    inner, special = to_words(matrix, words, 3)
    np.testing.assert_allclose(inner, [[0.5, 0, 0.3], [0, 0, 0], [0.75, 0, 0.25]], atol=1e-6)
    np.testing.assert_allclose(special, [0.2, 0, 0], atol=1e-6)
    np.testing.assert_allclose(from_words(matrix, words, 3)[0], [0.2, 0.1, 0.4, 0.3], atol=1e-6)


def test_words_of_a_batch_are_those_of_each_sentence(rng):
    lengths = np.array([6, 4])
    words = np.array([[SPECIAL, 0, 1, 1, 2, SPECIAL], [SPECIAL, 0, 0, SPECIAL, PADDING, PADDING]])
    attention = random_maps(rng, lengths)
    found = rollout(attention, lengths, Rollout())
    joined = by_word(batch_of(attention, words, lengths), Rollout())
    for row, (n, n_words) in enumerate(zip(lengths, (3, 1), strict=True)):
        inner, special = to_words(found[row, :, :n, :n], words[row, :n], n_words)
        np.testing.assert_allclose(inner.sum(-1) + special, 1, atol=1e-6)
        np.testing.assert_allclose(joined[row, :, :n_words, 2 : 2 + n_words], inner, atol=1e-6)
        np.testing.assert_allclose(joined[row, :, :n_words, 1], special, atol=1e-6)
        start = from_words(found[row, :, :n, :n], words[row, :n], n_words)[..., 0]
        np.testing.assert_allclose(joined[row, :, :n_words, 0], start, atol=1e-6)
    assert (joined[1, :, 1:] == 0).all()


@pytest.mark.parametrize("hole", [0.0, float("nan"), float("inf")])
def test_a_row_without_weights_is_named(rng, hole):
    lengths = np.array([3, 5])
    attention = random_maps(rng, lengths)
    attention[2][1, :, 4] = hole
    with pytest.raises(ModelError, match=r"sentence 17, layer 3: .* position 4 is all zero or not finite"):
        rollout(attention, lengths, Rollout(), np.array([40, 17]))
    with pytest.raises(ModelError, match="layer 3"):
        rollout(attention, lengths, Rollout(first_layer=2))
    rollout(attention, lengths, Rollout(first_layer=4))  # the damaged layer is not used


def test_heads_that_share_no_position_leave_nothing_to_min():
    import torch

    heads = torch.stack([torch.eye(2), torch.eye(2).flip(0)])[None]
    with pytest.raises(ModelError, match=r"rollout\.fusion=mean"):
        rollout((heads,), np.array([2]), Rollout(fusion="min"))


@pytest.mark.parametrize(
    "option", [{"residual_weight": 1.0}, {"residual_weight": -0.1}, {"discard": 1.0}, {"fusion": "median"},
               {"first_layer": 0}, {"residual_weight": float("nan")}],
)  # fmt: skip
def test_impossible_options_are_named(option):
    with pytest.raises(ConfigError, match=rf"rollout\.{next(iter(option))}="):
        Rollout(**option)


def test_the_defaults_are_those_of_the_paper():
    assert Rollout() == Rollout(0.5, "mean", 0.0, 1, receptive_field=False)


def test_a_first_layer_that_the_model_lacks_is_named(rng):
    with pytest.raises(ConfigError, match=r"rollout\.first_layer=5: this model has 4 layers"):
        rollout(random_maps(rng, np.array([2])), np.array([2]), Rollout(first_layer=5))


def tallied(batches, n_sentences, options):
    tally = RolloutTally(n_sentences, MapFacts.of_all(2, 1), "test", options)
    for batch in batches:
        tally.add(batch)
    return {t.metric: t for t in tally.finish()}


def test_the_tally_finds_planted_patterns():
    # Layer 1: everything goes to the special subword at position 0; layer 2: each word goes to itself.
    to_first, to_itself = [[1.0, 0, 0]] * 3, np.eye(3, dtype=np.float32).tolist()
    words = [[SPECIAL, 0, 1]]
    upward = batch_of(one(to_itself, to_first), words, [3], sentences=[1])
    found = tallied([upward], 2, Rollout(residual_weight=0))
    means = {metric: (t.sums[1] / t.items[1]).tolist() for metric, t in found.items()}
    assert means["mass_on_self"] == [1, 0]
    assert means["mass_on_first"] == means["mass_on_special"] == [0, 1]
    assert means["rollout_entropy_nats"] == [0, 0]
    assert means["effective_tokens"] == [1, 1]
    assert found["mass_on_self"].items.tolist() == [0, 2]  # sentence 0 was never seen
    assert found["mass_on_self"].layers == (1, 2)


def test_the_tally_of_a_uniform_rollout_by_hand():
    thirds, words = [[1 / 3] * 3] * 3, [[SPECIAL, 0, SPECIAL]]
    found = tallied([batch_of(one(thirds, thirds), words, [3])], 1, Rollout(residual_weight=0))
    entropy = -(1 / 3 * math.log(1 / 3) + 2 / 3 * math.log(2 / 3))  # the word, and both special subwords as one
    np.testing.assert_allclose(found["rollout_entropy_nats"].sums, entropy, atol=1e-6)
    np.testing.assert_allclose(found["effective_tokens"].sums, math.exp(entropy), atol=1e-6)
    np.testing.assert_allclose(found["mass_on_special"].sums, 2 / 3, atol=1e-6)
    np.testing.assert_allclose(found["mass_on_first"].sums, 1 / 3, atol=1e-6)


def test_the_tally_does_not_see_how_sentences_are_batched(rng):
    lengths, words = np.array([4, 3]), [[SPECIAL, 0, 1, 2], [SPECIAL, 0, 0, PADDING]]
    attention = random_maps(rng, lengths, n_layers=2)
    together = tallied([batch_of(attention, words, lengths)], 2, Rollout())
    alone = [
        batch_of([a[i : i + 1, :, :n, :n] for a in attention], [words[i][:n]], [n], [i]) for i, n in enumerate(lengths)
    ]
    for metric, tally in tallied(alone, 2, Rollout()).items():
        np.testing.assert_allclose(tally.sums, together[metric].sums, atol=1e-6)
        assert tally.items.tolist() == together[metric].items.tolist() == [3, 1]


def test_a_sentence_of_one_token():
    found = tallied([batch_of(one([[1.0]], [[1.0]]), [[0]], [1])], 1, Rollout())
    assert {metric: t.sums.tolist() for metric, t in found.items()} == {
        "rollout_entropy_nats": [[0, 0]],
        "effective_tokens": [[1, 1]],
        "mass_on_self": [[1, 1]],
        "mass_on_first": [[1, 1]],
        "mass_on_special": [[0, 0]],
    }


def test_real_maps_of_every_family(encoder, subwords):
    from probing.model.maps import maps

    for batch in maps(encoder, subwords):
        found = rollout(batch.attention, batch.lengths, Rollout()).numpy()
        for row, (_, alone, _, _) in enumerate(batch.each()):
            n = alone.shape[-1]
            np.testing.assert_allclose(found[row, :, :n, :n], published(alone), rtol=0, atol=1e-6)
