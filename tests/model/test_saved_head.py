"""One read of a checkpoint gives its encoder and its head; the encoder is the one that is read alone."""

import json
import shutil

import numpy as np
import pytest
import torch
import transformers

from probing.model.checkpoint import Model, resolve
from probing.model.encoder import load

SENTENCES = [["the", "quick", "fox"], ["dog"], ["the", "lazy", "dog", "sleeps", "and", "the", "fox", "jumps"]]
HEADS = (
    ("bert", "BertForMaskedLM", "masked"),
    ("roberta", "RobertaForMaskedLM", "masked"),
    ("modernbert", "ModernBertForMaskedLM", "masked"),
    ("gpt2", "GPT2LMHeadModel", "next"),
    ("llama", "LlamaForCausalLM", "next"),
    ("bert", "BertForSequenceClassification", "class"),
    ("roberta", "RobertaForSequenceClassification", "class"),
    ("distilbert", "DistilBertForSequenceClassification", "class"),
    ("gpt2", "GPT2ForSequenceClassification", "class"),
)


@pytest.fixture
def with_head(folder_of, tmp_path):
    """The folder of a family's tiny model, saved again with a head."""

    def with_head(family, architecture):
        folder = shutil.copytree(folder_of(family), tmp_path / architecture)
        config = transformers.AutoConfig.from_pretrained(folder, num_labels=3)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(1)
            full = getattr(transformers, architecture)(config)
        full.base_model.load_state_dict(transformers.AutoModel.from_pretrained(folder).state_dict(), strict=False)
        full.save_pretrained(folder)
        return folder

    return with_head


def encoder_in(folder, **options):
    model = Model(str(folder))
    return load(model, resolve(model), **options)


@pytest.mark.parametrize(("family", "architecture", "kind"), HEADS)
def test_hidden_states_are_those_of_the_encoder_read_alone(with_head, family, architecture, kind, monkeypatch):
    folder = with_head(family, architecture)
    alone = encoder_in(folder)
    subwords = alone.tokenize(SENTENCES)
    reads = []
    read = transformers.PreTrainedModel.from_pretrained.__func__
    monkeypatch.setattr(
        transformers.PreTrainedModel,
        "from_pretrained",
        classmethod(lambda cls, *args, **options: reads.append(cls.__name__) or read(cls, *args, **options)),
    )
    encoder = encoder_in(folder, head=True)
    assert reads == [architecture]  # once
    assert encoder.head.kind == kind
    assert type(encoder.network) is type(alone.network)
    assert not any(weight.requires_grad for weight in encoder.network.parameters())
    np.testing.assert_array_equal(encoder.hidden(subwords), alone.hidden(subwords))
    before = encoder.hidden(subwords)
    encoder.head.logits(torch.from_numpy(before[-1]))
    np.testing.assert_array_equal(encoder.hidden(subwords), before)


def test_classes_are_named_in_order(with_head):
    folder = with_head("bert", "BertForSequenceClassification")
    config = json.loads((folder / "config.json").read_text())
    config["id2label"] = {"2": "third", "0": "first", "1": "second"}
    (folder / "config.json").write_text(json.dumps(config))
    head = encoder_in(folder, head=True).head
    assert list(head.id2label.items()) == [(0, "first"), (1, "second"), (2, "third")]
    assert head.problem is None


@pytest.mark.parametrize("family", ["bert", "t5", "bart"])
def test_without_a_head_the_encoder_is_as_it_is_read_alone(folder_of, family):
    alone, encoder = encoder_in(folder_of(family)), encoder_in(folder_of(family), head=True)
    assert encoder.head is None
    assert type(encoder.network) is type(alone.network)
    subwords = alone.tokenize(SENTENCES)
    np.testing.assert_array_equal(encoder.hidden(subwords), alone.hidden(subwords))


def test_a_head_that_was_not_asked_for_is_none(with_head):
    assert encoder_in(with_head("bert", "BertForMaskedLM")).head is None


def test_the_untrained_twin_has_no_head(with_head):
    model = Model(str(with_head("bert", "BertForMaskedLM")), untrained_seed=7)
    assert load(model, resolve(model), head=True).head is None


def test_a_head_without_all_of_its_weights_is_none(with_head):
    from safetensors.torch import load_file, save_file

    folder = with_head("bert", "BertForMaskedLM")
    alone = encoder_in(folder)
    weights = load_file(folder / "model.safetensors")
    kept = {name: weight for name, weight in weights.items() if "transform" not in name}
    assert len(kept) < len(weights)
    save_file(kept, folder / "model.safetensors", metadata={"format": "pt"})
    encoder = encoder_in(folder, head=True)
    assert encoder.head is None
    subwords = alone.tokenize(SENTENCES)
    np.testing.assert_array_equal(encoder.hidden(subwords), alone.hidden(subwords))


def test_a_head_of_another_size_is_left_out_and_said(with_head, caplog):
    folder = with_head("bert", "BertForSequenceClassification")
    config = json.loads((folder / "config.json").read_text())
    config["id2label"] = {"0": "a", "1": "b"}  # the file has three
    (folder / "config.json").write_text(json.dumps(config))
    encoder = encoder_in(folder, head=True)
    assert encoder.head is None
    assert "its head cannot be loaded and is left out" in caplog.text
    subwords = encoder.tokenize(SENTENCES)
    np.testing.assert_array_equal(encoder.hidden(subwords), encoder_in(folder).hidden(subwords))


def test_the_head_computes_in_the_precision_of_the_model(with_head):
    folder = with_head("bert", "BertForMaskedLM")
    model = Model(str(folder), precision="bfloat16")
    encoder = load(model, resolve(model), head=True)
    assert encoder.head.logits(torch.zeros(2, 16)).dtype == torch.bfloat16
