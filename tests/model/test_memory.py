"""A batch that does not fit into memory is run in halves, in order, and the next one is smaller."""

import numpy as np
import pytest

from probing.errors import ModelError
from probing.model.memory import Memory


def machine(room):
    """A pass that fails above ``room`` items, and what it was given."""
    tried = []

    def run(items):
        tried.append(items.tolist())
        if len(items) > room:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory")
        return items.tolist()

    return run, tried


def test_pieces_come_in_order_and_the_ceiling_is_kept():
    memory, (run, tried) = Memory(), machine(room=3)
    assert list(memory.halving(np.arange(10, 17), np.full(7, 5), run)) == [[10, 11, 12], [13, 14], [15, 16]]
    assert memory == Memory(ceiling=7 * 5 // 2, halvings=1)
    tried.clear()
    assert list(memory.halving(np.arange(4), np.full(4, 5), run)) == [[0, 1], [2, 3]]
    assert tried == [[0, 1], [2, 3]]  # four are not tried again
    assert list(memory.halving(np.arange(2), np.full(2, 5), run, copies=2)) == [[0], [1]]


def test_what_fits_is_run_once():
    memory, (run, tried) = Memory(), machine(room=9)
    assert list(memory.halving(np.arange(9), np.full(9, 5), run)) == [list(range(9))]
    assert len(tried) == 1
    assert memory == Memory()


def test_a_single_item_that_does_not_fit_is_refused():
    run, _ = machine(room=0)
    with pytest.raises(ModelError, match=r"a single input of 40 subwords; type model\.max_subwords=20"):
        list(Memory().halving(np.arange(2), np.array([40, 30]), run))


def test_a_single_item_is_tried_even_above_the_ceiling():
    run, _ = machine(room=1)
    assert list(Memory(ceiling=10).halving(np.arange(2), np.array([40, 30]), run)) == [[0], [1]]


def test_other_errors_pass():
    def broken(_items):
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    with pytest.raises(RuntimeError, match="mat1 and mat2"):
        list(Memory().halving(np.arange(2), np.full(2, 5), broken))
