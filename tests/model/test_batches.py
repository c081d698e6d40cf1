"""Windows against a reading of their definition word by word, and plans against their promises."""

import numpy as np
import pytest

from probing.model.batches import as_units, plan
from probing.model.subwords import Frame, Subwords

TEXT = "the quick brown fox jumps over the lazy dog and then she left the light of the moon over there"
LONG = f"{TEXT} because I don't know what the naïve fox saw in New York".split()


def one_sentence(words, prefix=1, suffix=1):
    """Subwords numbered from 0 that belong to ``words``, between special subwords."""
    framed = np.array([-1] * prefix + list(words) + [-1] * suffix, dtype=np.int32)
    n = len(framed)
    return Subwords(np.arange(n, dtype=np.int32), framed, np.array([0, n]), np.array([max(words) + 1], dtype=np.int32))


def taken_from(subwords, frame, causal):
    """Per window: the subwords in it, and those whose vectors are taken from it."""
    units = as_units(subwords, frame, causal)
    return [
        (units.ids[a:b].tolist(), units.ids[a:b][units.rows[a:b] >= 0].tolist())
        for a, b in zip(units.offsets, units.offsets[1:], strict=False)
    ]


def test_windows_move_by_half_and_a_word_goes_where_it_has_most_context_on_both_sides():
    frame = Frame(prefix=(0,), suffix=(9,), window=6)  # room for 4 subwords
    subwords = one_sentence(range(8))  # [CLS] w0 … w7 [SEP] are subwords 0 … 9
    assert taken_from(subwords, frame, causal=False) == [
        ([0, 1, 2, 3, 4, 9], [0, 1, 2, 3]),  # the first three: nothing lies before the sentence
        ([0, 3, 4, 5, 6, 9], [4, 5]),
        ([0, 5, 6, 7, 8, 9], [6, 7, 8, 9]),
    ]


def test_causal_windows_give_a_word_the_most_context_before_it():
    frame = Frame(prefix=(), suffix=(), window=4)
    assert taken_from(one_sentence(range(8), 0, 0), frame, causal=True) == [
        ([0, 1, 2, 3], [0, 1, 2, 3]),
        ([2, 3, 4, 5], [4, 5]),
        ([4, 5, 6, 7], [6, 7]),
    ]


def test_the_subwords_of_a_word_come_from_one_window():
    frame = Frame(prefix=(), suffix=(), window=4)
    words = [0, 1, 1, 2, 2, 3, 3]  # pairs that windows would cut
    for _, taken in taken_from(one_sentence(words, 0, 0), frame, causal=False):
        assert {k for k, word in enumerate(words) if word in {words[t] for t in taken}} == set(taken)


def test_a_word_longer_than_any_overlap_is_still_covered():
    frame = Frame(prefix=(), suffix=(), window=4)
    taken = taken_from(one_sentence([0] * 11, 0, 0), frame, causal=False)
    assert sorted(k for _, some in taken for k in some) == list(range(11))


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("seed", range(20))
def test_every_subword_is_taken_exactly_once(seed, causal):
    rng = np.random.default_rng(seed)
    words = np.sort(rng.integers(0, 12, size=rng.integers(5, 40)))
    frame = Frame(prefix=(1,), suffix=(2,), window=int(rng.integers(4, 12)))
    units = as_units(one_sentence(words.tolist()), frame, causal)
    rows = units.rows[units.rows >= 0]
    assert sorted(rows) == list(range(len(words) + 2))
    assert (np.diff(units.offsets) <= frame.window).all()


def by_hand(encoder, subwords, room):
    """Vectors (L, S, D) of one long sentence as as_units defines them, one word and one window at a time."""
    prefix, suffix = len(encoder.frame.prefix), len(encoder.frame.suffix)
    n = len(subwords.ids) - prefix - suffix
    starts = [*range(0, n - room, room // 2), n - room]
    outputs = []
    for start in starts:
        inside = np.r_[0:prefix, prefix + start : prefix + start + room, prefix + n : prefix + n + suffix]
        window = Subwords(subwords.ids[inside], subwords.words[inside], np.array([0, len(inside)]), subwords.n_words)
        outputs.append(encoder.hidden(window))
    wanted = np.empty((encoder.n_layers, len(subwords.ids), encoder.width), dtype=np.float32)
    wanted[:, :prefix] = outputs[0][:, :prefix]
    wanted[:, prefix + n :] = outputs[-1][:, prefix + room :]
    for word in range(int(subwords.n_words[0])):
        own = np.flatnonzero(subwords.words[prefix : prefix + n] == word)
        context = []
        for start in starts:
            left = own[0] - start if start > 0 else np.inf
            right = start + room - 1 - own[-1] if start + room < n else np.inf
            whole = own[0] >= start and own[-1] < start + room
            context.append((left if encoder.causal else min(left, right)) if whole else -1)
        best = context.index(max(context))
        wanted[:, prefix + own] = outputs[best][:, prefix + own - starts[best]]
    return wanted


@pytest.mark.parametrize("name", ["bert", "gpt2", "llama", "t5"])
def test_windowed_vectors_equal_forward_passes_by_hand(name, load_tiny):
    encoder = load_tiny(name, max_subwords=21)
    subwords = encoder.tokenize([LONG])
    assert subwords.counts["windowed_sentences"] == 1
    room = 21 - len(encoder.frame.prefix + encoder.frame.suffix)
    np.testing.assert_allclose(encoder.hidden(subwords), by_hand(encoder, subwords, room), atol=1e-4)


def test_a_window_as_long_as_the_sentence_is_no_window(load_tiny):
    whole = load_tiny("bert")
    subwords = whole.tokenize([LONG[:9], LONG[:3]])
    fitting = load_tiny("bert", max_subwords=int(np.diff(subwords.offsets).max()))
    assert fitting.tokenize([LONG[:9], LONG[:3]]).counts["windowed_sentences"] == 0
    np.testing.assert_array_equal(fitting.hidden(subwords), whole.hidden(subwords))


def test_short_sentences_are_untouched_beside_long_ones(load_tiny):
    encoder = load_tiny("bert", max_subwords=21)
    alone = encoder.hidden(encoder.tokenize([["the", "dog"]]))
    both = encoder.hidden(encoder.tokenize([LONG, ["the", "dog"]]))
    np.testing.assert_allclose(both[:, -alone.shape[1] :], alone, atol=1e-4)


def test_a_plan_keeps_to_its_budget_and_runs_the_longest_first():
    lengths = np.array([3, 9, 0, 4, 9, 2, 4, 30])
    batches = plan(lengths, budget=18)
    # 30 > 18 goes alone; 3 and 2 are less than four fifths of what comes before; 0 is left out
    assert [batch.tolist() for batch in batches] == [[7], [1, 4], [3, 6], [0], [5]]


def test_a_plan_depends_on_lengths_and_budget_alone():
    lengths = np.random.default_rng(0).integers(1, 60, size=500)
    again = [plan(lengths, 256), plan(lengths.tolist(), 256)]
    assert all(np.array_equal(a, b) for a, b in zip(*again, strict=True))
    assert sorted(np.concatenate(again[0])) == list(range(500))


@pytest.mark.parametrize("budget", [64, 512, 100_000])
def test_little_of_a_batch_is_padding_whatever_the_budget(budget):
    lengths = np.random.default_rng(0).integers(1, 60, size=200)
    for batch in plan(lengths, budget):
        assert len(batch) * lengths[batch].max() <= max(budget, lengths[batch[0]])
        assert lengths[batch].min() >= 0.8 * lengths[batch].max()
