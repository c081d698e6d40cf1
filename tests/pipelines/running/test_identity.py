"""A run's identity holds what its numbers depend on, however it was typed, and nothing else."""

from dataclasses import fields, make_dataclass, replace
from pathlib import Path

import pytest

from pipelines.running.identity import MODEL, SETTINGS, STORE, described, identify
from pipelines.shared.option_files import CONF, options
from probing.axes import Corpus, Sentence
from probing.model.checkpoint import Checkpoint

CORPUS = Corpus("c", {split: (Sentence(split, ("a", "b"), ("X", "Y")),) for split in ("train", "dev", "test")})
CHECKPOINT = Checkpoint("m", Path("m"), "sha256-00", ())
SAME = [
    "tag=other",
    "outputs=elsewhere",
    "store.folder=elsewhere",
    "device=cpu",
    "threads=1",
    "strict=true",
    "data=ewt data.path=null",
    "layers=all",
    "nulls=0",
    "probe.l2=[0.0001,0.001,0.01,0.1]",
    "model.stand_in=null",
    "model.name=mine",
    "model.placement=auto",
    "store.dtype=float16",
    "store.layers=[0,3]",
    "store.lock=lease",
    "store.divided=true",
    "analysis=rollout",
    "attention=none analysis=rollout",
]
OTHER = [
    "seed=1",
    "layers=3",
    "nulls=1",
    "controls=2",
    "resamples=500",
    "resampled=sentences",
    "data.train_sentences=500",
    "data.train_sentences=500 train_seed=1",
    "punctuation=remove",
    "task=xpos",
    "task.vector=first",
    "probe=sklearn",
    "probe.tolerance=1e-3",
    "attention=none",
    "attention=full",
    "analysis=heads",
    "rollout=raw",
    "rollout.residual_weight=0.1",
    "rollout.fusion=max",
    "store.attention.sentences=20",
    "store.pool=word",
    "store.dtype=float32",
    "store.batch_subwords=512",
    "model.precision=bfloat16",
    "model.precision=float16",
    "model.long=truncate",
    "model.max_subwords=64",
    "model.text=as_written",
    "model.bos=off",
]


@pytest.fixture
def identity(experiment):
    """identity("seed=1", …): the identity of a run of these options, on the corpus and checkpoint of this file."""

    def identity(*overrides: str, corpus: Corpus = CORPUS, checkpoint: Checkpoint = CHECKPOINT) -> str:
        return identify(experiment(*overrides), checkpoint, corpus)

    return identity


@pytest.mark.parametrize("overrides", SAME)
def test_what_changes_no_number_changes_no_identity(overrides, identity):
    assert identity(*overrides.split()) == identity()


@pytest.mark.parametrize(
    "one, other",
    [
        ("layers=3", "layers=[3]"),
        ("layers=[3,1]", "layers=[1,3,3]"),
        ("probe.l2=[1]", "probe.l2=[1.0]"),
        ("analysis=[heads,syntax]", "analysis=[syntax,heads]"),
    ],
)
def test_the_same_thing_typed_otherwise_is_the_same(one, other, identity):
    assert identity(one) == identity(other) != identity()


@pytest.mark.parametrize("overrides", OTHER)
def test_what_may_change_a_number_changes_the_identity(overrides, identity):
    *others, last = overrides.split()
    assert identity(*others, last) != identity(*others)


def test_every_name_on_the_list_is_among_the_tested_ones():
    named = {*SETTINGS, *(f"model.{name}" for name in MODEL), *(f"store.{name}" for name in STORE)}
    assert named <= {overrides.split()[-1].partition("=")[0] for overrides in OTHER}


@pytest.mark.parametrize(
    "override",
    [
        "analysis.ablation.sentences=9",
        "analysis.ablation.replacement=zero",
        "analysis.agreement.draws=1",
        "analysis.hypotheses.tested=[verb_object]",
        "analysis.redundancy.clusters=3",
        "analysis.syntax.least=5",
        "analysis.values.sentences=9",
    ],
)
def test_an_option_of_an_analysis_changes_the_identity(override, identity):
    assert identity("attention=full", override) != identity("attention=full")


def test_without_an_analysis_of_attention_the_options_of_maps_do_not_count(identity):
    alone = identity("attention=none")
    assert identity("attention=none", "rollout=raw", "store.attention.sentences=20") == alone


def test_the_content_of_a_hypothesis_counts_and_not_its_file(identity, tmp_path):
    text = (CONF / "hypothesis" / "verb_object.yaml").read_text()
    files = [tmp_path / f"{name}.yaml" for name in ("one", "copy", "edited")]
    for file in files:
        file.write_text(text)
    files[2].write_text(text.replace("direction: any", "direction: after"))
    one, copy, edited = (identity("analysis=hypotheses", f"analysis.hypotheses.tested=[{file}]") for file in files)
    assert one == copy == identity("analysis=hypotheses", "analysis.hypotheses.tested=[verb_object]")
    assert edited != one


def test_corpus_and_checkpoint_are_in_it(identity):
    other = replace(CORPUS, splits={**CORPUS.splits, "test": (Sentence("test", ("a", "b"), ("X", "X")),)})
    assert identity(corpus=other) != identity()
    assert identity(checkpoint=replace(CHECKPOINT, revision="sha256-01")) != identity()
    assert identity(corpus=replace(CORPUS, name="renamed", skipped={"x": 1})) == identity()


def with_a_further_option(part, value=7):
    """The same part, of a later version of its class, which has one more option with the default 7."""
    cls = type(part)
    later = make_dataclass(
        cls.__name__, [("further", int, 7)], bases=(cls,), frozen=cls.__dataclass_params__.frozen, kw_only=True
    )
    later.__module__, later.__qualname__ = cls.__module__, cls.__qualname__
    return later(**{field.name: getattr(part, field.name) for field in fields(part)}, further=value)


def parts_of_runs():
    tasks = [(f"task={name}", "task") for name in options("task")]
    needs = {"structural": "task=depth ", "bilinear": "task=head ", "pair_mlp": "task=head "}
    needs["attention_pool"] = needs["aggregate"] = "task=sentiment "
    probes = [(f"{needs.get(name, '')}probe={name}", "probe") for name in options("probe")]
    return [*tasks, *probes, ("rollout=raw", "rollout")]


@pytest.mark.parametrize("overrides, part", parts_of_runs())
def test_a_further_option_leaves_finished_runs_what_they_are(overrides, part, experiment):
    found = getattr(experiment(*overrides.split()), part)
    assert described(with_a_further_option(found)) == described(found)
    assert described(with_a_further_option(found, 8)) == {**described(found), "further": 8}


def test_so_does_a_further_option_of_an_analysis(experiment):
    now = experiment("attention=full")
    later = {name: with_a_further_option(analysis) for name, analysis in now.analyses.items()}
    assert identify(replace(now, analyses=later), CHECKPOINT, CORPUS) == identify(now, CHECKPOINT, CORPUS)
    later["heads"] = with_a_further_option(now.analyses["heads"], 8)
    assert identify(replace(now, analyses=later), CHECKPOINT, CORPUS) != identify(now, CHECKPOINT, CORPUS)


def test_runs_of_different_classes_are_different(experiment):
    one, other = (experiment(f"task={name}").task for name in ("depth", "tree_depth"))
    assert described(one)["class"] != described(other)["class"]
