"""What is stored comes back within the precision of its type, whatever its range."""

import numpy as np
import pytest

from probing.store.encoding import BITS, DTYPES, checksum_of, decode, encode, precision, rounded

MOST = float(np.finfo(np.float32).max)


@pytest.mark.parametrize("dtype", DTYPES)
def test_values_come_back_within_the_precision_of_the_type(dtype):
    hidden = np.random.default_rng(0).normal(scale=30, size=(3, 50, 8)).astype(np.float32)
    stored, exponents = encode(hidden, dtype)
    assert (stored.dtype, exponents.any()) == (DTYPES[dtype], False)
    back = decode(stored, exponents, dtype)
    assert back.dtype == np.float32
    assert (np.abs(back - hidden) <= np.abs(hidden) * 2.0 ** -BITS[dtype]).all()
    assert np.array_equal(encode(back, dtype)[0], stored)  # what was read can be written again unchanged


def test_bfloat16_is_rounded_to_nearest_and_reaches_as_far_as_float32():
    hidden = np.array([[[1.0, 1 + 2**-7, 1 + 3 * 2**-9, 3e38, -1e-38, 0.0]]], np.float32)
    wanted = np.array([[[1.0, 1 + 2**-7, 1 + 2**-7, 3e38, -1e-38, 0.0]]], np.float32)
    np.testing.assert_allclose(rounded(hidden, "bfloat16"), wanted, rtol=2**-8)
    assert rounded(hidden, "bfloat16")[0, 0, 2] == 1 + 2**-7


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    "largest", [65_504, 65_505, 7e4, 131_008, 1e5, 3e9, 3e38, MOST, 1e-3, 9e-4, 1e-7, 1e-38, 1e-45]
)
def test_any_range_fits_every_type(dtype, largest):
    drawn = np.random.default_rng(1).uniform(-1, 1, size=(2, 40, 6)) * [1, 1, 1, largest, largest, 0]
    drawn[1, 7, 3:5] = -largest, largest
    hidden = drawn.astype(np.float32)
    error = np.abs(rounded(hidden, dtype) - hidden)
    of_feature = np.abs(hidden).max(axis=1, keepdims=True)
    bound = np.maximum(np.abs(hidden) * 2.0 ** -BITS[dtype], of_feature * (2.0**-15 if dtype == "float16" else 0))
    assert (error <= bound + 2.0 ** (-134 if dtype == "bfloat16" else -150)).all()  # half of the smallest number


def test_only_features_that_do_not_fit_are_scaled_and_each_on_its_own():
    hidden = np.ones((2, 3, 5), np.float32)
    hidden[1, 1] = [1e5, -1e9, 65_504, 2**-10, 1]
    hidden[1, [0, 2]] = [1, 1, 1, 0, 1e-4]
    hidden[0] = [0, 1e-6, 1, 1, 1]
    stored, exponents = encode(hidden, "float16")
    assert exponents.tolist() == [[0, -34, 0, 0, 0], [2, 15, 0, 0, 0]]  # 1e5 < 2**17, 1e9 < 2**30, 1e-6 < 2**-19
    assert np.array_equal(stored[:, :, [2, 3, 4]], hidden[:, :, [2, 3, 4]].astype(np.float16))
    assert stored[1, 1, 0] == 25_000
    np.testing.assert_allclose(decode(stored, exponents, "float16"), hidden, rtol=2**-11)


def test_plain_numpy_gives_the_same():
    hidden = (np.random.default_rng(2).normal(size=(1, 9, 4)) * [1, 1e6, 1e-8, 1e20]).astype(np.float32)
    stored, exponents = encode(hidden, "float16")
    assert np.array_equal(stored[0] * 2.0 ** exponents[0], decode(stored, exponents, "float16")[0])


def test_a_batch_is_stored_alike_whatever_came_before_and_an_empty_one_can_be():
    hidden = np.random.default_rng(3).normal(scale=1e5, size=(2, 8, 4)).astype(np.float32)
    again = encode(hidden.copy(), "float16")
    assert all(np.array_equal(one, other) for one, other in zip(encode(hidden, "float16"), again, strict=True))
    assert encode(hidden[:, :0], "float16")[0].shape == (2, 0, 4)


def test_the_checksum_covers_both_the_numbers_and_their_exponents():
    stored, exponents = encode(np.full((1, 2, 2), 1e5, np.float32), "float16")
    sum_of = checksum_of(stored[0], exponents[0])
    assert sum_of == checksum_of(stored[0].copy(), exponents[0].copy())
    assert sum_of != checksum_of(stored[0], exponents[0] + 1)
    assert sum_of != checksum_of(stored[0] * 2, exponents[0])


def test_precision_is_told_in_words():
    assert precision("float16") == (
        "11 bits: rounding changes a number by at most 0.05 %, or 0.003 % of the largest of its feature"
    )
    assert precision("bfloat16") == "8 bits: rounding changes a number by at most 0.4 %"
