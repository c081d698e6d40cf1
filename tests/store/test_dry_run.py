"""A dry run counts what a pass over every batch counts, measures a part of them, and writes nothing."""

import dataclasses

import numpy as np
import pytest
from extraction import CHOSEN, corpus, extract
from torch.utils.flop_counter import FlopCounterMode

from probing.axes import no_progress
from probing.model import encoder
from probing.model.checkpoint import Model, resolve
from probing.store import dry_run
from probing.store.extraction_plan import planned
from probing.store.key import Chosen, Store, key_parts
from probing.store.layout import StoreFile


@pytest.fixture(scope="module")
def plan_of(tiny, tmp_path_factory):
    """plan_of(sentences, chosen): the plan of a small corpus, its store, its checkpoint and the corpus."""

    def plan_of(n_sentences: int, chosen: Chosen = CHOSEN):
        source, store = corpus(n_sentences), Store(str(tmp_path_factory.mktemp("store")), batch_subwords=64)
        found = resolve(Model(str(tiny)))
        loaded = encoder.load(Model(str(tiny)), found)
        parts = {"key": "none", **key_parts(store, Model(str(tiny)), found, source), **chosen.parts}
        return planned(store, parts, source, (loaded, loaded.tokenize_corpus(source))), store, source

    return plan_of


def test_operations_of_every_batch_are_those_that_a_pass_over_it_takes(plan_of):
    plan, _, _ = plan_of(60)
    every = []
    for batch in range(len(plan.sizes)):
        every.append(dry_run._counted(plan, batch))
    assert len(set(every)) > 2
    assert dry_run._flops(plan) == pytest.approx(every, rel=0.01)  # a pooler takes some for each sentence
    assert dry_run.dry_run(plan, no_progress).flops == pytest.approx(sum(every), rel=0.01)


def test_fused_attention_is_counted(plan_of):
    plan, _, _ = plan_of(8)
    with FlopCounterMode(display=False) as without:  # it does not know the kernel of CPUs
        plan.rows(0)
    sentences, longest = plan.sizes[0]
    blocks, width = plan.content.shape[0] - 1, plan.content.shape[2]
    fused = blocks * 4 * sentences * longest**2 * width  # two products per head
    assert dry_run._counted(plan, 0) - without.get_total_flops() in (0, fused)
    assert dry_run._counted(plan, 0) > fused


def test_time_is_that_of_the_sample_in_proportion_to_the_operations(plan_of, monkeypatch):
    plan, _, _ = plan_of(200)
    flops = dry_run._flops(plan)
    clock = [0.0]
    monkeypatch.setattr(dry_run.time, "perf_counter", lambda: clock[0])

    def rows(batch: int) -> np.ndarray:
        clock[0] += flops[batch] * 1e-3
        return plan.rows(batch)

    found = dry_run.dry_run(plan._replace(rows=rows), no_progress)
    assert found.seconds == pytest.approx(flops.sum() * 1e-3)
    assert 2 < found.sampled <= dry_run.SAMPLED < found.batches
    assert found.workers(minutes=found.seconds / 60) == 1
    assert found.workers(minutes=found.seconds / 60 / 3.5) == 4
    assert found.workers(minutes=1e-9) == found.batches


@pytest.mark.parametrize("chosen", [CHOSEN, Chosen((1,), ("word", "mean"))])
def test_space_is_that_of_the_file(plan_of, tiny, chosen):
    plan, store, source = plan_of(60, chosen)
    found = dry_run.dry_run(plan, no_progress)
    path = extract(store, tiny, source, chosen=chosen)
    with StoreFile(path) as file:
        rows = len(file.index.word)
    assert found.estimate.vectors == rows
    held = sum(dataset.nbytes for dataset in layers(path))
    assert found.estimate.disk_bytes == pytest.approx(held, rel=0.01)


def layers(path):
    """The datasets of the layers and their exponents."""
    import h5py

    with h5py.File(path) as file:
        return [dataset[()] for group in file.values() if isinstance(group, h5py.Group) for dataset in group.values()]


def test_a_corpus_without_subwords_takes_nothing(plan_of):
    plan, _, _ = plan_of(4)
    nothing = dry_run.dry_run(plan._replace(sizes=()), no_progress)
    assert (nothing.flops, nothing.seconds, nothing.batches) == (0, 0, 0)
    assert dataclasses.replace(nothing, seconds=90.0).workers(minutes=1) == 1
