import numpy as np
import pytest

from probing.attention.heads.strongest_word import StrongestWords, strongest

WORDS = [-1, 0, 1, 1, 2, -1]  # [CLS] a b1 b2 c [SEP]
MAP = np.array(
    [
        [1, 0, 0, 0, 0, 0],
        [0.50, 0.20, 0.06, 0.06, 0.10, 0.08],  # a: c is its heaviest subword, b (.12) its strongest word
        [0.10, 0.30, 0.60, 0.00, 0.00, 0.00],  # b1 and b2: a has .30 and .00, c .00 and .40
        [0.00, 0.00, 0.50, 0.10, 0.40, 0.00],
        [0.90, 0.00, 0.00, 0.00, 0.10, 0.00],  # c: nothing on another word
        [1, 0, 0, 0, 0, 0],
    ]
)


def random_map(rng, n, n_layers=2, n_heads=3):
    drawn = rng.random((n_layers, n_heads, n, n))
    return drawn / drawn.sum(axis=-1, keepdims=True)


def test_weights_are_between_words(maps_by_hand):
    word, weight, _ = strongest(maps_by_hand([WORDS], [MAP[None, None]]), n_words=3)
    assert word[0, :, 0, 0].tolist() == [1, 2, -1]
    assert weight[0, :, 0, 0] == pytest.approx([0.12, 0.20, 0.0])


def test_the_strongest_words_are_those_of_a_loop_whatever_the_padding(maps_by_hand):
    rng = np.random.default_rng(0)
    layouts = [[-1, 0, 0, 1, 2, 2, 2, 3, -1], [0, 1, 1], [-1, 0, 2, 2, -1]]  # the last one's word 1 has no subword
    drawn = [random_map(rng, len(layout)) for layout in layouts]
    found, weight, _ = strongest(maps_by_hand(layouts, drawn), n_words=4)
    for row, (layout, attention) in enumerate(zip(layouts, drawn, strict=True)):
        of = np.array(layout)
        for query in set(layout) - {-1}:
            others = {
                key: attention[:, :, of == query][..., of == key].sum(axis=-1).mean(axis=-1)
                for key in set(layout) - {-1, query}
            }
            best = np.max(list(others.values()), axis=0)
            chosen = np.array(list(others))[np.argmax(list(others.values()), axis=0)]
            assert np.array_equal(found[row, query], chosen)
            assert weight[row, query] == pytest.approx(best)


def test_batches_of_any_size_and_order_keep_the_same_words(maps_by_hand, strongest_of):
    rng = np.random.default_rng(1)
    layouts = [[-1, *range(n), -1] for n in (3, 5, 4)]
    drawn = [random_map(rng, len(layout)) for layout in layouts]
    together = strongest_of([3, 5, 4], [maps_by_hand(layouts, drawn)], 2, 3)
    alone = [maps_by_hand([layouts[i]], [drawn[i]], [i]) for i in (2, 0, 1)]
    apart = strongest_of([3, 5, 4], alone, 2, 3)
    assert np.array_equal(together.words, apart.words)
    assert np.array_equal(together.weights, apart.weights)
    assert together.present.all() and together.seen.all()
    half = strongest_of([3, 5, 4], alone[:1], 2, 3)
    assert half.seen.tolist() == [False, False, True]
    assert (half.words[:8] == -1).all()


def test_words_that_share_subwords_are_one_word_and_are_not_present():
    import torch

    from probing.model.map_facts import MapFacts
    from probing.model.maps import Maps

    rows = [[0.2, 0.3, 0.5], [0.3, 0.2, 0.5], [0.4, 0.4, 0.2]]  # subwords of words 0 and 1, of 1, of 2
    words, last = np.array([[0, 1, 2]]), np.array([[1, 1, 2]])
    batch = Maps((torch.tensor([[rows]]),), np.array([0]), words, words, np.array([3]), last_words=last)
    assert batch.units.tolist() == [[0, 0, 2]]
    assert batch.alone(3).tolist() == [[False, False, True]]
    found = StrongestWords([3], MapFacts.of_all(1, 1))
    found.add(batch)
    assert found.present.tolist() == [False, False, True]
    assert found.words[2, 0, 0] == 0
    np.testing.assert_allclose(found.weights[2, 0, 0], 0.8)
