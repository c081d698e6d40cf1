"""A run's identity holds what its numbers depend on, however it was typed, and nothing else."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf
from pipelines.running.provenance import Notes, identify

from pipelines.running.config import Experiment, build
from pipelines.shared.options import CONF
from probing.axes import Corpus, Sentence
from probing.model.checkpoint import Checkpoint

CORPUS = Corpus("c", {split: (Sentence(split, ("a", "b"), ("X", "Y")),) for split in ("train", "dev", "test")})
CHECKPOINT = Checkpoint("m", Path("m"), "sha256-00", ())


@cache
def experiment(*overrides: str) -> Experiment:
    """What the command line asks for."""
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("run", overrides=["model=minilm", "data=grammar", *overrides], return_hydra_config=True)
    mine = OmegaConf.masked_copy(config, [key for key in config if key != "hydra"])
    return build(mine, config.hydra.runtime.choices)


def identity(*overrides: str, corpus: Corpus = CORPUS, checkpoint: Checkpoint = CHECKPOINT) -> str:
    return identify(experiment(*overrides), checkpoint, corpus)


@pytest.mark.parametrize(
    "overrides",
    [
        ["tag=other"],
        ["outputs=elsewhere"],
        ["store.folder=elsewhere"],
        ["device=cpu"],
        ["threads=1"],
        ["strict=true"],
        ["data.path=null", "data=ewt"],
        ["layers=all"],
        ["baselines=[]"],
        ["probe.l2=[0.00001,0.0001,0.001,0.01,0.1,1.0]"],
        ["model.stand_in=null"],
    ],
)
def test_what_changes_no_number_changes_no_identity(overrides):
    assert identity(*overrides) == identity()


@pytest.mark.parametrize(
    "one, other",
    [
        ("layers=3", "layers=[3]"),
        ("layers=[3,1]", "layers=[1,3,3]"),
        ("baselines=untrained", "baselines=[untrained]"),
        ("probe.l2=[1]", "probe.l2=[1.0]"),
    ],
)
def test_the_same_thing_typed_otherwise_is_the_same(one, other):
    assert identity(one) == identity(other) != identity()


@pytest.mark.parametrize(
    "override",
    [
        "seed=1",
        "layers=3",
        "baselines=untrained",
        "controls=2",
        "resamples=500",
        "punctuation=remove",
        "task=xpos",
        "task.vector=first",
        "probe=sklearn",
        "probe.tolerance=1e-4",
        "attention=none",
        "attention.residual_weight=0",
        "store.attention.sentences=20",
        "store.dtype=float32",
        "store.batch_subwords=512",
        "model.precision=bfloat16",
        "model.long=truncate",
        "model.max_subwords=64",
    ],
)
def test_what_may_change_a_number_changes_the_identity(override):
    assert identity(override) != identity()


def test_corpus_and_checkpoint_are_in_it():
    other = replace(CORPUS, splits={**CORPUS.splits, "test": (Sentence("test", ("a", "b"), ("X", "X")),)})
    assert identity(corpus=other) != identity()
    assert identity(checkpoint=replace(CHECKPOINT, revision="sha256-01")) != identity()
    assert identity(corpus=replace(CORPUS, name="renamed", skipped={"x": 1})) == identity()


def test_notes_are_taken_once():
    notes = Notes()
    for _ in range(2):
        notes.add("skipped", "two words")
    notes.add("caveat", "two words")
    assert [note["kind"] for note in notes.entries] == ["skipped", "caveat"]
