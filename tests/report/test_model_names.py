"""Steps and seeds in the names of checkpoints."""

import pytest

from probing.report.model_names import Named, named


@pytest.mark.parametrize(
    "name, parts",
    [
        ("pythia-160m@step1000", Named("pythia-160m", 1000)),
        ("pythia-160m-seed3@step143000", Named("pythia-160m", 143000, 3)),
        ("multiberts-seed_2-step_200k", Named("multiberts", 200_000, 2)),
        ("run-checkpoint-500", Named("run", 500)),
        ("run-global_step20", Named("run", 20)),
        ("minilm", Named("minilm")),
        ("bert-base-uncased", Named("bert-base-uncased")),
        ("step7", Named("step7", 7)),
    ],
)
def test_a_name_is_taken_apart(name, parts):
    assert named(name) == parts
