import pytest

from probing.report.published.asked_claims import Verdict
from probing.report.published.paper_page import counts
from probing.report.published.papers_overview import cell
from probing.report.published.weighing import FAILS, HOLDS, UNKNOWN


@pytest.mark.parametrize(
    ("verdict", "numbers", "shown"),
    [
        (HOLDS, "a 0.5", "holds"),
        (FAILS, "a 0.5", "does not hold"),
        (UNKNOWN, "a 0.5 [0.4, 0.6]", "not clear"),
        (UNKNOWN, "", "not checked"),
    ],
)
def test_a_claim_that_was_measured_is_not_called_unchecked(verdict, numbers, shown):
    of_model = {"claims": [{"claim": "A.", "verdict": verdict, "numbers": numbers}]}
    assert cell(of_model, "A.") == shown
    assert cell({**of_model, "stand_in": True}, "A.") == f"{shown} (stand-in)"
    assert (cell(of_model, "B."), cell(None, "A.")) == ("–", "–")


def test_one_claim_holds_and_two_claims_hold():
    verdicts = [Verdict("A.", HOLDS, ""), Verdict("B.", FAILS, ""), Verdict("C.", FAILS, "")]
    assert counts(verdicts) == {"claim holds": 1, "claims do not hold": 2, "claims cannot be checked here": 0}
