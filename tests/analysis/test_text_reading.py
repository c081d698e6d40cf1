"""One text: the class and its probability are those of the output that reads it, and bad input is refused in words."""

import runpy
import shutil
from pathlib import Path

import numpy as np
import pytest

from probing.analysis.text_reading import LayerProbe, read_text
from probing.attention.interventions.prompt_head import Prompt
from probing.axes import Sentence, Surface
from probing.errors import ConfigError, DataError, ModelError
from probing.model.checkpoint import Model, resolve
from probing.model.encoder import load
from probing.probe.saved import Saved

BUILD = runpy.run_path(str(Path(__file__).parents[1] / "model" / "conftest.py"))["build"]
NAMES = ["negative", "positive"]
TEXT = "the fox didn't jump!"
SENTENCE = Sentence(
    "t", ("the", "fox", "didn't", "jump", "!"), surface=Surface(TEXT, ((0, 3), (4, 7), (8, 14), (15, 19), (19, 20)))
)


@pytest.fixture(scope="module")
def encoder_with(tmp_path_factory):
    """encoder_with("bert", "BertForSequenceClassification"): a tiny encoder with its head, and its folder."""

    def encoder_with(family, architecture, **options):
        import torch
        import transformers

        folder = shutil.copytree(
            BUILD(family, tmp_path_factory.mktemp("plain")), tmp_path_factory.mktemp("with") / "head"
        )
        named = {"id2label": dict(enumerate(NAMES)), "num_labels": 2} | options
        config = transformers.AutoConfig.from_pretrained(folder, **named)
        torch.manual_seed(1)
        getattr(transformers, architecture)(config).save_pretrained(folder)
        model = Model(str(folder))
        return load(model, resolve(model), head=True), folder

    return encoder_with


def test_the_models_own_class_is_the_pipelines(encoder_with):
    import transformers

    encoder, folder = encoder_with("bert", "BertForSequenceClassification")
    found = read_text(encoder, SENTENCE, "Positive")
    shown = {
        one["label"]: one["score"]
        for one in transformers.pipeline("text-classification", str(folder))(TEXT, top_k=None)
    }
    assert found.predicted == max(shown, key=shown.get)
    assert found.confidence == pytest.approx(max(shown.values()), abs=1e-5)
    assert found.probabilities == pytest.approx([shown[name] for name in NAMES], abs=1e-5)
    assert found.classes[found.label] == "positive"
    assert len(found.subwords) == 1 and found.output.level == "sentence"


def test_a_class_of_words_is_that_of_the_word_that_is_asked_for(encoder_with):
    import transformers

    encoder, folder = encoder_with("bert", "BertForTokenClassification")
    shown = transformers.pipeline("token-classification", str(folder))(TEXT, ignore_labels=[])
    for word, (start, _) in enumerate(SENTENCE.surface.spans):
        found = read_text(encoder, SENTENCE, "positive", word=word)
        [first] = [one for one in shown if one["start"] == start]
        assert (found.predicted, found.confidence) == (first["entity"], pytest.approx(first["score"], abs=1e-5))
    for word in (None, 5):
        with pytest.raises(ConfigError, match="from 0 to 4"):
            read_text(encoder, SENTENCE, "positive", word=word)


@pytest.mark.parametrize("vector", ["mean", "cls"])
def test_a_trained_probe_says_what_its_file_says(encoder_with, vector):
    encoder, _ = encoder_with("bert", "BertForMaskedLM")
    rng = np.random.default_rng(0)
    weights, intercepts = rng.normal(size=(2, 16)).astype(np.float32), rng.normal(size=2).astype(np.float32)
    saved = Saved(
        "sentiment", "sentence", "class", vector, "first", tuple(NAMES), "c", "r", {2: weights}, {2: intercepts}
    )
    found = read_text(encoder, SENTENCE, "negative", LayerProbe(saved, 2))
    states = encoder.hidden(found.subwords)[2]
    pooled = states[0] if vector == "cls" else states[found.subwords.words >= 0].mean(axis=0)
    logits = saved.read(2, pooled[None])[0]
    assert found.probabilities == pytest.approx(np.exp(logits) / np.exp(logits).sum(), abs=1e-5)
    assert (found.output.layer, found.label) == (2, 0)
    with pytest.raises(ConfigError, match=r"give classes in \[2\]"):
        read_text(encoder, SENTENCE, "negative", LayerProbe(saved, 3))


def test_a_prompt_reads_the_text_inside_of_it(encoder_with):
    encoder, _ = encoder_with("gpt2", "GPT2LMHeadModel")
    found = read_text(
        encoder, SENTENCE, "positive", Prompt("I know: {text} and then", {"positive": " the", "negative": " dog"})
    )
    assert found.classes == ("positive", "negative") and found.label == 0
    assert found.probabilities.sum() == pytest.approx(1)
    assert found.subwords.n_words.tolist() == [5]


def test_bad_input_is_refused_in_words(encoder_with):
    encoder, _ = encoder_with("bert", "BertForSequenceClassification")
    with pytest.raises(ConfigError, match="label=neutral: the classes are negative, positive"):
        read_text(encoder, SENTENCE, "neutral")
    with pytest.raises(DataError, match="the text is empty"):
        read_text(encoder, Sentence("t", ()), "negative")
    with pytest.raises(DataError, match="reads 64 at most"):
        read_text(encoder, Sentence("t", ("fox",) * 100), "negative")
    masked, _ = encoder_with("bert", "BertForMaskedLM")
    with pytest.raises(ModelError, match=r"pipelines\.run model=.*pipelines\.classifier model="):
        read_text(masked, SENTENCE, "negative")
    number, _ = encoder_with("bert", "BertForSequenceClassification", id2label={0: "score"}, num_labels=1)
    with pytest.raises(ModelError, match="as for regression"):
        read_text(number, SENTENCE, "negative")
    several, _ = encoder_with("bert", "BertForSequenceClassification", problem_type="multi_label_classification")
    with pytest.raises(ModelError, match="trained for multi_label_classification"):
        read_text(several, SENTENCE, "negative")
