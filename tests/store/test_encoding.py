"""What is stored comes back within the precision of its type, and nothing overflows unseen."""

import numpy as np
import pytest

from probing.errors import RangeError
from probing.store.encoding import BITS, DTYPES, decode, encode, precision


@pytest.mark.parametrize("dtype", DTYPES)
def test_values_come_back_within_the_precision_of_the_type(dtype):
    hidden = np.random.default_rng(0).normal(scale=30, size=(3, 50, 8)).astype(np.float32)
    stored = encode(hidden, dtype)
    assert stored.dtype == DTYPES[dtype]
    back = decode(stored, dtype)
    assert back.dtype == np.float32
    assert (np.abs(back - hidden) <= np.abs(hidden) * 2.0 ** -BITS[dtype]).all()
    assert np.array_equal(encode(back, dtype), stored)  # what was read can be written again unchanged


def test_bfloat16_is_rounded_to_nearest_and_reaches_as_far_as_float32():
    hidden = np.array([[[1.0, 1 + 2**-7, 1 + 3 * 2**-9, 3e38, -1e-38, 0.0]]], np.float32)
    wanted = np.array([[[1.0, 1 + 2**-7, 1 + 2**-7, 3e38, -1e-38, 0.0]]], np.float32)
    np.testing.assert_allclose(decode(encode(hidden, "bfloat16"), "bfloat16"), wanted, rtol=2**-8)
    assert decode(encode(hidden, "bfloat16"), "bfloat16")[0, 0, 2] == 1 + 2**-7


def test_overflow_names_the_largest_value_and_what_to_type():
    hidden = np.array([[[1.0, -70_000.0]]], np.float32)
    with pytest.raises(RangeError, match=r"reach 7e\+04, float16 ends at 65504; type store.dtype=auto or .*=float32"):
        encode(hidden, "float16")
    with pytest.raises(RangeError, match=r"reach 3.4e\+38, bfloat16 ends at 3.3"):
        encode(np.full((1, 1, 1), np.finfo(np.float32).max), "bfloat16")  # would be rounded to infinity
    for dtype in ("bfloat16", "float32"):
        assert decode(encode(hidden, dtype), dtype)[0, 0, 1] == pytest.approx(-70_000, rel=2**-8)
    assert decode(encode(np.full((1, 1, 1), 65_504, np.float32), "float16"), "float16")[0, 0, 0] == 65_504


def test_a_layer_whose_numbers_float16_would_round_away_is_refused():
    hidden = np.stack([np.full((4, 8), 1.0), np.full((4, 8), 3e-6), np.zeros((4, 8))]).astype(np.float32)
    assert np.abs(hidden.astype(np.float16) / hidden.clip(1e-9) - 1)[1].max() > 0.005
    with pytest.raises(RangeError, match="no number above 3e-06, float16 keeps few digits of them"):
        encode(hidden, "float16")
    assert np.array_equal(decode(encode(hidden, "float32"), "float32"), hidden)
    encode(hidden[[0, 2]], "float16")  # zero is exact


def test_precision_is_told_in_words():
    assert precision("float16") == "11 bits: rounding changes a number by at most 0.05 %"
    assert precision("bfloat16") == "8 bits: rounding changes a number by at most 0.4 %"
