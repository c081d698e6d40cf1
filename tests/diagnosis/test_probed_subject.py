"""What a diagnosis begins with: which probe is diagnosed, and which labels and texts can be used."""

from dataclasses import replace

import pandas as pd
import pytest

from probing.axes import Labels
from probing.diagnosis.probed_subject import check_label, probed_subject, whole_text
from probing.errors import ConfigError, DataError

# by layer: on dev layer 0 is best, which no head comes before, and then layer 3
ON_DEV, ON_TEST = (0.95, 0.6, 0.7, 0.9), (0.5, 0.75, 0.25, 1.0)


@pytest.fixture
def rows() -> pd.DataFrame:
    usual = {"analysis": "probes", "metric": "accuracy", "target": "task"}
    found = [
        {**usual, "split": split, "layer": layer, "value": value}
        for split, values in (("dev", ON_DEV), ("test", ON_TEST))
        for layer, value in enumerate(values)
    ]
    others = ({"analysis": "heads"}, {"metric": "macro_f1"}, {"target": "control"})
    return pd.DataFrame([*found, *({**found[1], "value": 1.0, **other} for other in others)])


def test_the_probe_that_is_best_on_dev_above_layer_0_is_diagnosed_with_its_errors_on_test(small_subject, rows):
    found = probed_subject(small_subject.study, small_subject.saved, rows)
    assert found.probe_layer == 3
    assert found.errors == {0: 0.5, 1: 0.25, 2: 0.75, 3: 0.0}
    assert found.prompt is None


def test_probes_of_another_kind_are_refused_before_their_scores_are_read(small_subject, rows):
    saved = replace(small_subject.saved, level="pair")
    with pytest.raises(ConfigError, match="a diagnosis is of a classifier of sentences"):
        probed_subject(small_subject.study, saved, rows[rows["metric"] == "spearman"])


def test_a_label_that_no_sentence_of_train_has_is_told_from_one_that_there_is_not():
    labels = Labels("sentence", "class", {}, ("bad", "good"), ("odd",))
    check_label("label", "good", labels)
    with pytest.raises(ConfigError, match=r"label=odd: no sentence of train has this class.* one of bad, good"):
        check_label("label", "odd", labels)
    with pytest.raises(ConfigError, match="mine.tsv, line 2: label=fine: not a valid value; choose one of bad, good"):
        check_label("mine.tsv, line 2: label", "fine", labels)


def test_a_text_is_read_as_it_is_written_and_whole(small_subject):
    assert whole_text(small_subject, "It was  not dull!").words == ("It", "was", "not", "dull", "!")
    with pytest.raises(DataError, match=r"^line 3: the text has 122 subwords, and the model reads 64 at most"):
        whole_text(small_subject, "the lazy dog " * 40, "line 3: ")
    with pytest.raises(DataError, match="^the text has no word"):
        whole_text(small_subject, "\u200b")
