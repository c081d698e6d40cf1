"""What a score is compared with that reads no vector."""

from dataclasses import replace

import numpy as np
import pytest

from probing.analysis.comparisons import compared_with, type_notes, without_vectors, words_read
from probing.analysis.probes import Probes
from probing.axes import SPLITS
from probing.task.sentences import SentenceTask
from probing.task.trees import Distance, TreeDepth


def test_words_are_read_as_the_model_reads_them(study):
    read = words_read(study)
    assert {w for s in SPLITS for words in read.forms[s] for w in words} == {
        w.lower() for s in SPLITS for sentence in study.corpus.splits[s] for w in sentence.words
    }
    assert [len(words) for words in read.forms["dev"]] == [len(s.words) for s in study.corpus.splits["dev"]]


def test_the_ceiling_is_right_wherever_train_has_the_type(study):
    read = words_read(study)
    [ceiling] = [p for p in without_vectors(study, read) if p.target == "control_ceiling"]
    known = set(read.types("train"))
    gold, found = ceiling.gold.flat("test"), np.concatenate(ceiling.predicted["test"])
    in_train = np.array([form in known for form in read.types("test")])
    assert 0 < in_train.mean() < 1
    assert (gold == found)[in_train].all()
    assert len(set(found[~in_train].tolist())) == 1
    assert ceiling.draw == 0
    assert compared_with(study, read)["type_in_train"]["test"] == in_train.mean()


def test_the_note_on_the_control_says_what_types_are_and_how_many_items_they_tell(study):
    read = words_read(study)
    [note] = type_notes(study, read)
    written = {w for s in study.corpus.splits["train"] for w in s.words}
    seen = {w.lower() for w in written}
    assert (
        f"A type is a word as the model reads it: {len(seen)} types for {len(written)} spellings in train" in note.text
    )
    share = compared_with(study, read)["type_in_train"]["test"]
    assert f"{100 * share:.1f} % of the test items have a type that occurs in train" in note.text
    assert note.text.endswith("for this one draw of random labels; controls=5 draws five")


def test_the_note_counts_the_types_of_the_sample_that_probes_are_trained_on(make, study):
    part = make(options=replace(study.options, train_sentences=5))
    [note] = type_notes(part, words_read(part))
    inside = [at for at, words in enumerate(part.items.words["train"]) if len(words)]
    written = {w for at in inside for w in study.corpus.splits["train"][at].words}
    assert len(inside) == 5
    assert f"{len({w.lower() for w in written})} types for {len(written)} spellings in train" in note.text


@pytest.mark.parametrize("task", [SentenceTask("sentiment"), TreeDepth("tree_depth")], ids=lambda task: task.name)
def test_a_sentence_task_has_memorisation_and_neither_control_nor_selectivity(make, task):
    found = Probes()(make(task=task))
    targets = {row.target for row in found.rows}
    assert not targets & {"control", "selectivity", "control_ceiling"}
    assert targets >= {"memorisation", "surface", "over_surface", "over_layer0"}
    assert {row.split for row in found.rows if row.target == "memorisation"} == {"train"}
    assert {row.split for row in found.rows if row.target != "memorisation"} == {"dev", "test"}
    assert found.facts["surface"] == task.surface
    [note] = [note for note in found.notes if "memorisation" in note.text]
    assert "the score is that on train" in note.text
    assert not any("control" in note.text for note in found.notes)


def test_memorisation_is_the_accuracy_on_the_labels_that_were_trained_on(make):
    study = make(task=SentenceTask("sentiment"))
    [prediction] = [p for p in study.predictions if p.target == "memorisation" and p.layer == 2]
    shuffled = study.items.targets["control0"]
    right = np.mean(np.concatenate(prediction.predicted["train"]) == shuffled.flat("train"))
    [row] = [
        r
        for r in Probes()(study).rows
        if (r.target, r.metric, r.layer, r.draw) == ("memorisation", "accuracy", 2, None)
    ]
    assert row.value == right > 0.5
    assert not np.array_equal(shuffled.flat("train"), study.items.targets["task"].flat("train"))


def test_word_pairs_are_compared_with_their_distance_in_the_text(make):
    study = make(task=Distance("distance"))
    read = words_read(study)
    assert compared_with(study, read)["surface"] == "distance in the text"
    assert [p.target for p in without_vectors(study, read)] == ["chain"]


def test_with_a_complete_store_types_and_baselines_need_no_model(study, make, monkeypatch):
    def load(*arguments, **options):
        raise AssertionError("no weights are needed")

    assert study.hidden.n_layers  # the store of this session is complete
    monkeypatch.setattr("probing.model.encoder.load", load)
    targets = {row.target for row in Probes()(make()).rows}
    assert targets >= {"task", "control", "control_ceiling", "surface", "word_types", "over_surface", "over_word_types"}
