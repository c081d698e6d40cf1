"""A note on few sentences or documents says what was measured for as few."""

import numpy as np
import pytest

from probing.result.few_units import ENOUGH, HELD, few_units


def test_enough_units_need_no_note() -> None:
    assert few_units(np.arange(ENOUGH)) is None
    assert few_units(np.arange(5000)) is None
    assert few_units(np.repeat(np.arange(ENOUGH), 3)) is None


@pytest.mark.parametrize(("n", "size"), [(99, 50), (50, 50), (49, 20), (20, 20), (7, 20)])
def test_few_sentences_are_compared_with_the_next_fewer_that_were_measured(n: int, size: int) -> None:
    note = few_units(np.arange(n))
    assert note is not None
    low, high = (f"{100 * share:.0f}" for share in HELD[size])
    assert f"of {n} sentences" in note
    assert f"with {size} sentences" in note
    assert f"{low} to {high} %" in note
    assert ("at most" in note) == (n < 20)


def test_documents_are_what_counts_where_they_are_resampled() -> None:
    note = few_units(np.repeat(np.arange(30), 40))
    assert note is not None
    assert "30 documents (1,200 sentences)" in note
    assert "so few documents" in note
