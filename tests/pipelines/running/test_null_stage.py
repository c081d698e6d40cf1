"""What a run says before it makes untrained twins."""

from pipelines.running.null_stage import announced


def test_the_time_that_twins_take_is_said_in_minutes_or_as_less_than_one():
    assert "nulls=1: 1 untrained twin, " in announced(1, 0.4)
    assert "; less than a minute if each" in announced(1, 0.4)
    assert "20 untrained twins, " in announced(20, 12.4) and "; about 12 min if each" in announced(20, 12.4)
