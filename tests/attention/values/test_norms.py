"""Lengths without the vectors, against all vectors (H, S, S, D) at once, computed from hidden states and weights."""

import numpy as np
import pytest

from probing.attention.values.norms import norms
from probing.errors import ModelError

FAMILIES = ("bert", "roberta", "electra", "distilbert", "deberta", "gpt2", "neox", "llama", "qwen2", "qwen3")
NORM_AFTER = {"bert", "roberta", "electra", "distilbert", "deberta"}
WORDS = [("the", "quick", "brown", "fox", "jumps"), ("she", "left"), ("moon",)]


@pytest.fixture(scope="module")
def shaken(build, tmp_path_factory):
    """An encoder of a family's tiny model whose biases and scales are random too: fresh ones are 0 and 1."""
    import torch

    from probing.model.checkpoint import Model, resolve
    from probing.model.encoder import load

    def shaken(family):
        model = Model(checkpoint=str(build(family, tmp_path_factory.mktemp(family))))
        encoder = load(model, resolve(model), maps=True)
        draws = torch.Generator().manual_seed(0)
        for weight in encoder.network.parameters():
            weight.add_(torch.randn(weight.shape, generator=draws) * 0.2)
        return encoder

    return shaken


def parts_of(family, block, x):
    """Value vectors (S, H, d), output matrix (H * d, D), output bias and the norm after, by the family's own names."""
    if family in ("bert", "roberta", "electra", "deberta"):
        own, after = block.attention.self, block.attention.output
        value = own.value_proj if family == "deberta" else own.value
        return value(x).reshape(len(x), 2, 8), after.dense.weight.T, after.dense.bias, after.LayerNorm
    if family == "distilbert":
        own = block.attention
        return own.v_lin(x).reshape(len(x), 2, 8), own.out_lin.weight.T, own.out_lin.bias, block.sa_layer_norm
    if family == "gpt2":
        own = block.attn
        return own.c_attn(block.ln_1(x))[:, 32:].reshape(len(x), 2, 8), own.c_proj.weight, own.c_proj.bias, None
    if family == "neox":
        own = block.attention
        fused = own.query_key_value(block.input_layernorm(x)).reshape(len(x), 2, 24)
        return fused[..., 16:], own.dense.weight.T, own.dense.bias, None
    value = block.self_attn.v_proj(block.input_layernorm(x)).reshape(len(x), -1, 8)
    heads = value if value.shape[1] == 2 else value.repeat(1, 2, 1)  # both heads share the one value head
    return heads, block.self_attn.o_proj.weight.T, 0, None


def directly(family, block, x, attention):
    """Every formula with the vectors in hand: the transcription that the module must agree with."""
    import torch

    values, matrix, bias, norm = parts_of(family, block, x)
    vectors = torch.einsum("hij,jhd,hde->hije", attention, values, matrix.reshape(2, 8, -1))  # (H, S, S, D)
    summed = vectors.sum(dim=0)
    residual = summed + torch.eye(len(x))[..., None] * x
    found = {"heads": vectors, "summed": summed, "residual": residual}
    if norm is not None:
        total = residual.sum(dim=1) + bias
        deviation = (total.var(dim=-1, correction=0) + norm.eps).sqrt()[:, None, None]
        found["normed"] = (residual - residual.mean(dim=-1, keepdim=True)) / deviation * norm.weight
        torch.testing.assert_close(found["normed"].sum(dim=1) + centre(bias, norm, deviation), norm(total))
    return found


def centre(bias, norm, deviation):
    """What of the normalised total belongs to no subword."""
    return (bias - bias.mean()) / deviation[:, 0] * norm.weight + norm.bias


def mixing_of(vectors):
    """||mixed|| / (||mixed|| + ||kept||) from vectors (S, S, D)."""
    kept = vectors.diagonal(dim1=0, dim2=1).T
    mixed = vectors.sum(dim=1) - kept
    return mixed.norm(dim=-1) / (mixed.norm(dim=-1) + kept.norm(dim=-1))


def network_of(encoder):
    network = encoder.network
    for path in ("encoder.layer", "transformer.layer", "h", "layers"):
        try:
            return network.get_submodule(path)
        except AttributeError:
            continue
    raise AssertionError("no blocks")


def check_sentence(family, encoder, subwords, sentence, layers):
    import torch

    part = subwords.part(sentence, sentence + 1)
    ids = torch.from_numpy(part.ids.astype(np.int64))[None]
    with torch.inference_mode():
        output = encoder.network(input_ids=ids, output_hidden_states=True, output_attentions=True)
        for number, (found, block) in enumerate(zip(layers, network_of(encoder), strict=True)):
            attention = output.attentions[number][0]
            wanted = directly(family, block, output.hidden_states[number][0], attention)
            close = {"atol": 1e-4, "rtol": 1e-4}
            assert found.layer == number + 1
            torch.testing.assert_close(found.attention, attention)
            torch.testing.assert_close(found.heads(), wanted["heads"].norm(dim=-1), **close)
            for name in ("summed", "residual", "normed"):
                if name in wanted:
                    torch.testing.assert_close(getattr(found, name), wanted[name].norm(dim=-1), **close)
            assert (found.normed is not None) == (family in NORM_AFTER)
            mean = attention.mean(dim=0)
            kept = mean.diagonal()
            expected = {"attn_w": mean.sum(dim=1) - kept, "attn_n": mixing_of(wanted["summed"])}
            halved = (mean + torch.eye(len(mean))) / 2
            expected |= {
                "attnres_w": halved.sum(dim=1) - halved.diagonal(),
                "attnres_n": mixing_of(wanted["residual"]),
            }
            if "normed" in wanted:
                expected["attnresln_n"] = mixing_of(wanted["normed"])
            assert found.mixing.keys() == expected.keys()
            for name, ratio in expected.items():
                torch.testing.assert_close(found.mixing[name], ratio, **close)


@pytest.mark.parametrize("family", FAMILIES)
def test_equals_the_formulas_on_all_vectors(shaken, family):
    encoder = shaken(family)
    subwords = encoder.tokenize(WORDS)
    done = list(norms(encoder, subwords, lambda found: found))
    assert [sentence for sentence, _ in done] == [0, 1, 2]
    for sentence, layers in done:
        check_sentence(family, encoder, subwords, sentence, layers)


@pytest.mark.parametrize("step", [1, 3, 1000])
def test_how_many_subwords_are_worked_on_at_once_changes_nothing(shaken, monkeypatch, step):
    import torch

    from probing.attention.values import vector_lengths as vectors

    encoder = shaken("bert")
    subwords = encoder.tokenize(WORDS)
    [(_, usual)] = norms(encoder, subwords, lambda found: found.normed, [0])
    n = len(usual[0])
    monkeypatch.setattr(vectors, "_LEAST_NUMBERS", step * 2 * (2 * 16 + 2 * n + 2))
    [(_, stepped)] = norms(encoder, subwords, lambda found: found.normed, [0])
    torch.testing.assert_close(stepped, usual)


def test_a_sentence_of_one_subword_keeps_all_of_itself(shaken):
    from probing.model.subwords import Subwords

    encoder = shaken("gpt2")
    one = Subwords(np.array([7]), np.array([0]), np.array([0, 1]), np.array([1]))
    [(_, layers)] = norms(encoder, one, lambda found: found)
    for layer in layers:
        assert layer.heads().shape == (2, 1, 1)
        assert layer.summed.item() > 0.01
        assert all(ratio.tolist() == pytest.approx([0], abs=1e-6) for ratio in layer.mixing.values())


def test_only_chosen_sentences_that_are_usable_come_and_in_order(shaken):
    encoder = shaken("bert")
    subwords = encoder.tokenize([WORDS[0], (), WORDS[1], ("fox",) * 80, WORDS[2]])
    assert [sentence for sentence, _ in norms(encoder, subwords, lambda _: 0)] == [0, 2, 4]
    assert [sentence for sentence, _ in norms(encoder, subwords, lambda _: 0, [4, 3, 1, 0])] == [0, 4]


def test_the_network_is_left_without_hooks_even_where_keep_fails(shaken):
    import torch

    encoder = shaken("llama")
    subwords = encoder.tokenize(WORDS)
    ids = torch.from_numpy(subwords.ids.astype(np.int64))[None]
    before = encoder.network(input_ids=ids, output_attentions=True)

    def fail(_found):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        next(norms(encoder, subwords, fail))
    after = encoder.network(input_ids=ids, output_attentions=True)
    torch.testing.assert_close(after.last_hidden_state, before.last_hidden_state)
    assert len(after.attentions) == 3


def test_an_encoder_loaded_without_maps_is_refused_with_the_way_out(build, tmp_path):
    from probing.model.checkpoint import Model, resolve
    from probing.model.encoder import load

    model = Model(checkpoint=str(build("gpt2", tmp_path)))
    encoder = load(model, resolve(model))
    with pytest.raises(ModelError, match="maps=True"):
        next(norms(encoder, encoder.tokenize(WORDS), lambda _: 0))


def test_attention_that_is_more_than_a_weighted_sum_is_refused(shaken):
    """For every sentence, not only for the short input that the blocks were found with."""
    encoder = shaken("llama")
    assert next(norms(encoder, encoder.tokenize(WORDS), lambda _: 0))
    projection = encoder.network.layers[1].self_attn.o_proj
    gate = projection.register_forward_pre_hook(lambda _module, args: (args[0] * args[0].sigmoid(),))
    with pytest.raises(ModelError, match="not a plain weighted sum"):
        next(norms(encoder, encoder.tokenize(WORDS), lambda _: 0))
    gate.remove()
    assert next(norms(encoder, encoder.tokenize(WORDS), lambda _: 0))


def network_encoder(by_hand, tiny_network, name):
    causal = name not in ("ModernBert", "T5", "MobileBert")
    return by_hand(tiny_network(name), causal)


# Norms before attention and on its output, terms of position, a factor, grouped and wide heads, experts, hybrids.
OTHERS = (
    "ModernBert",
    "T5",
    "Bloom",
    "Falcon",
    "GPTJ",
    "Olmo2",
    "Gemma2",
    "Gemma3Text",
    "Granite",
    "Qwen3Moe",
    "GptOss",
    "Lfm2",
)


@pytest.mark.parametrize("name", OTHERS)
def test_the_vectors_of_a_query_add_up_to_what_the_block_adds(by_hand, tiny_network, one_subword_each, name):
    """Whole vectors, from the map and the weights, scaled element by element as the module in between did it."""
    import torch

    from probing.model.blocks import blocks
    from probing.model.network_pass import hooks

    encoder = network_encoder(by_hand, tiny_network, name)
    ids = [5, 9, 7, 12, 6, 3]
    [(_, layers)] = norms(encoder, one_subword_each([ids]), lambda found: found)
    for place, (found, block) in enumerate(zip(layers, blocks(encoder.network), strict=True)):
        seen, how = {}, block.residual
        inner = how.inner or block.output
        handles = (
            block.value.register_forward_hook(
                lambda _m, _a, out, seen=seen, b=block: seen.update(values=b.values(out))
            ),
            block.output.register_forward_hook(lambda _m, _a, out, seen=seen: seen.update(output=out[0].clone())),
            inner.register_forward_hook(lambda _m, _a, out, seen=seen: seen.update(added=out[0].clone())),
        )
        with torch.inference_mode(), hooks(*handles):
            output = encoder.network(
                input_ids=torch.tensor([ids]), output_attentions=True, output_hidden_states=True, return_dict=True
            )
        attention, x = output.attentions[place][0], output.hidden_states[block.number - 1][0]
        matrix = block.weight().reshape(block.n_heads, block.head_width, -1)
        vectors = torch.einsum("hij,jhd,hde->hije", attention, seen["values"][0], matrix)  # (H, S, S, D)
        vectors = vectors * (seen["added"] / seen["output"])[:, None] * how.factor
        summed = vectors.sum(dim=0)
        bias = 0 if block.output.bias is None else block.output.bias
        torch.testing.assert_close(summed.sum(dim=1) + bias, seen["added"] * how.factor, atol=1e-4, rtol=1e-3)
        residual = summed + torch.eye(len(ids))[..., None] * x
        assert found.layer == block.number and found.normed is None
        for one, other in ((found.heads(), vectors), (found.summed, summed), (found.residual, residual)):
            torch.testing.assert_close(one, other.norm(dim=-1), atol=1e-4, rtol=1e-3)
        weight = attention.mean(dim=0)  # a sink takes a share of it in GPT-OSS
        mixed, kept = weight.sum(dim=1) - weight.diagonal(), weight.diagonal()
        torch.testing.assert_close(found.mixing["attn_w"], mixed / (mixed + kept), atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(found.mixing["attnres_w"], mixed / (mixed + kept + 1), atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(found.mixing["attn_n"], mixing_of(summed), atol=1e-4, rtol=1e-3)
        torch.testing.assert_close(found.mixing["attnres_n"], mixing_of(residual), atol=1e-4, rtol=1e-3)


def test_what_is_added_in_another_way_is_refused_by_norms_alone(by_hand, tiny_network, one_subword_each):
    """MobileBERT works in a narrow part of the block; its heads can be reached all the same."""
    from probing.attention.interventions.head_ablation import head_means

    encoder = network_encoder(by_hand, tiny_network, "MobileBert")
    subwords = one_subword_each([[5, 9, 7]])
    with pytest.raises(
        ModelError, match="MobileBertModel, block 1: what it adds to its input is not attention's output"
    ):
        next(norms(encoder, subwords, lambda _: 0))
    assert head_means(encoder, subwords).shape == (3, 4, 4)


def test_a_norm_in_between_that_subtracts_a_mean_is_refused(by_hand, tiny_network, one_subword_each):
    import copy

    import torch

    network = copy.deepcopy(tiny_network("Olmo2"))
    network.layers[1].post_attention_layernorm = torch.nn.LayerNorm(16)
    with pytest.raises(ModelError, match="LayerNorm does more to attention's output than to divide and scale it"):
        next(norms(by_hand(network, causal=True), one_subword_each([[5, 9, 7]]), lambda _: 0))
