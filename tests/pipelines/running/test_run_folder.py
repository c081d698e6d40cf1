"""A run's folder names what distinguishes it from other runs, and holds one run alone."""

import json
from itertools import combinations
from pathlib import Path

import pytest

from pipelines.running.identity import identify
from pipelines.running.run_folder import is_done, labels, named_analyses, run_folder
from probing.axes import Corpus, Sentence
from probing.errors import ConfigError
from probing.model.checkpoint import Checkpoint
from probing.result.folder import MANIFEST

CORPUS = Corpus("c", {split: (Sentence(split, ("a",), ("X",)),) for split in ("train", "dev", "test")})
CHECKPOINT = Checkpoint("m", Path("m"), "sha256-00", ())
FOLDERS = {
    "": "seed0",
    "seed=3": "seed3",
    "attention=none": "seed0,attention=none",
    "attention=full": "seed0,attention=full",
    "analysis=heads": "seed0,analysis=heads",
    "analysis=[syntax,heads]": "seed0,analysis=heads+syntax",
    "attention=none analysis=heads": "seed0,attention=none,analysis=heads",
    "rollout=raw": "seed0,rollout.residual_weight=0",
    "rollout.fusion=max": "seed0,rollout.fusion=max",
    "attention=full rollout.first_layer=2": "seed0,attention=full,rollout.first_layer=2",
    "analysis=syntax analysis.syntax.least=5": "seed0,analysis=syntax,syntax.least=5",
    "attention=full analysis.values.sentences=9": "seed0,attention=full,values.sentences=9",
    "analysis=hypotheses analysis.hypotheses.tested=[verb_object,determiner_noun]": (
        "seed0,analysis=hypotheses,hypotheses.tested=verb_object+determiner_noun"
    ),
    "store.attention.sentences=all": "seed0,maps=all",
    "store.dtype=float32": "seed0,dtype=float32",
    "store.batch_subwords=512": "seed0,batch_subwords=512",
    "store.pool=word": "seed0,pool=word",
    "layers=[3,1]": "seed0,layers=1+3",
    "nulls=20": "seed0,nulls=20",
    "data.train_sentences=500 train_seed=2": "seed0,train_sentences=500,train_seed=2",
    "controls=2 resamples=500 punctuation=remove": "seed0,controls=2,resamples=500,punctuation=remove",
}


@pytest.mark.parametrize("typed", FOLDERS)
def test_the_last_folder_names_every_option_that_is_not_the_usual_one(typed, experiment):
    assert run_folder(experiment(*typed.split()), "c").name == FOLDERS[typed]


@pytest.mark.parametrize("typed", ["attention=none rollout=raw", "attention=none store.attention.sentences=all"])
def test_options_that_no_analysis_reads_are_not_named(typed, experiment):
    assert run_folder(experiment(*typed.split()), "c").name == "seed0,attention=none"


@pytest.mark.parametrize("typed", ["store.layers=[0,3]", "store.lock=lease store.divided=true", "model.placement=auto"])
def test_options_that_change_no_number_are_not_named(typed, experiment):
    usual = experiment()
    assert run_folder(experiment(*typed.split()), "c") == run_folder(usual, "c")
    assert identify(experiment(*typed.split()), CHECKPOINT, CORPUS) == identify(usual, CHECKPOINT, CORPUS)


def test_runs_of_different_numbers_have_different_folders_and_the_same_run_has_one(experiment):
    typed = [*FOLDERS, "attention=none rollout=raw", "attention=none analysis=rollout", "analysis=rollout", "task=xpos"]
    runs = [experiment(*overrides.split()) for overrides in typed]
    for one, other in combinations(runs, 2):
        same = identify(one, CHECKPOINT, CORPUS) == identify(other, CHECKPOINT, CORPUS)
        assert (run_folder(one, "c") == run_folder(other, "c")) == same


def test_the_folders_above_name_model_corpus_task_and_probe(experiment):
    found = experiment("tag=mine", "task.vector=first", "probe.l2=[1,2]", "model.long=truncate", "outputs=there")
    assert run_folder(found, "corpus") == Path(
        "there/runs/mine/minilm,long=truncate/corpus/pos,vector=first/linear,l2=1+2/seed0"
    )
    assert labels(found, "corpus")["task"] == "pos,vector=first"


def test_a_name_that_a_file_system_would_refuse_is_cut_and_stays_distinct(experiment):
    one, other = (run_folder(experiment(f"probe.l2=[{','.join(map(str, range(1, n)))}]"), "c") for n in (150, 151))
    assert one != other
    assert one.parent.name[:187] == other.parent.name[:187]
    assert {len(folder.parent.name) for folder in (one, other)} == {200}


def test_the_largest_set_of_analyses_is_named_and_the_others_one_by_one():
    assert named_analyses(["probes"]) == {"attention": "none", "analysis": ""}
    assert named_analyses(["probes", "rollout"]) == {"attention": "", "analysis": ""}
    assert named_analyses(["probes", "rollout", "values", "heads"]) == {"attention": "", "analysis": "heads+values"}
    assert named_analyses(["probes", "values"]) == {"attention": "none", "analysis": "values"}


def test_a_folder_holds_one_run_alone(tmp_path):
    folder = tmp_path / "seed0"
    assert not is_done(folder, "one")
    folder.mkdir()
    assert not is_done(folder, "one")
    (folder / MANIFEST).write_text(json.dumps({"run_id": "one"}))
    assert is_done(folder, "one")
    with pytest.raises(ConfigError, match="holds a run of another configuration.*one; this run is other.*tag="):
        is_done(folder, "other")
