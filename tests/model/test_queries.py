"""Queries and keys are those that attention was computed from: their softmax is the map, in every family."""

import threading

import numpy as np
import pytest
import torch

from probing.errors import ModelError
from probing.model.queries import CAP, SINK, Call, neurons, recorded

WORDS = [("she", "watched", "the", "quick", "brown", "fox", "and", "the", "lazy", "dog")]
CAUSAL = {"gpt2", "neox", "llama", "qwen2", "qwen3"}
GROUPED = {"qwen2", "qwen3"}


def run(network, ids):
    with torch.inference_mode():
        return network(
            input_ids=ids, attention_mask=torch.ones_like(ids), output_attentions=True, output_hidden_states=True
        )


@pytest.fixture
def ids_of():
    return lambda encoder: torch.from_numpy(encoder.tokenize(WORDS).ids.astype(np.int64))[None]


def seen(network, ids):
    """The maps (L, H, S, S) and the queries and keys of one pass."""
    with recorded() as calls:
        output = run(network, ids)
    maps = torch.cat(output.attentions).numpy()
    return maps, neurons(calls, maps.shape[:3])


def softmax_of(found, rest, visible):
    scores = found.scale * found.queries @ found.keys.swapaxes(-1, -2) + rest
    return torch.from_numpy(scores).masked_fill(torch.from_numpy(~visible), -torch.inf).softmax(-1).numpy()


def positions(family, network, ids, monkeypatch):
    """What a model adds to its scores beside the mask, from its own functions: broadcasts to (L, H, S, S)."""
    length = ids.shape[1]
    if family == "t5":
        first = network.block[0].layer[0].SelfAttention
        return first.compute_bias(length, length).detach().numpy()
    if family != "deberta":
        return np.zeros(1, np.float32)
    added = []
    for layer in network.encoder.layer:
        own = layer.attention.self.disentangled_attention_bias
        monkeypatch.setattr(
            layer.attention.self,
            "disentangled_attention_bias",
            lambda *given, own=own: added.append(own(*given)) or added[-1],
        )
    run(network, ids)
    monkeypatch.undo()
    return torch.stack(added).numpy()  # the heads of one sentence stand first: (L, H, S, S)


def test_their_softmax_is_the_map(family, load_tiny, ids_of, monkeypatch):
    encoder = load_tiny(family, maps=True)
    ids = ids_of(encoder)
    length = ids.shape[1]
    maps, found = seen(encoder.network, ids)
    assert found.queries.shape == found.keys.shape == (3, 2, length, 8)
    assert found.scale == pytest.approx({"t5": 1, "deberta": 24**-0.5}.get(family, 8**-0.5))
    visible = np.broadcast_to(np.tri(length, dtype=bool) if family in CAUSAL else np.ones((), bool), maps.shape)
    if family == "modernbert":  # 4 positions to either side, but every third layer sees all
        near = np.abs(np.subtract.outer(np.arange(length), np.arange(length))) <= 4
        visible = np.stack([np.broadcast_to(near | (layer == 0), maps.shape[1:]) for layer in range(3)])
    rest = positions(family, encoder.network, ids, monkeypatch)
    assert softmax_of(found, rest, visible) == pytest.approx(maps, abs=1e-5)
    without = np.abs(softmax_of(found, 0, visible) - maps).max()
    assert (without > 1e-3) == (family in {"t5", "deberta"})  # where the rest counts, and nowhere else


def test_recording_changes_no_bit_and_leaves_nothing_behind(family, load_tiny, ids_of):
    network = load_tiny(family, maps=True).network
    ids = ids_of(load_tiny(family, maps=True))
    before = run(network, ids)
    with recorded() as calls:
        during = run(network, ids)
        n_calls = len(calls)
    after = run(network, ids)
    assert n_calls == len(calls) == 3
    for other in (during, after):
        assert all(map(torch.equal, before.attentions, other.attentions))
        assert all(map(torch.equal, before.hidden_states, other.hidden_states))


def test_key_heads_that_several_heads_share_are_repeated_and_positions_turned_in(load_tiny, ids_of):
    for family in GROUPED:
        encoder = load_tiny(family, maps=True)
        _, found = seen(encoder.network, ids_of(encoder))
        assert np.array_equal(found.keys[:, 0], found.keys[:, 1])
    same = torch.full((1, 4), 7)
    network = load_tiny("llama", maps=True).network
    _, found = seen(network, same)
    first = found.queries[0]  # one subword four times: only its position differs, which turns but never stretches
    assert np.abs(first[:, 0] - first[:, 3]).max() > 1e-2
    assert np.linalg.norm(first[:, 0], axis=-1) == pytest.approx(np.linalg.norm(first[:, 3], axis=-1), rel=1e-4)


def test_mpnet_which_computes_attention_by_itself():
    from transformers import MPNetConfig, MPNetModel

    sizes = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
    config = MPNetConfig(vocab_size=40, max_position_embeddings=20, initializer_range=0.3, **sizes)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = MPNetModel._from_config(config, attn_implementation="eager").eval().requires_grad_(False)
    ids = torch.arange(5, 12)[None]
    maps, found = seen(network, ids)
    bias = network.encoder.compute_position_bias(torch.zeros(1, 7, 16)).numpy()
    assert softmax_of(found, bias, np.ones(maps.shape, bool)) == pytest.approx(maps, abs=1e-5)


def test_only_the_thread_that_records_is_recorded(load_tiny, ids_of):
    encoder = load_tiny("bert", maps=True)
    ids = ids_of(encoder)
    with recorded() as calls:
        other = threading.Thread(target=run, args=(encoder.network, ids))
        other.start()
        other.join()
        assert calls == []


def test_after_an_error_the_interface_is_as_it_was(load_tiny, ids_of):
    from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

    encoder = load_tiny("deberta", maps=True)
    with pytest.raises(ZeroDivisionError), recorded():
        raise ZeroDivisionError
    assert "eager" not in ALL_ATTENTION_FUNCTIONS
    maps, found = seen(encoder.network, ids_of(encoder))
    assert found.queries.shape[:3] == maps.shape[:3]


def test_calls_that_are_no_layer_each_are_refused(load_tiny, ids_of):
    part = torch.zeros(1, 2, 5, 8)
    with pytest.raises(ModelError, match="1 attention calls were seen"):
        neurons([Call(part, part, 1.0)], (2, 2, 5))
    with pytest.raises(ModelError, match="differently in each layer"):
        neurons([Call(part, part, 1.0), Call(part, part, 0.5)], (2, 2, 5))
    fused = load_tiny("bert").network
    with recorded() as calls, torch.inference_mode():
        fused(input_ids=ids_of(load_tiny("bert")))
    with pytest.raises(ModelError, match="0 attention calls"):
        neurons(calls, (3, 2, 5))


# attention of their own: rotary or not, key heads for several or all heads, scores (B * H, T, T), terms of position
ELSEWHERE = ("GPTJ", "CodeGen", "GPTNeo", "Falcon", "Falcon:grouped", "Phi", "DeepseekV2", "XLM", "Gemma3Text", "Lfm2")
POSITIONED = ("Bloom", "Mpt", "Falcon:alibi", "MPNet")


def seen_in(network):
    maps, found = seen(network, torch.tensor([[5, 9, 7, 12, 6, 3]]))
    return maps, found, softmax_of(found, 0, maps > 0)


@pytest.mark.parametrize("name", ELSEWHERE)
def test_in_any_architecture_the_softmax_of_the_products_is_the_map(tiny_network, name):
    maps, found, weights = seen_in(tiny_network(name))
    assert found.queries.shape[:3] == maps.shape[:3] and not found.kinds
    assert weights == pytest.approx(maps, abs=1e-5)


@pytest.mark.parametrize("name", POSITIONED)
def test_terms_of_position_are_all_that_is_missing(tiny_network, name):
    """ALiBi and learnt terms do not depend on the words: what is missing for one input is missing for another."""
    missing = []
    for ids in ([[5, 9, 7, 12, 6, 3]], [[8, 4, 11, 9, 5, 10]]):
        maps, found = seen(tiny_network(name), torch.tensor(ids))
        assert np.abs(softmax_of(found, 0, maps > 0) - maps).max() > 1e-2
        with np.errstate(divide="ignore"):
            rest = np.log(maps) - found.scale * found.queries @ found.keys.swapaxes(-1, -2)
        missing.append(rest - rest[..., :1])  # known up to a constant per query
    there = np.isfinite(missing[0])
    assert missing[0][there] == pytest.approx(missing[1][there], abs=1e-3)


def test_a_cap_and_a_sink_are_told_apart_from_terms_of_position(tiny_network):
    maps, found, _ = seen_in(tiny_network("Gemma2"))
    assert found.kinds == {CAP}
    cap = tiny_network("Gemma2").config.attn_logit_softcapping
    capped = cap * np.tanh(found.scale * found.queries @ found.keys.swapaxes(-1, -2) / cap)
    weights = torch.from_numpy(np.where(maps > 0, capped, -np.inf)).softmax(-1).numpy()
    assert weights == pytest.approx(maps, abs=1e-5)
    maps, found, weights = seen_in(tiny_network("GptOss"))
    assert found.kinds == {SINK}
    assert weights == pytest.approx(maps / maps.sum(-1, keepdims=True), abs=1e-5)  # of what is left for subwords
