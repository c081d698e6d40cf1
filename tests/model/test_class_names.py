"""Classes are matched by name, and where that cannot be done the message says what to type."""

import pytest

from probing.errors import ModelError
from probing.model.class_names import further_classes, match_classes

TWO = ["negative", "positive"]


@pytest.mark.parametrize(
    ("id2label", "expected"),
    [
        ({0: "negative", 1: "positive"}, [0, 1]),
        ({0: "positive", 1: "negative"}, [1, 0]),
        ({0: "POSITIVE", 1: " Negative "}, [1, 0]),
        ({0: "positive", 1: "neutral", 2: "negative"}, [2, 0]),
        ({0: "Positive", 1: "positive", 2: "negative"}, [2, 1]),  # the very name comes first
    ],
)
def test_a_class_is_found_by_its_name(id2label, expected):
    assert match_classes(TWO, id2label).tolist() == expected


@pytest.mark.parametrize(
    ("classes", "id2label", "message"),
    [
        (
            TWO,
            {0: "LABEL_0", 1: "LABEL_1"},
            "does not know negative, positive: its classes are 0 = LABEL_0, 1 = LABEL_1",
        ),
        (TWO, {0: "neg", 1: "positive"}, "does not know negative: .*the corpus has negative, positive"),
        ([*TWO, "mixed"], {0: "negative", 1: "positive"}, "does not know mixed"),
        (TWO, {0: "Positive", 1: "POSITIVE", 2: "negative"}, "could be two classes"),
        (["No", "no"], {0: "NO", 1: "yes"}, "could be two classes"),
        (TWO, {0: "positive"}, r"has 1 output \(0 = positive\).*one output for each class"),
    ],
)
def test_what_cannot_be_matched_is_refused(classes, id2label, message):
    with pytest.raises(ModelError, match=message):
        match_classes(classes, id2label)


def test_the_message_shows_the_line_to_type():
    with pytest.raises(ModelError) as caught:
        match_classes(TWO, {0: "LABEL_0", 1: "LABEL_1", 2: "LABEL_2"})
    wanted = "model.config.id2label = {0: 'negative', 1: 'positive', 2: 'class 2'}; model.save_pretrained('named')"
    assert wanted in str(caught.value)


def test_classes_that_the_corpus_does_not_have_are_named():
    assert further_classes(TWO, {0: "positive", 1: "neutral", 2: "negative", 3: "mixed"}) == ["neutral", "mixed"]
    assert further_classes(TWO, {0: "positive", 1: "negative"}) == []
