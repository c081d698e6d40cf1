"""Columns of values as each architecture documents its layout, although nothing is known of it."""

import pytest
import torch

from probing.model.blocks import blocks
from probing.model.projections import alike


def heads(columns):
    """Columns (H, d)."""
    return columns.reshape(4, -1).tolist()


def of(tiny_network, name):
    block = blocks(tiny_network(name))[1]
    columns = block.columns
    return heads(torch.arange(columns.start, columns.stop) if isinstance(columns, slice) else columns)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Bert", [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11], [12, 13, 14, 15]]),
        ("GPT2", [[32, 33, 34, 35], [36, 37, 38, 39], [40, 41, 42, 43], [44, 45, 46, 47]]),  # the last third
        ("GPTNeoX", [[8, 9, 10, 11], [20, 21, 22, 23], [32, 33, 34, 35], [44, 45, 46, 47]]),  # q, k, v head by head
        ("Bloom", [[8, 9, 10, 11], [20, 21, 22, 23], [32, 33, 34, 35], [44, 45, 46, 47]]),
        ("Falcon", [[20, 21, 22, 23]] * 4),  # four of queries, one of keys, one of values
        ("Falcon:grouped", [[12, 13, 14, 15]] * 2 + [[28, 29, 30, 31]] * 2),  # two queries, a key, a value, twice
        ("Llama", [[0, 1, 2, 3]] * 2 + [[4, 5, 6, 7]] * 2),  # two heads share one of values
        ("Phi3", [[24, 25, 26, 27]] * 2 + [[28, 29, 30, 31]] * 2),  # queries, keys, values in one
        ("GPTBigCode", [[20, 21, 22, 23]] * 4),
        ("CodeGen", [[4, 5, 6, 7], [16, 17, 18, 19], [28, 29, 30, 31], [40, 41, 42, 43]]),  # q, v, k per partition
        ("DeepseekV2", [[*range(12 * head + 4, 12 * head + 12)] for head in range(4)]),  # beside the keys they share
    ],
)
def test_columns_are_those_of_the_layout(tiny_network, name, expected):
    assert of(tiny_network, name) == expected


def test_numbers_are_alike_but_for_rounding():
    one = torch.tensor([1.0, 1000.0])
    assert alike(one, one + torch.tensor([0.05, 0.0])) and not alike(one, one + torch.tensor([0.2, 0.0]))
    assert alike(one.bfloat16(), (one * 1.004).bfloat16()) and not alike(one.bfloat16(), (one * 1.1).bfloat16())
    assert not alike(one, one[:1]) and not alike(one, torch.tensor([torch.nan, 1000.0]))
