"""Which sentences a score is measured on stands beside it."""

from probing.report.load import load_run
from probing.report.measured_on import population, smaller_populations


def test_a_metric_by_sentence_length_states_the_lengths_and_the_share(make_run):
    sizes = {"name": "toy", "sentences": {"train": 300, "dev": 100, "test": 200}, "skipped": {}}
    run = load_run(make_run("depth", data=sizes))
    assert population(run) == "150 of 200 sentences of test, of 5 to 50 words"
    assert "NSpr: 150 of 200 sentences of test, of 5 to 50 words" in list(smaller_populations(run))


def test_where_every_sentence_counts_the_items_are_named(make_run):
    run = load_run(make_run("pos"))
    assert population(run) == "150 sentences of test, 1,200 words"
    assert list(smaller_populations(run)) == []
