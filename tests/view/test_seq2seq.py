"""The attention of a whole encoder-decoder is what transformers computes."""

import runpy
from pathlib import Path

import numpy as np
import pytest
import torch

from probing.errors import ConfigError, DataError, ModelError
from probing.model.checkpoint import Model, resolve
from probing.view import show
from probing.view.seq2seq import seq2seq_views

BUILD = runpy.run_path(str(Path(__file__).parent.parent / "model" / "conftest.py"))["build"]


@pytest.fixture(scope="module", params=["t5", "bart"])
def folder(request, tmp_path_factory) -> Path:
    return BUILD(request.param, tmp_path_factory.mktemp(request.param))


def test_the_numbers_are_those_of_transformers(folder):
    from transformers import AutoModel, AutoTokenizer

    views = seq2seq_views(resolve(Model(str(folder))), "the quick fox", "she left")
    encoder, decoder, cross = views
    tokenizer = AutoTokenizer.from_pretrained(folder)
    network = AutoModel.from_pretrained(folder, attn_implementation="eager").eval()
    ids = tokenizer("the quick fox", return_tensors="pt").input_ids
    assert list(encoder.tokens.vocabulary) == tokenizer.convert_ids_to_tokens(ids[0].tolist())
    start = getattr(network.config, "decoder_start_token_id", None)
    first = network.config.pad_token_id if start is None else start
    after = tokenizer("she left", add_special_tokens=False).input_ids
    assert list(decoder.tokens.vocabulary) == tokenizer.convert_ids_to_tokens([first, *after])
    with torch.inference_mode():
        output = network(input_ids=ids, decoder_input_ids=torch.tensor([[first, *after]]), output_attentions=True)
    for view, theirs in (
        (encoder, output.encoder_attentions),
        (decoder, output.decoder_attentions),
        (cross, output.cross_attentions),
    ):
        assert np.abs(view.attention - torch.cat(theirs).numpy()).max() < 1e-5
    assert cross.n_queries == len(after) + 1
    assert (cross.about["text"], cross.about["text_b"]) == ("she left", "the quick fox")
    assert decoder.tokens.special[0] and decoder.tokens.word[0] == -1


def test_show_takes_a_text_for_the_decoder(folder):
    page = show("the quick fox", model=str(folder), decoder_text="she left")
    assert page.html.count('"part":"cross-attention"') == 1


def test_special_tokens_in_a_text_stay_text(folder):
    [encoder, *_] = seq2seq_views(resolve(Model(str(folder))), "the </s> fox", "fox")
    assert sum(encoder.tokens.vocabulary[at] == "</s>" for at in range(len(encoder.tokens.labels))) == 1


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"decoder_text": " "}, ConfigError, "decoder_text is empty"),
        ({"text": " "}, ConfigError, "text is empty"),
        ({"text_b": "she"}, ConfigError, "no text_b"),
        ({"text": ["a cat", "a dog"]}, ConfigError, "needs one text"),
        ({"model": "minilm"}, ModelError, "has an encoder, but no decoder"),
    ],
)
def test_what_cannot_be_shown_is_said(folder, given, error, message):
    with pytest.raises(error, match=message):
        show(**{"text": "the fox", "decoder_text": "she left", "model": str(folder), **given})


def test_a_text_that_is_too_long_is_refused(tmp_path):
    found = resolve(Model(str(BUILD("bart", tmp_path))))
    with pytest.raises(DataError, match="decoder_text has 9. tokens, and the model reads at most 64"):
        seq2seq_views(found, "fox", "fox " * 93)
