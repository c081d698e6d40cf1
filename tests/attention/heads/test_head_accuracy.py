import numpy as np

from probing.attention.heads.head_accuracy import NO_SUBWORDS, OFFSETS, RANDOM, Cases, Hits
from probing.model.maps import maps

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


def asks(n_words, *questions):
    """Cases out of (target, query, right words)."""
    targets, queries, rights = zip(*questions, strict=True)
    right = np.array([[word in of for word in range(n_words)] for of in rights])
    return Cases(np.array(targets), np.array(queries), right)


def random_map(rng, n, n_layers=2, n_heads=3):
    drawn = rng.random((n_layers, n_heads, n, n))
    return drawn / drawn.sum(axis=-1, keepdims=True)


def test_hits_offsets_and_the_random_word_by_hand(maps_by_hand, strongest_of):
    # a is right with b, or with c; c is right with a
    found = strongest_of([3], [maps_by_hand([WORDS], [MAP[None, None]])])
    hits = Hits([asks(3, (0, 0, [1]), (1, 0, [2]), (0, 2, [0]))], ["near", "far"], found, "dev")
    near, far = ({t.probe: t for t in hits.tallies() if t.target == target} for target in ("near", "far"))
    assert near["attention"].sums.tolist() == [[[1.0]]]  # a attends to b, c to nothing
    assert far["attention"].sums.tolist() == [[[0.0]]]
    assert (near["attention"].items.tolist(), far["attention"].items.tolist()) == ([2.0], [1.0])
    assert {o: near[f"offset{o:+d}"].sums.item() for o in (-2, -1, 1, 2)} == {-2: 1, -1: 0, 1: 1, 2: 0}
    assert {o for o in OFFSETS if far[f"offset{o:+d}"].sums.item()} == {2}
    assert near[RANDOM].sums.item() == 2 * 1 / 2
    assert near["attention"].layers == (1,)


def test_what_has_no_subwords_is_left_out_and_counted(maps_by_hand, strongest_of):
    layout = [-1, 0, 2, -1]  # word 1 vanished, and word 3 at the end
    attention = np.full((1, 1, 4, 4), 0.25)
    questions = asks(4, (0, 0, [2]), (0, 0, [1]), (0, 1, [0]), (0, 2, [1, 0]), (0, 3, [0]))
    hits = Hits([questions], ["all"], strongest_of([4], [maps_by_hand([layout], [attention])]), "dev")
    heads, *floors = hits.tallies()
    assert heads.items.tolist() == [2]
    assert heads.sums.tolist() == [[[2]]]
    assert hits.skipped == {NO_SUBWORDS: 3}
    assert floors[-1].probe == RANDOM
    assert floors[-1].sums.item() == 2  # the only other word is right, twice


def test_batches_of_any_size_and_order_count_the_same(maps_by_hand, strongest_of):
    rng = np.random.default_rng(1)
    layouts = [[-1, *range(n), -1] for n in (3, 5, 4)]
    drawn = [random_map(rng, len(layout)) for layout in layouts]
    cases = [asks(n, *((i % 2, i, [(i + 1) % n]) for i in range(n))) for n in (3, 5, 4)]
    whole = strongest_of([3, 5, 4], [maps_by_hand(layouts, drawn)], 2, 3)
    pieces = strongest_of([3, 5, 4], [maps_by_hand([layouts[i]], [drawn[i]], [i]) for i in (2, 0, 1)], 2, 3)
    together, apart = (Hits(cases, ["x", "y"], found, "dev") for found in (whole, pieces))
    for one, other in zip(together.tallies(), apart.tallies(), strict=True):
        assert (one.target, one.probe) == (other.target, other.probe)
        assert np.array_equal(one.sums, other.sums)
        assert np.array_equal(one.items, other.items)


def test_sentences_that_never_came_or_ask_nothing_have_no_items(maps_by_hand, strongest_of):
    nothing = Cases(np.zeros(0, dtype=int), np.zeros(0, dtype=int), np.zeros((0, 3), dtype=bool))
    found = strongest_of([3, 3, 3], [maps_by_hand([WORDS], [MAP[None, None]], [i]) for i in (1, 2)])
    hits = Hits([asks(3, (0, 0, [1])), nothing, asks(3, (0, 0, [1]))], ["x"], found, "dev")
    heads = next(hits.tallies())
    assert heads.items.tolist() == [0, 0, 1]
    assert heads.sums[:, 0, 0].tolist() == [0, 0, 1]


def test_real_networks_stream_through(encoder, subwords, strongest_of):
    cases = [asks(int(n), *((0, i, [i - 1]) for i in range(1, n))) for n in subwords.n_words]
    hits = Hits(cases, ["previous"], strongest_of(subwords.n_words, maps(encoder, subwords), 3, 2), "dev")
    heads, *floors = hits.tallies()
    assert heads.items.tolist() == [n - 1 for n in subwords.n_words]
    assert (heads.sums <= heads.items[:, None, None]).all()
    assert np.array_equal(floors[0].sums[:, 0], heads.items)  # the previous word is always right


def test_sentences_are_answered_some_at_a_time_and_count_the_same(maps_by_hand, strongest_of, monkeypatch):
    rng = np.random.default_rng(2)
    layouts = [[-1, *range(n), -1] for n in (3, 6, 4, 5, 2)]
    sizes = [len(layout) - 2 for layout in layouts]
    found = strongest_of(sizes, [maps_by_hand(layouts, [random_map(rng, n + 2) for n in sizes])], 2, 3)
    cases = [asks(n, *((0, i, [(i + 1) % n]) for i in range(n))) for n in sizes]
    at_once = Hits(cases, ["x"], found, "dev")
    monkeypatch.setattr("probing.attention.heads.head_accuracy._BLOCK", 1)
    one_by_one = Hits(cases, ["x"], found, "dev")
    for one, other in zip(at_once.tallies(), one_by_one.tallies(), strict=True):
        assert np.array_equal(one.sums, other.sums)
    missed = at_once.misses(2, 1)
    assert np.array_equal(missed, one_by_one.misses(2, 1))
    heads = next(at_once.tallies())
    assert len(missed) == heads.items.sum() - heads.sums[:, 1, 1].sum()
