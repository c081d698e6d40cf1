"""An encoder-decoder's weights as up to three views."""

import numpy as np
import pytest

from probing.errors import ConfigError, ModelError
from probing.rng import generator
from probing.view import show
from probing.view.encoder_decoder import GivenWeights, encoder_decoder_views
from probing.view.pack import pack, unpack

ENCODER, DECODER = ["▁the", "▁cat", "s", "</s>"], ["<pad>", "▁die", "▁Katze"]


@pytest.fixture
def given() -> dict:
    """Two layers of two heads."""
    rng = generator(0, "encoder-decoder")
    sizes = {"encoder_attention": (4, 4), "decoder_attention": (3, 3), "cross_attention": (3, 4)}
    maps = {name: list(rng.dirichlet(np.ones(k), size=(2, 1, 2, q))) for name, (q, k) in sizes.items()}
    return {**maps, "encoder_tokens": ENCODER, "decoder_tokens": DECODER}


def test_every_part_that_is_given_becomes_a_view(given):
    encoder, decoder, cross = encoder_decoder_views(GivenWeights(**given))
    assert [view.about["part"] for view in (encoder, decoder, cross)] == ["encoder", "decoder", "cross-attention"]
    assert encoder.rollout is not None
    assert decoder.rollout is None and "also reads the encoder" in decoder.missing["rollout"]
    assert cross.attention.shape == (2, 2, 3, 4)
    assert np.allclose(cross.attention, np.concatenate(given["cross_attention"]))
    assert (cross.n_queries, cross.tokens.labels) == (3, (*DECODER, *ENCODER))
    assert cross.tokens.word.tolist() == [-1, 0, 1, 2, 3, 3, -1]
    assert cross.tokens.forms == ("die", "Katze", "the", "cats")
    packed = pack(cross)
    assert packed.header["n_queries"] == 3
    assert np.allclose(unpack(packed.header, packed.arrays, "attention/2"), given["cross_attention"][1][0], atol=1e-4)


def test_show_takes_them_as_bertviz_does(given):
    assert show(**given).html.count('"part":"') == 3
    alone = {name: given[name] for name in ("cross_attention", "encoder_tokens", "decoder_tokens")}
    assert '"part":"cross-attention"' in show(**alone, view="heatmap", layer=2, heads=1).html


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"encoder_tokens": None}, ConfigError, "encoder_attention=… needs encoder_tokens"),
        ({"decoder_tokens": DECODER[:2]}, ModelError, "decoder_attention is over 3 subwords, but there are 2 tokens"),
        ({"encoder_tokens": "abcd"}, ModelError, "encoder_tokens is a str, not a list"),
        ({"cross_attention": [None]}, ModelError, "cross_attention of layer 1 is None"),
        ({"cross_attention": [np.ones((2, 3, 4))]}, ModelError, "cross_attention: the weights of a query sum to 4"),
        (
            {"cross_attention": [np.full((2, 4, 3), 1 / 3)]},
            ModelError,
            "cross_attention is over 4 queries, but there are 3",
        ),
        ({"text": "a"}, ConfigError, "show what"),
    ],
)
def test_what_does_not_fit_is_named(given, change, error, message):
    with pytest.raises(error, match=message):
        show(**{**given, **change})


def test_tokens_alone_are_not_enough():
    with pytest.raises(ConfigError, match="add encoder_attention=…, decoder_attention=… or cross_attention=…"):
        show(encoder_tokens=ENCODER, decoder_tokens=DECODER)
