"""Words and sentences are made of the subwords that their definitions say, wherever these stand."""

import numpy as np
import pytest

from probing.errors import ConfigError
from probing.model.pooling import Pooling, pooling_weights

# Two sentences with padding behind, the second one first: [CLS] w0 w0 w2 [SEP] of three words, [CLS] w0 [SEP] of one.
WORDS = np.array([-1, 0, -1, -2, -1, 0, 0, 2, -1, -2])
STARTS, LENGTHS, N_WORDS = np.array([4, 0]), np.array([5, 3]), np.array([3, 1])
HALF = 0.5


def found(level, vector, cls_position="first"):
    weights = pooling_weights(WORDS, STARTS, LENGTHS, N_WORDS, Pooling(level, vector, cls_position))
    assert weights.dtype == np.float32 and weights.shape[1] == len(WORDS)
    return [dict(zip(row.indices.tolist(), row.data.tolist(), strict=True)) for row in weights]


@pytest.mark.parametrize("level", ["word", "pair"])
def test_words(level):
    assert found(level, "mean") == [{5: HALF, 6: HALF}, {}, {7: 1}, {1: 1}]
    assert found(level, "first") == [{5: 1}, {}, {7: 1}, {1: 1}]
    assert found(level, "last") == [{6: 1}, {}, {7: 1}, {1: 1}]


def test_sentences():
    third = float(np.float32(1 / 3))
    assert found("sentence", "mean") == [{5: third, 6: third, 7: third}, {1: 1}]
    assert found("sentence", "first") == [{5: 1}, {1: 1}]
    assert found("sentence", "last") == [{7: 1}, {1: 1}]
    assert found("sentence", "cls", "first") == [{4: 1}, {0: 1}]
    assert found("sentence", "cls", "last") == [{8: 1}, {2: 1}]


def test_a_sentence_without_subwords_has_no_weight():
    pooled = pooling_weights(WORDS, STARTS, np.array([0, 3]), N_WORDS, Pooling("sentence", "cls", "last"))
    assert pooled.toarray().nonzero()[0].tolist() == [1]


@pytest.mark.parametrize(
    "wrong", [("words", "mean"), ("word", "cls"), ("sentence", "max"), ("sentence", "cls", "middle")]
)
def test_other_poolings_are_refused(wrong):
    with pytest.raises(ConfigError, match="choose one of"):
        Pooling(*wrong)


def test_a_subword_of_several_words_is_part_of_each_and_counts_once_in_the_sentence():
    words, last = np.array([-1, 0, 1, 3, -1]), np.array([-1, 1, 1, 4, -1])  # of five words; the third has none
    parts = (words, np.array([0]), np.array([5]), np.array([5]))
    weights = pooling_weights(*parts, Pooling("word"), last).toarray()
    assert weights.tolist() == [[0, 1, 0, 0, 0], [0, HALF, HALF, 0, 0], [0] * 5, [0, 0, 0, 1, 0], [0, 0, 0, 1, 0]]
    firsts = pooling_weights(*parts, Pooling("word", "first"), last).toarray()
    assert firsts.argmax(axis=1).tolist() == [1, 1, 0, 3, 3]
    sentence = pooling_weights(*parts, Pooling("sentence"), last).toarray()
    np.testing.assert_allclose(sentence, [[0, 1 / 3, 1 / 3, 1 / 3, 0]])
