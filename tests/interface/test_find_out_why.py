"""probing.diagnose: which classifier is diagnosed, and what is refused with what to type instead."""

import re

import pytest

import probing
from probing.errors import ConfigError, DataError

FIT = "type probe = probing.fit_probe(probing.extract(model, corpus), task='sentiment')"


@pytest.fixture(scope="module")
def sentiment(vectors):
    return probing.Probe(resamples=50).fit(vectors, task="sentiment")


def test_the_right_and_the_wrong_answer_to_one_text(sentiment):
    found = [probing.diagnose(sentiment, "It was not dull", label) for label in ("negative", "positive")]
    assert [one.label for one in found] == ["negative", "positive"]
    assert found[0].answer == found[1].answer
    [wrong] = [one for one in found if one.answer != one.label]
    [right] = [one for one in found if one.answer == one.label]
    assert right.verdict.kind == "right" != wrong.verdict.kind
    assert right.confidence == wrong.confidence > 0.5
    layers = [answer.layer for answer in wrong.evidence.answers]
    assert layers == [*range(sentiment.study_.encoder.n_layers)]
    assert wrong.record.classifier.startswith("the probe on layer ")


def test_what_is_no_probe_on_all_layers_is_refused_with_what_to_type(model, corpus, vectors, probe):
    one_layer = probing.fit_probe(vectors, task="sentiment", layer=2)
    for given, said in (
        (model, "a probe on all layers is expected first"),
        (corpus, "a probe on all layers is expected first"),
        (vectors, "a probe on all layers is expected first"),
        (one_layer, "the probe is on layer 2 alone"),
        (probe, "the probe is of task=pos: a diagnosis is of a classifier of sentences"),
    ):
        with pytest.raises(ConfigError, match=re.escape(said)) as refused:
            probing.diagnose(given, "It was dull", "negative")
        assert FIT in str(refused.value) and "\n" not in str(refused.value)
    fitted = probing.fit_probe([[0.0], [1.0]] * 10, ["a", "b"] * 10)
    with pytest.raises(ConfigError, match="fitted to arrays"):
        probing.diagnose(fitted, "It was dull", "negative")


@pytest.mark.parametrize(
    ("text", "label", "error", "said"),
    [
        (" ", "positive", ConfigError, "text is empty; type probing.diagnose(probe, "),
        (["Fine", ""], ["positive"] * 2, ConfigError, "text 2 is empty"),
        ("Fine", "good", ConfigError, "label=good: not a valid value; choose one of negative, positive"),
        (["Fine"] * 2, ["positive", "good"], ConfigError, "label 2=good: not a valid value"),
        ("the lazy dog " * 400, "positive", DataError, "subwords, and the model reads 512 at most; shorten it"),
        (["Fine", "\u200b"], ["positive"] * 2, DataError, "text 2: the text has no word that the model reads"),
        (["Fine"], "positive", ConfigError, "a list of 1 texts and a label are given"),
        ("Fine", ["positive"], ConfigError, "a text and a list of 1 labels are given"),
        (["Fine"] * 2, ["positive"], ConfigError, "a list of 2 texts and a list of 1 labels are given"),
        ([], [], ConfigError, "text=[]: a string is expected, or a list of them"),
        (3, "positive", ConfigError, "text=3: a string is expected"),
        ("Fine", None, ConfigError, "label=None: a string is expected"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_texts_and_labels_that_cannot_be_used(sentiment, text, label, error, said):
    with pytest.raises(error, match=re.escape(said)) as refused:
        probing.diagnose(sentiment, text, label)
    assert "\n" not in str(refused.value)


def test_a_class_that_train_lacks_is_named(model):
    rows = {"train": ("good", "bad"), "dev": ("good", "bad", "odd"), "test": ("good", "bad")}
    splits = {
        split: [(["It", "was", label, str(n)], label) for n in range(8) for label in labels]
        for split, labels in rows.items()
    }
    probe = probing.fit_probe(probing.extract(model, probing.load_corpus(splits)), task="sentiment")
    with pytest.raises(ConfigError, match=r"label=odd: no sentence of train has this class.* choose one of bad, good"):
        probing.diagnose(probe, "It was odd", "odd")


def test_a_prompt_and_its_answers_belong_together(sentiment):
    with pytest.raises(ConfigError, match="prompt= and answers= belong together: give both, or neither"):
        probing.diagnose(sentiment, "Fine", "positive", prompt="{text} It is")
    with pytest.raises(ConfigError, match=r"\{text\} is expected in it once"):
        probing.diagnose(sentiment, "Fine", "positive", prompt="It is", answers={"a": " b", "c": " d"})
