"""Head statistics: every formula by hand, planted heads, and nothing but real pairs counted."""

from dataclasses import replace
from math import exp, log

import numpy as np
import pytest
import torch

from probing.attention.heads.head_statistics import HeadStatistics
from probing.attention.heads.weight_quantiles import QUANTILES
from probing.errors import ModelError
from probing.model.batches import PADDING
from probing.model.map_facts import MapFacts
from probing.model.maps import SPECIAL, Maps, maps

CLS, SEP, WORD = 101, 102, 7
SPECIALS = {"cls": {CLS}, "sep": {SEP}}


def framed(n_words):
    """Ids and words of [CLS] w0 w1 ... [SEP]."""
    return [CLS, *[WORD] * n_words, SEP], [SPECIAL, *range(n_words), SPECIAL]


def bare(n_words):
    """Ids and words without special subwords."""
    return [WORD] * n_words, list(range(n_words))


def batch_of(attention, read, first=0, longer=0, garbage=0.0):
    """Maps of sentences: attention per sentence (L, H, n, n), padded by ``longer`` more than is needed.

    ``garbage`` fills the rows of padding, which mean nothing.
    """
    lengths = np.array([len(ids) for ids, _ in read])
    size = lengths.max() + longer
    padded = np.zeros((len(attention), *attention[0].shape[:2], size, size), dtype=np.float32)
    ids, words = np.zeros((len(read), size), dtype=np.int64), np.full((len(read), size), PADDING)
    for at, (n, (numbers, of_words)) in enumerate(zip(lengths, read, strict=True)):
        padded[at, :, :, :n, :n], padded[at, :, :, n:] = attention[at], garbage
        ids[at, :n], words[at, :n] = numbers, of_words
    layers = tuple(torch.from_numpy(padded[:, layer]) for layer in range(padded.shape[1]))
    return Maps(layers, first + np.arange(len(read)), ids, words, lengths)


def by_metric(statistics):
    return {tally.metric: tally for tally in statistics.finish()}


def mean(tally):
    """(L, H)."""
    items = np.broadcast_to(tally.items[:, None, None], tally.sums.shape)
    return tally.sums.sum(axis=0) / items.sum(axis=0)


def random_maps(rng, shape, causal=False):
    weights = np.exp(rng.normal(scale=3, size=shape)) * (np.tri(shape[-1]) if causal else 1)
    return (weights / weights.sum(axis=-1, keepdims=True)).astype(np.float32)


def test_every_formula_by_hand():
    # [CLS] no ! [SEP]: one layer, one head; the word "!" is punctuation
    rows = [[0.5, 0.5, 0, 0], [0.25, 0.25, 0.25, 0.25], [0, 0, 0, 1], [0.125, 0, 0.75, 0.125]]
    statistics = HeadStatistics(1, MapFacts.of_all(1, 1), "dev", SPECIALS, [np.array([False, True])])
    statistics.add(batch_of([np.array([[rows]])], [framed(2)]))
    entropies = [log(2), log(4), 0, 0.25 * log(8) + 0.75 * log(4 / 3)]
    expected = {
        "entropy_nats": sum(entropies),
        "entropy_share": sum(entropies) / log(4),
        "effective_tokens": sum(map(exp, entropies)),
        "max_weight": 0.5 + 0.25 + 1 + 0.75,
        "distance_subwords": 0.5 + (0.25 + 0.25 + 0.5) + 1 + (0.375 + 0.75),
        "mass_self": 0.5 + 0.25 + 0 + 0.125,
        "mass_previous": 0.25 + 0 + 0.75,
        "mass_next": 0.5 + 0.25 + 1,
        "mass_first": 0.5 + 0.25 + 0 + 0.125,
        "mass_cls": 0.5 + 0.25 + 0 + 0.125,
        "mass_sep": 0 + 0.25 + 1 + 0.125,
        "mass_punctuation": 0 + 0.25 + 0 + 0.75,
    }
    found = by_metric(statistics)
    assert {name: tally.sums.item() for name, tally in found.items()} == pytest.approx(expected, abs=1e-6)
    assert {name: tally.items.item() for name, tally in found.items()} == {
        name: 3 if name in ("mass_previous", "mass_next") else 4 for name in expected
    }
    assert {(t.target, t.probe, t.split, t.layers) for t in found.values()} == {("all", "attention", "dev", (1,))}


@pytest.mark.parametrize("longer", [0, 3])
def test_planted_heads_come_out_exactly(longer):
    def heads(n):
        previous, uniform, sep = np.eye(n, k=-1), np.full((n, n), 1 / n), np.zeros((n, n))
        previous[0, 0], sep[:, -1] = 1, 1
        return np.stack([[previous, uniform], [sep, np.eye(n)]])  # two layers with two heads

    read = [framed(6), framed(2), framed(6)]
    statistics = HeadStatistics(3, MapFacts.of_all(2, 2), "dev", SPECIALS)
    statistics.add(batch_of([heads(8), heads(4), heads(8)], read, longer=longer, garbage=np.nan))
    found = {name: mean(tally) for name, tally in by_metric(statistics).items()}
    assert found["mass_previous"][0, 0] == found["mass_sep"][1, 0] == found["mass_self"][1, 1] == 1
    assert found["mass_self"][0, 0] == pytest.approx(3 / 20)  # the first subword of three sentences
    assert found["entropy_share"][0] == pytest.approx([0, 1])
    assert found["entropy_nats"][0, 1] == pytest.approx((16 * log(8) + 4 * log(4)) / 20)
    assert found["effective_tokens"] == pytest.approx(np.array([[1, (16 * 8 + 4 * 4) / 20], [1, 1]]))
    assert found["mass_next"] == pytest.approx(np.array([[0, (14 / 8 + 3 / 4) / 17], [3 / 17, 0]]))
    assert found["max_weight"] == pytest.approx(np.array([[1, (16 / 8 + 4 / 4) / 20], [1, 1]]))
    assert found["distance_subwords"][0, 0] == pytest.approx(17 / 20)
    assert found["distance_subwords"][1, 1] == 0


def test_padding_and_batching_change_nothing():
    rng = np.random.default_rng(0)
    read = [framed(n) for n in (5, 3, 1)]
    attention = [random_maps(rng, (2, 3, len(ids), len(ids))) for ids, _ in read]
    punctuation = [rng.random(n) < 0.4 for n in (5, 3, 1)]
    together, apart = (HeadStatistics(4, MapFacts.of_all(2, 3), "dev", SPECIALS, punctuation) for _ in range(2))
    together.add(batch_of(attention, read, longer=2, garbage=9.0))
    for at in (2, 0, 1):
        apart.add(batch_of(attention[at : at + 1], read[at : at + 1], first=at))
    one, other = by_metric(together), by_metric(apart)
    assert one.keys() == other.keys()
    for name, tally in one.items():
        np.testing.assert_allclose(tally.sums, other[name].sums, rtol=1e-5, atol=1e-6)
        np.testing.assert_array_equal(tally.items, other[name].items)
        assert tally.items[3] == 0  # never added
    for name, quantiles in together.quantiles().items():
        np.testing.assert_array_equal(quantiles, apart.quantiles()[name])


def test_one_subword_is_certain_and_has_no_share():
    statistics = HeadStatistics(1, MapFacts.of_all(1, 1), "dev")
    statistics.add(batch_of([np.ones((1, 1, 1, 1))], [bare(1)]))
    found = {name: (tally.sums.item(), tally.items.item()) for name, tally in by_metric(statistics).items()}
    ones = dict.fromkeys(("effective_tokens", "max_weight", "mass_self", "mass_first"), (1, 1))
    assert found == ones | {"entropy_nats": (0, 1), "distance_subwords": (0, 1)}
    assert (statistics.quantiles()["weight"] == 1).all()


def test_causal_queries_are_measured_by_what_they_see():
    visible = np.tri(4)
    uniform = visible / visible.sum(axis=1, keepdims=True)
    statistics = HeadStatistics(1, MapFacts.of_all(1, 1), "dev", {"sep": {SEP}, "unused": {99}}, causal=True)
    statistics.add(batch_of([np.array([[uniform]])], [([WORD, WORD, SEP, WORD], [0, 1, SPECIAL, 2])]))
    found = by_metric(statistics)
    assert mean(found["entropy_share"]).item() == pytest.approx(1)
    assert found["entropy_share"].items == [3]
    assert found["mass_sep"].items == [2]  # itself and the query after it
    assert found["mass_sep"].sums.item() == pytest.approx(1 / 3 + 1 / 4)
    assert not {"mass_next", "mass_unused", "mass_cls", "mass_punctuation"} & found.keys()
    assert found["mass_first_later"].items == [3] and found["mass_first"].items == [4]
    # uniform attention: a half, a third and a quarter; the first query sees nothing but the first position
    assert found["mass_first_later"].sums.item() == pytest.approx(1 / 2 + 1 / 3 + 1 / 4)
    assert found["mass_first"].sums.item() == pytest.approx(1 + 1 / 2 + 1 / 3 + 1 / 4)
    lowest = statistics.quantiles()["weight"][0, 0, 0]
    assert lowest == pytest.approx(0.25)  # later keys, which have no weight, are not pairs


@pytest.mark.parametrize("causal", [False, True])
def test_quantiles_are_numpys_within_the_width_of_a_bin(causal):
    rng = np.random.default_rng(1)
    read = [bare(n) for n in (20, 17, 16)]
    attention = [random_maps(rng, (2, 2, len(ids), len(ids)), causal) for ids, _ in read]
    statistics = HeadStatistics(3, MapFacts.of_all(2, 2), "dev", causal=causal)
    statistics.add(batch_of(attention[:2], read[:2], longer=1, garbage=0.5))
    statistics.add(batch_of(attention[2:], read[2:], first=2))
    found = statistics.quantiles()
    for layer, head in np.ndindex(2, 2):
        of_head = [sentence[layer, head] for sentence in attention]
        seen = [weights[np.tri(len(weights), dtype=bool)] if causal else weights.ravel() for weights in of_head]
        exact = {"weight": np.concatenate(seen), "max_weight": np.concatenate([w.max(axis=1) for w in of_head])}
        for name, values in exact.items():
            wanted = np.quantile(values, QUANTILES, method="inverted_cdf")
            binned = found[name][layer, head]
            assert (binned <= wanted).all()
            assert (wanted <= binned * (1 + 1 / 128)).all()


def test_no_quantile_of_nothing():
    statistics = HeadStatistics(2, MapFacts.of_all(1, 1), "dev")
    assert statistics.finish() == []
    assert np.isnan(statistics.quantiles()["weight"]).all()


def test_maps_of_another_model_are_refused():
    with pytest.raises(ModelError, match="1 layers with 2 heads; statistics of heads need 2 layers with 2 heads each"):
        HeadStatistics(1, MapFacts.of_all(2, 2), "dev").add(batch_of([np.ones((1, 2, 1, 1))], [bare(1)]))


def test_layers_with_different_numbers_of_heads_are_refused():
    batch = batch_of([np.ones((2, 2, 1, 1))], [bare(1)])
    uneven = replace(batch, attention=(batch.attention[0], batch.attention[1][:, :1]))
    with pytest.raises(ModelError, match="2 layers with 1 or 2 heads"):
        HeadStatistics(1, MapFacts.of_all(2, 2), "dev").add(uneven)


def test_a_sentence_of_unknown_punctuation_counts_no_item_and_leaves_the_others_as_they_are():
    read, rng = [framed(3), framed(3)], np.random.default_rng(0)
    attention = [random_maps(rng, (1, 1, 5, 5)) for _ in read]
    comma = np.array([False, True, False])
    found = {}
    for name, punctuation in {"both": (comma, comma), "one": (comma, None), "neither": (None, None)}.items():
        statistics = HeadStatistics(2, MapFacts.of_all(1, 1), "test", SPECIALS, punctuation)
        statistics.add(batch_of(attention, read))
        found[name] = by_metric(statistics)
    assert found["both"]["mass_punctuation"].items.tolist() == [5, 5]
    assert found["one"]["mass_punctuation"].items.tolist() == [5, 0]
    assert found["one"]["mass_punctuation"].sums[0] == found["both"]["mass_punctuation"].sums[0]
    assert found["one"]["mass_punctuation"].sums[1] == 0
    assert found["neither"].keys() == found["both"].keys() - {"mass_punctuation"}


def test_agrees_with_a_plain_loop_on_every_family(encoder, subwords):
    config = encoder.network.config
    facts = MapFacts.of_all(config.num_hidden_layers, config.num_attention_heads)
    statistics = HeadStatistics(len(subwords), facts, "dev", causal=encoder.causal)
    entropy, share = (np.zeros((len(subwords), config.num_hidden_layers, 2)) for _ in range(2))
    for batch in maps(encoder, subwords):
        statistics.add(batch)
        for sentence, weights, _, _ in batch.each():
            n = weights.shape[-1]
            logs = np.log(weights, out=np.zeros_like(weights), where=weights > 0)
            rows = -(weights * logs).sum(axis=-1)  # (L, H, S)
            seen = np.arange(1, n + 1) if encoder.causal else np.full(n, n)
            entropy[sentence] = rows.sum(axis=-1)
            share[sentence] = (rows[..., seen > 1] / np.log(seen[seen > 1])).sum(axis=-1)
    found = by_metric(statistics)
    np.testing.assert_allclose(found["entropy_nats"].sums, entropy, rtol=1e-4)
    np.testing.assert_allclose(found["entropy_share"].sums, share, rtol=1e-4)
    assert (mean(found["entropy_share"]) <= 1 + 1e-6).all()


def test_a_subword_is_punctuation_if_all_of_its_words_are():
    attention = np.full((1, 1, 3, 3), 1 / 3)
    batch = batch_of([attention], [bare(3)])
    batch = replace(batch, words=np.array([[0, 1, 3]]), last_words=np.array([[0, 2, 4]]))  # "so" "!)" ".b"
    statistics = HeadStatistics(
        1, MapFacts.of_all(1, 1), "test", punctuation=[np.array([False, True, True, True, False])]
    )
    statistics.add(batch)
    np.testing.assert_allclose(by_metric(statistics)["mass_punctuation"].sums[0, 0, 0], 3 * 1 / 3)
