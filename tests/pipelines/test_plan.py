"""Plans typed on the command line: from a run, from assumptions, and what is refused."""

import pytest


def test_a_plan_from_assumptions(here):
    done = here(
        "deviation=0.1", "difference=0.01", "sentences=400", "sentences_per_document=10", small=False, program="plan"
    )
    assert done.code == 0
    # (0.1 / 0.01 * 2.8016)² = 784.9
    assert "785 sentences (79 documents)" in done.out
    assert "400 sentences find 0.014 with this power, and 0.01 with a power of 52 %" in done.out


def test_a_plan_from_a_run(make, here):
    folder = make("task=pos", "layers=[0,2]")
    done = here(f"runs=['{folder}']", "difference=0.02", small=False, program="plan")
    assert done.code == 0, done.err
    assert "2 − 0" in done.out
    assert "two-sided test at 5 %" in done.out
    assert "deviation" in done.out and "…" not in done.out  # no heading is cut


@pytest.mark.parametrize(
    "typed, message",
    [
        ([], "a run is missing"),
        (["deviation=1", "disagreement=0.5"], "either deviation=… or disagreement=…"),
        (["deviation=1", "power=1"], "power=1.0: between 0 and 1"),
        (["deviation=1", "power=0.04"], "power=0.04: above level=0.05"),
        (["deviation=1", "difference=0"], "difference=0.0: must be greater than 0"),
        (["deviation=1", "layers=[1]"], "layers=[a,b]: two layers"),
        (["runs=[a,b,c]"], "one run or two"),
        (["runs=[nowhere]"], "nowhere"),
    ],
)
def test_what_cannot_be_planned_is_refused_in_one_line(typed, message, here):
    done = here(*typed, small=False, program="plan")
    assert done.code in (1, 2)
    assert message in done.err
    assert len(done.err.splitlines()) <= 2
