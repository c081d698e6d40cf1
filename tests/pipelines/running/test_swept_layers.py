"""A sweep over layers is given the layers that its first job is to store."""

import pytest

from pipelines.running.swept_layers import with_layers_of_all_jobs

SWEEPS = {
    "-m layers=0,2,1": "store.layers=[0,1,2]",
    "layers=[0,3],[1] -m": "store.layers=[0,1,3]",
    "--multirun layers=range(1,4)": "store.layers=[1,2,3]",
    "-m layers=all,2": "store.layers=all",
    "-m model=minilm,bert layers=1,2": "store.layers=all",
    "-m model.untrained_seed=1,2 layers=1,2": "store.layers=all",
    "-m model=minilm layers=1,2": "store.layers=[1,2]",
}


@pytest.mark.parametrize("typed", SWEEPS)
def test_all_layers_of_the_jobs_are_stored(typed):
    words = typed.split()
    found = with_layers_of_all_jobs(words)
    assert sorted(found) == sorted([*words, SWEEPS[typed]])


@pytest.mark.parametrize(
    "typed", ["layers=[0,1]", "-m layers=2", "-m task=pos,depth", "-m layers=[1,2]", "-m layers=0,1 store.layers=all"]
)
def test_what_is_no_sweep_over_layers_or_says_itself_what_is_stored_is_left_alone(typed):
    assert sorted(with_layers_of_all_jobs(typed.split())) == sorted(typed.split())
