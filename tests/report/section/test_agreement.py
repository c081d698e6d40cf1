import numpy as np
import pytest

from probing.report.section.agreement import words_allow


@pytest.mark.parametrize(
    ("ranks", "uniform", "expected", "absent"),
    [
        ((0.8, 0.75, 0.85), (0.4, 0.3, 0.5), ["uses these weights", "may stand in"], "hardly matter"),
        ((0.1, 0.0, 0.2), (0.01, 0.0, 0.02), ["hardly matter", "no score of this layer"], "stand in"),
        ((0.4, 0.2, 0.5), (0.05, 0.01, 0.1), ["cannot be told", "a tendency"], "hardly matter"),
        ((np.nan,) * 3, (np.nan,) * 3, ["this model and this sample"], "moves"),
    ],
)
def test_words_follow_intervals(ranks, uniform, expected, absent):
    said = words_allow("linear probe of upos on layer 6", 6, {"rollout × blank-out": ranks}, uniform)
    text = " ".join(said)
    assert all(part in text for part in expected) and absent not in text
    assert 1 <= len(said) <= 3 and "linear probe of upos on layer 6" in said[0]
