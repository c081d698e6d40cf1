"""A classifier's score is the one that transformers' own pipeline shows for the same text."""

from dataclasses import replace

import numpy as np
import pytest

from probing.attention.interventions.model_head import head_readout
from probing.attention.interventions.passes import hidden
from probing.axes import Sentence
from probing.data.word_list import words_of
from probing.errors import ConfigError, ModelError
from probing.model.batches import batch_of
from probing.model.checkpoint import Model, resolve
from probing.model.encoder import load

NAMES = ["no", "perhaps", "yes"]
TEXTS = ["the quick fox saw New York", "she left", "the dog sleeps and the fox jumps over the naïve dog"]
FAMILIES = {
    "bert": "Bert",
    "distilbert": "DistilBert",
    "roberta": "Roberta",
    "electra": "Electra",
    "gpt2": "GPT2",
    "llama": "Llama",
    "modernbert": "ModernBert",
}


@pytest.fixture(scope="session")
def both(saved):
    """An encoder with a head of three classes, and transformers' pipeline of the same folder."""
    import transformers

    def both(family, ending, task, **options):
        named = {"id2label": dict(enumerate(NAMES)), "label2id": {name: at for at, name in enumerate(NAMES)}}
        folder, _ = saved(family, f"{FAMILIES[family]}For{ending}", **named, **options)
        model = Model(checkpoint=str(folder))
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
        return load(model, resolve(model), head=True), transformers.pipeline(task, str(folder), tokenizer=tokenizer)

    return both


def read(encoder, labels):
    """The reading of TEXTS in one batch, longest and shortest together."""
    subwords, output = head_readout(
        encoder, encoder.tokenize([text.split() for text in TEXTS]), np.random.default_rng(0), labels, NAMES
    )
    batch = batch_of(subwords, range(len(TEXTS)), encoder.pad)
    return subwords, output, output(hidden(encoder, batch, output.layer), batch)


@pytest.mark.parametrize(
    ("family", "options"),
    [*((family, {}) for family in FAMILIES), ("modernbert", {"classifier_pooling": "mean"})],
)
def test_the_class_of_a_text_is_the_pipelines(both, family, options):
    encoder, pipeline = both(family, "SequenceClassification", "text-classification", **options)
    _, output, reading = read(encoder, [0, 1, 2])
    shares = reading.log_probabilities.exp().numpy()
    for text, share in zip(TEXTS, shares, strict=True):
        for found in pipeline(text, top_k=None):
            assert share[NAMES.index(found["label"])] == pytest.approx(found["score"], abs=1e-5)
    assert np.ptp(shares, axis=0).max() > 1e-3  # the texts are told apart
    assert output.mean == (options != {})


@pytest.mark.parametrize("family", FAMILIES)
def test_the_class_of_a_word_is_the_pipelines_at_its_first_subword(both, family):
    encoder, pipeline = both(family, "TokenClassification", "token-classification")
    subwords, output, reading = read(encoder, [np.zeros(len(text.split()), dtype=int) for text in TEXTS])
    shares = iter(reading.log_probabilities.exp().numpy())
    for row, text in enumerate(TEXTS):
        of_subwords = {found["index"]: found for found in pipeline(text, ignore_labels=[])}
        words = subwords.words[subwords.offsets[row] : subwords.offsets[row + 1]].tolist()
        for word in range(len(text.split())):
            found, share = of_subwords[words.index(word)], next(shares)
            assert NAMES[share.argmax()] == found["entity"]
            assert share.max() == pytest.approx(found["score"], abs=1e-5)
    assert next(shares, None) is None
    assert output.level == "word"


def test_a_words_own_are_all_of_its_subwords_where_only_the_first_is_read(both):
    encoder, _ = both("bert", "TokenClassification", "token-classification")
    subwords, output, _ = read(encoder, [np.arange(len(text.split())) - 1 for text in TEXTS])
    batch = batch_of(subwords, [2], encoder.pad)
    places = output.places(batch)
    assert len(places.rows) == 3  # of the classes -1, 0, 1, 2, 3 … three are known
    for place, word in enumerate([1, 2, 3]):
        own = batch.words[0] == word
        np.testing.assert_array_equal(places.own[place], own)
        np.testing.assert_array_equal(places.reads[place], own.cumsum() * own == 1)


def test_of_words_that_share_their_first_subword_one_is_classified_and_the_other_is_counted(both):
    from probing.axes import Surface

    encoder, _ = both("bert", "TokenClassification", "token-classification")
    range_of_two = Sentence("s", words_of(["the", "do", "n't"]), surface=Surface("the fox", ((0, 3), (4, 7), (4, 7))))
    subwords = encoder.tokenize_sentences([range_of_two])
    _, output = head_readout(encoder, subwords, np.random.default_rng(0), [np.array([0, 1, 2])], NAMES)
    assert output.gold[0][output.gold[0] >= 0].tolist() == [0, 1]
    assert output.notes == ("1 words have no subword of their own to be classified at, and are left out",)


def test_a_classifier_of_words_is_given_labels_and_one_class_each(both):
    encoder, _ = both("bert", "TokenClassification", "token-classification")
    subwords = encoder.tokenize([text.split() for text in TEXTS])
    with pytest.raises(ConfigError, match="classifies words, but no labels"):
        head_readout(encoder, subwords, np.random.default_rng(0))
    several = replace(encoder, head=replace(encoder.head, problem="multi_label_classification"))
    with pytest.raises(ModelError, match="trained for multi_label"):
        head_readout(several, subwords, np.random.default_rng(0), [np.zeros(1, int)] * 3, NAMES)


@pytest.mark.parametrize(("place", "said"), [(-1, "reads more of the last hidden state"), (1, "out of bounds")])
def test_a_head_that_reads_two_places_is_left_out_and_said(saved, monkeypatch, place, said):
    """The class of a sentence from the first and another vector: nothing that one vector could tell."""
    from transformers import BertForSequenceClassification

    folder, _ = saved("bert", "BertForSequenceClassification", id2label=dict(enumerate(NAMES)))
    plain = BertForSequenceClassification.forward

    def of_two(self, **inputs):
        output = plain(self, **inputs)
        states = self.bert(**{name: inputs.get(name) for name in ("input_ids", "attention_mask")})[0]
        output.logits = output.logits + states[:, place, :3]
        return output

    monkeypatch.setattr(BertForSequenceClassification, "forward", of_two)
    model = Model(checkpoint=str(folder))
    encoder = load(model, resolve(model), head=True)
    assert encoder.head is None
    assert any("own head is left out" in note and said in note for note in encoder.notes)
