"""Every ratio is listed once, with a statement that fits the help screen."""

from dataclasses import replace

import pytest

from pipelines.benchmarking import program_ratios
from pipelines.benchmarking.extraction_ratios import extract_over_forward, extract_over_one_by_one, whole
from pipelines.benchmarking.head_statistics_ratio import head_stats_over_forward
from pipelines.benchmarking.program_ratios import run_over_forward
from pipelines.benchmarking.ratios import RATIOS, listing
from pipelines.benchmarking.rollout_and_flow_ratios import flow_over_networkx, rollout_over_numpy
from probing.axes import Corpus
from probing.errors import UnavailableError


def test_the_listing_names_every_ratio_with_its_statement():
    lines = listing().splitlines()
    assert [line.split()[0] for line in lines] == list(RATIOS)
    assert max(map(len, lines)) <= 120
    for line in lines:
        assert " / " in line or "Seconds" in line


@pytest.mark.parametrize("measure", [extract_over_forward, extract_over_one_by_one, head_stats_over_forward])
def test_times_and_references_are_positive(measure, bench):
    found = measure(bench)
    assert min(found.values) > 0
    assert "grammar dev" in found.reference


def test_rollout_is_compared_from_word_to_word_and_from_subword_to_subword(bench):
    found = rollout_over_numpy(bench)
    assert "; 3 sentences of grammar dev" in found.reference
    assert len(found.values) == len(found.beside["subwords_only"].values) == 2
    assert [reference / own for own, reference in found.details["seconds"]] == found.values


def test_flow_needs_sentences_of_some_length(bench):
    first = bench.corpus.splits["dev"][0]
    short = Corpus("short", {"train": (), "dev": (replace(first, words=first.words[:1]),), "test": ()})
    with pytest.raises(UnavailableError, match="none of the first 1 sentences of short dev has 16 to 30 subwords"):
        flow_over_networkx(replace(bench, corpus=short))


def test_bare_passes_take_the_sentences_that_fit_into_one_input(bench):
    dev, encoder = bench.dev(), bench.encoder
    lengths = [len(encoder.tokenizer.encode(" ".join(s.words)).ids) for s in dev.splits["dev"]]
    fitting = [s for s, length in zip(dev.splits["dev"], lengths, strict=True) if length <= encoder.window]
    assert 0 < len(fitting) < len(lengths)
    assert list(whole(dev, encoder).splits["dev"]) == fitting


def test_a_run_is_cold_and_compared_with_passes_over_every_split(bench, monkeypatch):
    typed = []
    monkeypatch.setattr(program_ratios, "python", lambda *arguments: typed.append(arguments))
    found = run_over_forward(replace(bench, run=("task=pos", "store.folder=elsewhere")))
    compared = int(found.reference.split(", ")[1].split()[0])
    assert len(bench.corpus.splits["train"]) * 0.8 < compared  # all splits, but for what one input does not hold
    ((*_, outputs, folder),) = typed  # one run
    assert folder == f"store.folder={outputs.removeprefix('outputs=')}/store"  # typed last, so that it counts
    assert "attention=rollout" in typed[0]
    assert 0 <= found.values[0] < 1  # nothing was run
    assert found.beside["run_over_forward_cpu"].values[0] >= 0
    assert found.details["forward_seconds"][0] > 0
