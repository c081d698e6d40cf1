"""Sentences of train are grouped by what the other sentences of train have, and those of dev by what train has."""

from types import SimpleNamespace
from unittest import mock

import numpy as np
import pytest

from pipelines.diagnosing.chosen_texts import of_split
from pipelines.diagnosing.diagnosis_settings import Settings
from probing.analysis.phenomena import slices, usual_phenomena


class CapturedError(Exception):
    """Ends the work once the groups are known."""


def test_rare_words_of_train_are_those_of_no_other_sentence(small_subject):
    trained = SimpleNamespace(subject=small_subject, bars=SimpleNamespace(stage=lambda name: None))
    with (
        mock.patch("pipelines.diagnosing.chosen_texts.split_answers", side_effect=CapturedError) as asked,
        pytest.raises(CapturedError),
    ):
        of_split(trained, Settings(errors=1, phenomena=["hedge"]))
    _, split, of_dev, of_train, _ = asked.call_args.args
    corpus = small_subject.study.corpus.splits
    train = corpus["train"]
    assert split == "dev" and of_dev.names == of_train.names and of_dev.names[-1] == "hedge"
    for groups, kinds, part in (
        (of_dev, usual_phenomena(train), "dev"),
        (of_train, usual_phenomena(train, of_train=True), "train"),
    ):
        np.testing.assert_array_equal(groups.inside[:, :-1], slices(kinds, corpus[part]).members)
    assert of_train.inside[:, of_train.names.index("rare words")].any()
