import dataclasses

import numpy as np
import pandas as pd
import pytest

from probing.analysis.findings import Findings, combined
from probing.axes import Note
from probing.errors import ProbingError
from probing.result.rows import Measurement

ROW = Measurement("test", "all", 1, None, 0, "accuracy", 0.5, 0.4, 0.6, 10, 5, probe="rollout")
ONE = Findings((ROW,), {"a": np.ones(2)}, {"sample": "10 of 20"}, (Note("sample", "10 of 20"),))
OTHER = Findings((ROW,), {"b": np.zeros(2)}, tables={"t": pd.DataFrame()}, files={"f": b""})


def test_findings_combine_and_stay_as_they_are():
    both = combined([ONE, OTHER, Findings()])
    assert both.rows == (ROW, ROW)
    assert (set(both.arrays), set(both.facts)) == ({"a", "b"}, {"sample"})
    assert (set(both.tables), set(both.files)) == ({"t"}, {"f"})
    assert (len(ONE.rows), set(ONE.arrays), set(OTHER.arrays)) == (1, {"a"}, {"b"})
    with pytest.raises(dataclasses.FrozenInstanceError):
        ONE.rows = ()


def test_a_note_that_both_have_is_kept_once():
    assert (ONE + dataclasses.replace(ONE, arrays={}, facts={})).notes == ONE.notes


@pytest.mark.parametrize("name", ["arrays", "facts"])
def test_two_findings_of_one_name_are_refused(name):
    with pytest.raises(ProbingError, match="two findings have the same name: (a|sample)"):
        ONE + dataclasses.replace(Findings(), **{name: getattr(ONE, name)})
