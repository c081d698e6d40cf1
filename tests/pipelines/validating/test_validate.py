"""Impossible options of the program are refused in one line."""

import pytest


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("seeds=0", "seeds"),
        ("epochs=-1", "epochs"),
        ("probe=mlp", "type probe=linear"),
        ("name=a/b", "name"),
        ("model.precision=bfloat16", "fine-tuning is in float32"),
    ],
)
def test_impossible_option_is_refused(here, typed, said):
    done = here(typed, small=False, program="validate")
    assert done.code == 2
    assert said in done.err
    assert "Traceback" not in done.err
