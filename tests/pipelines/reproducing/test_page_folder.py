"""What the name of the folder of pages says, so that pages of other numbers are kept apart."""

from dataclasses import replace

import pytest

from pipelines.reproducing.model_kind import Kind
from pipelines.reproducing.page_folder import further, page_folder
from pipelines.reproducing.settings import Settings

MINILM = Kind("minilm", 6, False, 1.0)


def test_without_options_it_is_the_model_alone():
    assert page_folder(MINILM, Settings()) == "minilm"
    assert page_folder(MINILM, Settings(options=["threads=1", "device=cpu", "model.checkpoint=./mine"])) == "minilm"


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        (Settings(tag="mine"), "minilm,tag=mine"),
        (Settings(options=["seed=3", "data.max_sentences=9"]), "minilm,data.max_sentences=9,seed=3"),
        (Settings(options=["seed=2", "seed=3"]), "minilm,seed=3"),
        (Settings(options=["+data.path=/x/y"]), "minilm,data.path=_x_y"),
    ],
)
def test_whatever_changes_a_number_is_in_it(settings, name):
    assert page_folder(MINILM, settings) == name


def test_a_stand_in_is_named_with_what_it_stands_in_for():
    assert page_folder(replace(MINILM, stands_in_for="gpt2"), Settings()) == "gpt2,stand_in=minilm"


def test_the_order_of_options_makes_no_other_folder_and_long_names_stay_apart():
    one, two = Settings(options=["seed=3", "threads=2", "data=ewt"]), Settings(options=["data=ewt", "seed=3"])
    assert further(one) == further(two) == ["data=ewt", "seed=3"]
    long = [page_folder(MINILM, Settings(options=[f"data.path={'x' * 300}{end}"])) for end in "ab"]
    assert len(set(long)) == 2
    assert all(len(name) <= 200 for name in long)
