import json
import runpy
import shutil
from pathlib import Path

import numpy as np
import pytest

from probing.analysis.ablation import HeadAblation
from probing.analysis.agreement import Agreement
from probing.analysis.readers import ProbeReader, probe_reader
from probing.analysis.study import Options
from probing.data.grammar import Grammar
from probing.model.checkpoint import Model
from probing.store.key import Store
from probing.task.sentences import SentenceTask

BUILD = runpy.run_path(str(Path(__file__).parents[1] / "model" / "conftest.py"))["build"]


@pytest.fixture(scope="module")
def classifier(tmp_path_factory):
    """classifier({0: "positive", 1: "negative"}): the folder of a tiny BERT with a classifier of these classes."""

    def classifier(id2label: dict[int, str]) -> Path:
        from transformers import AutoConfig, BertForSequenceClassification

        folder = tmp_path_factory.mktemp("classifier") / "tiny"
        shutil.copytree(BUILD("bert", folder.parent / "plain"), folder)
        config = AutoConfig.from_pretrained(folder)
        config.id2label, config.label2id = id2label, {name: number for number, name in id2label.items()}
        config.num_labels = len(id2label)
        import torch

        torch.manual_seed(0)
        BertForSequenceClassification(config).save_pretrained(folder)
        return folder

    return classifier


@pytest.fixture
def sentiment(make, tmp_path):
    """A study of sentiment with the head of ``folder``."""

    def sentiment(folder: Path, layers=(0, 1)):
        return make(
            corpus=Grammar(name="grammar", train=60, dev=30, test=30).load(),
            task=SentenceTask("sentiment"),
            model=Model(str(folder)),
            store=Store(str(tmp_path)),
            options=Options(resamples=20, layers=layers),
            with_head=True,
        )

    return sentiment


@pytest.mark.parametrize("names", [("negative", "positive"), ("positive", "negative"), ("Positive", "NEGATIVE")])
def test_the_models_classifier_is_judged_by_names_whatever_their_numbers(classifier, sentiment, names):
    study = sentiment(classifier(dict(enumerate(names))))
    sample = study.sample("test", 8)
    _, output = study.reader(sample)
    assert output.name == "the model's own classifier"
    numbers = {name.lower(): number for number, name in enumerate(names)}
    for row, sentence in zip(output.gold, sample.sentences, strict=True):
        [gold] = row[row >= 0]
        assert gold == numbers[study.corpus.splits["test"][sentence].label]


def test_further_classes_stay_in_the_softmax_and_are_said(classifier, sentiment):
    study = sentiment(classifier({0: "negative", 1: "neutral", 2: "positive"}))
    found = HeadAblation(sentences=4)(study)
    assert found.facts["output"] == "the model's own classifier"
    assert any("neutral" in note.text for note in found.notes)


@pytest.mark.parametrize(
    "id2label", [{0: "LABEL_0", 1: "LABEL_1"}, {0: "entailment", 1: "contradiction"}, {0: "score"}]
)
def test_a_classifier_of_other_names_is_refused_in_words_and_the_probe_is_read(classifier, sentiment, id2label):
    study = sentiment(classifier(id2label))
    found = HeadAblation(sentences=4)(study)
    assert found.facts["output"] == "the linear probe of sentiment on layer 1"
    [refused] = [note.text for note in found.notes if note.kind == "skipped"]
    assert str(id2label[0]) in refused
    assert "own classifier" in refused


def test_a_dev_set_that_chooses_layer_0_leaves_the_best_layer_above_it(make, study):
    chosen = make(options=Options(resamples=20, layers=(0, 1, 2)))
    fits = {p.layer: p.fit for p in chosen.predictions if p.target == "task"}
    best_above = max((1, 2), key=lambda layer: fits[layer].dev_score)
    for prediction in chosen.predictions:
        if prediction.target == "task" and prediction.layer == 0:
            object.__setattr__(prediction.fit, "dev_score", 1.0)
    reader = probe_reader(chosen.predictions, chosen.task, chosen.labels, chosen.encoder_with_maps)
    assert isinstance(reader, ProbeReader)
    assert (reader.fit.layer, reader.passed_over) == (best_above, 0)
    notes = HeadAblation(sentences=3)(chosen).notes
    assert any("dev chose layer 0" in note.text for note in notes)


def test_with_layer_0_alone_there_is_nothing_to_intervene_on(make):
    only = make(options=Options(resamples=20, layers=(0,)))
    assert only.probe_reader is None
    found = HeadAblation(sentences=3)(only)
    assert found.rows == ()
    assert "on a layer above 0" in found.notes[0].text


def test_a_probe_read_as_standardised_says_what_the_run_predicts(study):
    reader = study.probe_reader
    sample = study.sample("test", 6)
    subwords, probe = reader(sample)
    from probing.attention.interventions.passes import each_batch, hidden

    task = next(p for p in study.predictions if p.target == "task" and p.layer == reader.fit.layer)
    right = total = 0
    for batch, _ in each_batch(study.encoder_with_maps, subwords, lambda batch: None):
        read = probe(hidden(study.encoder_with_maps, batch, probe.layer), batch)
        right += int((read.log_probabilities.argmax(1) == read.gold).sum())
        total += len(read.gold)
    sides = (task.gold.values["test"], task.predicted["test"])
    gold, predicted = (np.concatenate([side[i] for i in sample.sentences]) for side in sides)
    known = gold < len(study.labels.classes)  # a label that train does not have has no probability
    assert total == known.sum()
    assert abs(right - int((predicted == gold)[known].sum())) <= 1  # stored vectors are rounded to float16, these not


def test_ids_in_a_configuration_are_numbers(classifier):
    folder = classifier({0: "a", 1: "b"})
    assert json.loads((folder / "config.json").read_text())["id2label"] == {"0": "a", "1": "b"}


def test_a_classifiers_attention_is_that_of_the_position_it_reads(classifier, sentiment):
    study = sentiment(classifier({0: "negative", 1: "positive"}))
    found = Agreement(sentences=4, longest=30, draws=1)(study)
    assert found.facts["output"] == "the model's own classifier"
    assert found.facts["predicts"] == "the sentence's class"
    assert found.facts["query"] == "of the positions from which the output reads"
    assert {row.target for row in found.rows if row.metric == "blank_out_nats"} == {"the sentence's label"}
    assert not [row for row in found.rows if row.metric == "blank_out_own_share"]
    from_cls = Agreement(sentences=4, longest=30, draws=1, query="first")(study)

    def of(findings):
        return {(row.target, row.layer): row.value for row in findings.rows if row.metric == "spearman"}

    assert all(target.endswith(", the sentence's label") for target, _ in of(found))
    assert of(found) == pytest.approx(of(from_cls), nan_ok=True)
