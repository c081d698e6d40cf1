"""The decomposition adds up, in many architectures, and is that of its formulas, written out for one block of BERT."""

import numpy as np
import pytest
import torch

from probing.attention.interventions.logit_difference import LogitDifference
from probing.attention.interventions.passes import hidden
from probing.attention.interventions.readouts import HeadReadout, ProbeReadout
from probing.attention.values.decomposition import decomposition, hidden_parts
from probing.attention.values.head_parts import through_head
from probing.errors import ConfigError, ModelError
from probing.model.batches import batch_of

IDS = [5, 9, 3, 22, 17, 8]
ALLOWED = (
    *("Bert", "Roberta", "Camembert", "Electra", "MegatronBert", "MPNet", "DistilBert", "DebertaV2", "ModernBert"),
    *("T5", "Bart", "OpenAIGPT", "GPT2", "GPTBigCode", "GPTNeo", "GPTNeoX", "GPTJ", "CodeGen", "Mpt", "Falcon", "Phi"),
    *("Phi3", "Olmo2", "Llama", "Mistral", "Qwen2", "Qwen3", "Gemma", "Gemma2", "Gemma3Text", "Granite", "MobileBert"),
)
REFUSED = {
    "OPT": "OPTDecoderLayer, block 1: it cannot be called with parts",
    "Bloom": "BloomBlock, block 1: it cannot be called with several inputs at once",
    "Olmo": r"OlmoDecoderLayer, block 1: .* \(no rule is known for OlmoLayerNorm\)",
    "Mixtral": "MixtralDecoderLayer, block 1: it cannot be called with parts",
    "Lfm2": "Lfm2Model, block 2: hidden state 0 does not go into it",
    "Albert": "AlbertModel, block 1: several layers share its modules",
}


@pytest.fixture
def text_of(tiny_network, by_hand, one_subword_each):
    """An encoder around a tiny network, and one text for it."""
    return lambda name: (by_hand(tiny_network(name)), one_subword_each([IDS]))


@pytest.mark.parametrize("biases", ["shared", "apart"])
@pytest.mark.parametrize("name", ALLOWED)
def test_parts_add_up_to_the_hidden_states_of_the_network(text_of, name, biases):
    encoder, subwords = text_of(name)
    batch = batch_of(subwords, [0], 0)
    found = hidden_parts(encoder, batch, 3, biases)
    assert found.off < 1e-5 and len(found.layers) == 4
    for layer, parts in enumerate(found.layers):
        own = hidden(encoder, batch, layer)[0]
        assert (parts.sum(0) - own).abs().max() < 1e-5 * own.abs().max()
    assert (found.layers[-1][-1].abs().max() == 0) == (biases == "shared" or not has_bias(encoder.network))
    # context: a position holds parts of other subwords
    mixed = found.layers[-1][:-1].clone()
    mixed[range(len(IDS)), range(len(IDS))] = 0
    assert mixed.abs().max() > 1e-2


def has_bias(network):
    return any(name.endswith("bias") and "relative" not in name for name, _ in network.named_parameters())


@pytest.mark.parametrize("name", REFUSED)
def test_other_architectures_are_refused_by_name_in_one_line(text_of, name):
    encoder, subwords = text_of(name)
    with pytest.raises(ModelError, match=REFUSED[name]) as error:
        hidden_parts(encoder, batch_of(subwords, [0], 0), 3)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("share", [True, False])
def test_a_block_of_bert_is_decomposed_as_the_formulas_say(text_of, share):
    encoder, subwords = text_of("Bert")
    batch = batch_of(subwords, [0], 0)
    found = hidden_parts(encoder, batch, 1, "shared" if share else "apart").layers[1].double().numpy()
    np.testing.assert_allclose(found, written_out(encoder.network, batch.ids, share), atol=1e-5)


def written_out(network, ids, share):
    """Layer 1 in parts, (S + 1, S, D), with loops over queries and sources."""
    ids = torch.from_numpy(ids)
    with torch.inference_mode():
        output = network(ids, attention_mask=torch.ones_like(ids), output_hidden_states=True, output_attentions=True)
    x, maps = output.hidden_states[0][0].double().numpy(), output.attentions[0][0].double().numpy()
    layer, n, width = network.encoder.layer[0], ids.shape[1], x_width(network)
    own, post, up, down = layer.attention.self, layer.attention.output, layer.intermediate.dense, layer.output
    d = width // len(maps)
    found = np.zeros((n + 1, n, width))
    for query in range(n):
        parts = np.zeros((n + 1, width))
        for source in range(n):
            value = array(own.value.weight) @ x[source]
            weighted = np.concatenate([maps[h, query, source] * value[h * d : h * d + d] for h in range(len(maps))])
            parts[source] = array(post.dense.weight) @ weighted
        parts[query] += x[query]
        parts[n] = array(post.dense.weight) @ array(own.value.bias) + array(post.dense.bias)
        parts = norm(given_out(parts, share), post.LayerNorm)
        inside = parts @ array(up.weight).T
        inside[n] += array(up.bias)
        inside = given_out(inside, share)
        whole = torch.from_numpy(inside.sum(0))
        ratio = (torch.nn.functional.gelu(whole) / whole).numpy()
        after = (inside * ratio) @ array(down.dense.weight).T + parts
        after[n] += array(down.dense.bias)
        found[:, query] = given_out(norm(given_out(after, share), down.LayerNorm), share)
    return found


def x_width(network):
    return network.config.hidden_size


def array(tensor):
    return tensor.double().numpy()


def given_out(parts, share):
    """The last part divided among the others."""
    if not share:
        return parts
    products = np.abs(parts[:-1] @ parts[-1])
    if products.sum() == 0:
        return parts
    return np.vstack([parts[:-1] + np.outer(products / products.sum(), parts[-1]), 0 * parts[-1:]])


def norm(parts, module):
    deviation = np.sqrt(parts.sum(0).var() + module.eps)
    found = (parts - parts.mean(1, keepdims=True)) / deviation * array(module.weight)
    found[-1] += array(module.bias)
    return found


@pytest.mark.parametrize("biases", ["shared", "apart"])
def test_subwords_and_the_constant_add_up_to_the_logit_difference_of_a_probe(text_of, biases):
    encoder, subwords = text_of("Bert")
    rng = np.random.default_rng(0)
    weights, mean, deviation = rng.normal(size=(3, 17)), rng.normal(size=16), rng.uniform(1, 2, 16)
    for level, gold in (("sentence", [0]), ("word", [-1, -1, 2, -1, -1, -1])):
        probe = ProbeReadout("p", 2, weights, mean, deviation, [np.array(gold)], level)
        found = decomposition(encoder, subwords, LogitDifference(probe, 2, 0), biases)
        states = hidden(encoder, batch_of(subwords, [0], 0), 2)[0].double().numpy()
        x = (states.mean(0) if level == "sentence" else states[2]) - mean
        logits = weights[:, :-1] @ (x / deviation) + weights[:, -1]
        assert found.total == pytest.approx(logits[2] - logits[0], abs=1e-5)
        assert found.values.sum() + found.constant == pytest.approx(logits[2] - logits[0], abs=1e-4)
        assert abs(found.error) < 1e-5 and len(found.values) == len(IDS)


HEADS = {
    "Bert": "tanh pooler",
    "Roberta": "tanh",
    "DistilBert": "relu",
    "Electra": "gelu",
    "GPT2": "linear",
    "Llama": "linear",
    "ModernBert": "norm",
}


@pytest.mark.parametrize("share", [True, False])
@pytest.mark.parametrize("family", HEADS)
def test_parts_of_a_classifier_add_up_to_its_logits(head_of, family, share):
    logits, width = head_of(family, "ForSequenceClassification")
    parts = torch.randn((5, width), generator=torch.Generator().manual_seed(0))
    parts[-1] = 0 if share else parts[-1]
    with torch.inference_mode():
        found, whole = through_head(logits, parts, share), logits(parts.sum(0, keepdim=True))
    torch.testing.assert_close(found.sum(0), whole[0], atol=1e-5, rtol=1e-5)
    assert found[:-1].abs().min() > 0


def test_parts_of_a_masked_word_head_add_up_to_its_logits(head_of):
    logits, width = head_of("Bert", "ForMaskedLM")
    parts = torch.randn((5, width), generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        found, whole = through_head(logits, parts, share=True), logits(parts.sum(0, keepdim=True))
    torch.testing.assert_close(found.sum(0), whole[0], atol=1e-5, rtol=1e-5)


@pytest.fixture(scope="session")
def head_of(tiny_network):
    """The head of a tiny network as a function of vectors, and their width."""
    import transformers

    from probing.model import saved_head

    def head_of(family, task):
        config = tiny_network(family).config
        config.num_labels = 3
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(1)
            full = getattr(transformers, family + task)(config).eval().requires_grad_(requires_grad=False)
            for weight in full.parameters():
                weight.add_(torch.randn(weight.shape) * 0.3)
        head = saved_head.head_of(full, "masked" if task == "ForMaskedLM" else "class")
        return head.logits, config.hidden_size

    return head_of


def test_a_classifier_that_is_no_sum_is_refused(text_of):
    encoder, subwords = text_of("Bert")
    gold = [np.array([0, *[-1] * 5])]
    squares = HeadReadout("a head of squares", 3, lambda vectors: vectors[:, :3] ** 2, gold, level="sentence")
    with pytest.raises(ModelError, match="classifier: a head of squares does more than linear maps"):
        decomposition(encoder, subwords, LogitDifference(squares, 0, 1))


def test_another_rule_for_biases_is_refused(text_of):
    encoder, subwords = text_of("Bert")
    with pytest.raises(ConfigError, match="biases=half"):
        hidden_parts(encoder, batch_of(subwords, [0], 0), 1, "half")


def test_the_network_is_left_as_it_was(text_of):
    encoder, subwords = text_of("Llama")
    batch = batch_of(subwords, [0], 0)
    before, watching = hidden(encoder, batch, 3), n_hooks(encoder.network)
    hidden_parts(encoder, batch, 3)
    assert torch.equal(hidden(encoder, batch, 3), before)
    assert n_hooks(encoder.network) == watching


def n_hooks(network):
    return sum(len(module._forward_hooks) + len(module._forward_pre_hooks) for module in network.modules())
