"""The notes under the table of scores explain what stands there, and warn of intervals without width."""

from probing.report.layer_notes import reading, without_spread
from probing.report.load import load_run
from probing.report.tables import banded


def test_an_interval_without_width_is_not_taken_for_certainty(make_run):
    run = load_run(make_run("distance", (0.5, 1.0)))
    table = banded(run)
    [note] = [text for text in reading(run, table) if "no width" in text]
    assert "The interval of layer 1 has no width, because every item of test is right." in note
    table.loc[1, ["score", "ci_low", "ci_high"]] = 0.0
    assert "because every resample has the same score" in without_spread(run, table)
    table.loc[1, "ci_high"] = 0.1
    assert without_spread(run, table) == ""
