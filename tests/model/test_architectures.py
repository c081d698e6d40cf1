"""Every text architecture that transformers can build tiny: what is measured is right, or it is refused in one line."""

from pathlib import Path

import architectures
import numpy as np
import pytest
import torch

from probing.errors import ModelError
from probing.model.checkpoint import Checkpoint
from probing.model.encoder import Encoder
from probing.model.maps import maps
from probing.model.network_facts import hidden_states, measure
from probing.model.network_pass import quiet
from probing.model.subwords import Frame, Subwords
from probing.model.text_part import without_projection

FAST = (
    "bert", "big_bird", "deberta-v2", "fnet", "gpt_oss", "lfm2", "longformer", "mpt", "opt", "qwen3_moe", "squeezebert",
    "xlnet", "youtu",
)  # fmt: skip
LENGTHS = (1, 9, 3, 40, 12, 2, 40, 25, 33)
# Refused, each for a reason that a person can check in its code; every other architecture that builds must be right.
REFUSED = {
    "canine": "no table of subword embeddings",  # it reads characters
    "deepseek_v4": "no hidden state per layer",  # several streams per subword
    "fsmt": "no table of subword embeddings",  # its encoder is no model of its own
    "funnel": "no hidden state per layer",  # it shortens the input
    "mra": "no vector depends on any other subword",  # its attention is a CUDA kernel, and zeros without
    "pegasus_x": "no hidden state per layer",  # two streams
    "qwen4_exp_text": "no hidden state per layer",  # several streams per subword
}

slow = [name for name in architectures.NAMES if name not in FAST]
every = pytest.mark.parametrize("name", [*FAST, *(pytest.param(name, marks=pytest.mark.slow) for name in slow)])
_built: dict[str, object] = {}


def built(name: str):
    """The network of ``name``; a test is skipped if transformers cannot build it small."""
    if name not in _built:
        try:
            with quiet():
                _built[name] = architectures.build(name)
                without_projection(_built[name])  # as reading a checkpoint does
                ids = torch.arange(100, 108)[None]
                _built[name](input_ids=ids, attention_mask=torch.ones_like(ids))  # fails for sizes that do not fit
        except Exception as error:
            _built[name] = str(error).split("\n")[0][:100]
    if isinstance(_built[name], str):
        pytest.skip(f"{name} cannot be built tiny: {_built[name]}")
    return _built[name]


def encoder_of(name: str) -> Encoder:
    network = built(name)
    pad = getattr(getattr(network, "config", None), "pad_token_id", 0) or 0
    facts = measure(network, pad, "cpu")
    attention = network.config._attn_implementation
    checkpoint = Checkpoint(name, Path(), "", ())
    return Encoder(checkpoint, network, None, Frame((), (), 64), facts, pad, "cpu", attention=attention)


def inputs(encoder: Encoder) -> Subwords:
    rng = np.random.default_rng(0)
    ids = rng.integers(10, 300, sum(LENGTHS)).astype(np.int32)
    words = np.concatenate([np.arange(n) for n in LENGTHS]).astype(np.int32)
    return Subwords(ids, words, np.cumsum([0, *LENGTHS]), np.array(LENGTHS, dtype=np.int32))


def measured(name: str) -> Encoder | None:
    """The encoder of ``name``; None if it is refused, as it must be, in one line."""
    if name in REFUSED:
        with pytest.raises(ModelError, match=REFUSED[name]) as caught:
            encoder_of(name)
        assert "\n" not in str(caught.value)
        return None
    return encoder_of(name)


@every
def test_batched_is_alone(name):
    if (encoder := measured(name)) is None:
        return
    subwords = inputs(encoder)
    alone, batched = (encoder.hidden(subwords, budget) for budget in (1, 4096))
    scale = np.linalg.norm(alone, axis=-1).mean()
    assert np.linalg.norm(alone - batched, axis=-1).max() / scale < 2e-4
    again = encoder.hidden(subwords.part(3, 4), 4096)  # a short input before must not change a long one after
    assert np.linalg.norm(again - alone[:, 13:53], axis=-1).max() / scale < 2e-4


@every
def test_causal_is_what_gradients_say(name):
    """No gradient of an early vector reaches a later embedding: exact, where a comparison of vectors has rounding."""
    network = built(name)
    if (encoder := measured(name)) is None:
        return
    kept = []

    def keep(_module, _inputs, output):
        kept[:] = [output.detach().requires_grad_()]
        return kept[0]

    handle = network.get_input_embeddings().register_forward_hook(keep)
    try:
        ids = torch.arange(100, 116)[None]
        with quiet(), torch.enable_grad():
            states = network(
                input_ids=ids, attention_mask=torch.ones_like(ids), output_hidden_states=True, return_dict=True
            ).hidden_states
            early = states[-1][0, :5]
            weights = torch.randn(early.shape, generator=torch.Generator().manual_seed(0))
            [gradient] = torch.autograd.grad((early * weights).sum(), kept)
    except (RuntimeError, AttributeError) as error:
        pytest.skip(f"{name} has no gradient: {error}")
    finally:
        handle.remove()
    by_subword = gradient.squeeze().abs().sum(-1)[-16:]  # XLNet puts the batch second, CPM-Ant a prompt before
    assert (by_subword[5:].max() <= 1e-6 * by_subword.max()) == encoder.causal


@every
def test_the_final_norm_is_what_the_last_block_leaves_undone(name):
    """Without a final norm the last block's output is the last hidden state, up to padding and order of axes."""
    network = built(name)
    if (encoder := measured(name)) is None:
        return
    seen = []
    lists = [found for found in network.modules() if isinstance(found, torch.nn.ModuleList) and len(found) > 1]
    handles = [
        block.register_forward_hook(lambda _m, _i, out: seen.append(out[0] if isinstance(out, tuple | list) else out))
        for blocks in lists
        for block in blocks
    ]
    ids = torch.arange(100, 116)[None]
    last = hidden_states(network, ids, torch.ones_like(ids))[-1]
    for handle in handles:
        handle.remove()
    if not seen:
        pytest.skip(f"{name} has no list of blocks")
    views = [
        view[:, :16] for out in seen if torch.is_tensor(out) and out.dim() == 3 for view in (out, out.transpose(0, 1))
    ]
    untouched = any(view.shape == last.shape and torch.allclose(view, last, atol=1e-6) for view in views)
    assert untouched != encoder.final_norm


@every
def test_maps_are_distributions_of_named_blocks(name):
    if (encoder := measured(name)) is None:
        return
    try:
        encoder = encoder.step_by_step()
        facts = encoder.map_facts
    except ModelError as error:
        assert "\n" not in str(error)
        assert "type attention=none" in str(error)
        return
    assert len(facts.layers) == len(facts.sinks)
    assert set(facts.layers) <= set(range(1, encoder.n_layers))
    kinds = getattr(encoder.network.config, "layer_types", None) or []
    if len(facts.layers) < encoder.n_layers - 1 and len(kinds) == encoder.n_layers - 1:
        attends = [kind in ("full_attention", "sliding_attention", "attention", "hybrid") for kind in kinds]
        assert facts.layers == tuple(np.flatnonzero(attends) + 1)
    for batch in maps(encoder, inputs(encoder)):
        for layer, sink in zip(batch.attention, facts.sinks, strict=True):
            for row, n in zip(layer, batch.lengths, strict=True):
                total = row[:, :n, :n].sum(-1)
                assert row[:, :n, :n].min() >= 0
                assert row[:, :n, n:].abs().sum() < 1e-4
                assert (total < 1 + 1e-3).all()
                assert sink or (total > 1 - 1e-3).all()


@pytest.mark.slow
def test_enough_architectures_are_right():
    right = [name for name in architectures.NAMES if name not in REFUSED and not isinstance(_tried(name), str)]
    assert len(right) >= 150


def _tried(name):
    try:
        return built(name)
    except pytest.skip.Exception:
        return _built[name]
