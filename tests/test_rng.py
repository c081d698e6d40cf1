import itertools

import pytest

from probing.errors import ConfigError
from probing.rng import generator


def draw(seed: int, *purpose: str) -> list[float]:
    return generator(seed, *purpose).random(4).tolist()


def test_the_same_seed_and_purpose_draw_the_same():
    assert draw(3, "control", "pos") == draw(3, "control", "pos")


def test_every_seed_and_purpose_draws_something_else():
    draws = [draw(0), draw(1), draw(0, "a"), draw(0, "b"), draw(0, "a", "b"), draw(0, "b", "a"), draw(0, "ab")]
    for one, other in itertools.combinations(draws, 2):
        assert one != other


def test_draws_stay_what_they_were():
    # written down: another machine, process or version must draw the same control task
    assert generator(0, "control", "pos").integers(1000, size=5).tolist() == [923, 366, 556, 92, 93]


def test_a_negative_seed_is_refused():
    with pytest.raises(ConfigError, match="seed=-1: must be 0 or greater"):
        generator(-1)
