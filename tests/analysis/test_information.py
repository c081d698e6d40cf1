"""Information: bits that agree with the probes' own probabilities, beyond layer 0 and beyond word identity."""

import numpy as np
import pytest

from probing.analysis.conditional_probes import words_of
from probing.analysis.findings import Findings
from probing.analysis.information import Information
from probing.errors import ConfigError
from probing.probe.reference import Reference
from probing.result.rows import Measurement
from probing.task.sentences import SentenceTask
from probing.task.trees import Depth


@pytest.fixture(scope="module")
def found(study) -> Findings:
    return Information()(study)


def rows(found: Findings, metric: str, target: str = "task") -> dict[int | None, Measurement]:
    return {row.layer: row for row in found.rows if (row.metric, row.target) == (metric, target)}


def test_information_is_label_entropy_minus_cross_entropy(found, study):
    [entropy] = [row for row in found.rows if row.metric == "label_entropy_bits"]
    assert entropy.layer is None
    target = study.items.targets["task"]
    share = np.bincount(target.flat("train"), minlength=target.n_classes) / len(target.flat("train"))
    gold = target.flat("test")
    assert entropy.value == pytest.approx(-np.log2(share[gold[gold < target.n_classes]]).mean())
    for layer in study.layers:
        bits, left = rows(found, "v_information_bits")[layer], rows(found, "cross_entropy_bits")[layer]
        assert bits.value == pytest.approx(entropy.value - left.value)
        assert bits.ci_low < bits.value < bits.ci_high


def test_the_control_has_less_information_and_the_difference_is_paired(found, study):
    for layer in study.layers:
        task, control, gap = (
            rows(found, "v_information_bits", target)[layer] for target in ("task", "control", "selectivity")
        )
        assert gap.value == pytest.approx(task.value - control.value)
        assert gap.ci_low < gap.value < gap.ci_high
    assert rows(found, "v_information_bits", "control")[2].value < rows(found, "v_information_bits")[2].value


def test_a_contextual_layer_tells_more_than_layer_0_and_the_word_do(found):
    beyond = rows(found, "conditional_v_information_bits", "given layer 0")
    assert list(beyond) == [2]  # layer 0 tells nothing beyond itself
    assert beyond[2].ci_low > 0
    assert list(rows(found, "conditional_v_information_bits", "given the word type")) == [0, 2]
    assert rows(found, "cross_entropy_bits", "layer 0 alone")[None].value > 0


def test_word_types_are_words_as_the_model_reads_them(study, monkeypatch):
    monkeypatch.setattr("probing.analysis.comparisons.seen_form", lambda folder: str.upper)
    words = {split: [word for of in sentences for word in of] for split, sentences in words_of(study).items()}
    assert len(words["test"]) == len(study.items.targets["task"].flat("test"))
    assert all(word == word.upper() for word in words["test"])


def test_calibration_is_measured_and_rankings_only_for_two_classes(found, study):
    for metric, most in (("brier", 2), ("ece", 1)):
        assert all(0 < rows(found, metric)[layer].value < most for layer in study.layers)
    assert not rows(found, "auroc")


def test_two_classes_are_ranked_and_sentences_have_no_word_type(make):
    metrics = {"auroc", "average_precision"}
    found = Information(given=["word"])(make(task=SentenceTask("sentiment")))
    values = {row.metric: row.value for row in found.rows if row.metric in metrics and row.layer == 2}
    assert set(values) == metrics
    assert all(0 <= value <= 1 for value in values.values())
    assert found.facts["positive"] == "positive"
    assert any("no word type" in note.text for note in found.notes)


def test_tasks_and_probes_without_probabilities_are_refused(make):
    for changes in ({"task": Depth("depth")}, {"probe": Reference("sklearn", [1e-2])}):
        with pytest.raises(ConfigError, match="analysis=information needs classes"):
            Information().check(make(**changes))
    for options, text in (({"folds": 1}, "folds=1"), ({"bins": 0}, "bins"), ({"given": ["context"]}, "given")):
        with pytest.raises(ConfigError, match=text):
            Information(**options)
