"""Vectors do not depend on batching, layers are what they are called, failures have names."""

import shutil

import numpy as np
import pytest

from probing.errors import ModelError
from probing.model.subwords import Subwords

TEXTS = (
    "the dog sleeps",
    "I don't know what the naïve fox saw there in New York !",
    "light",
    "she watched the light of the moon and then she left the lazy dog over there",
    "a quick brown fox",
)
SENTENCES = [text.split() for text in TEXTS]
# Where each family keeps its embedding output, its blocks, and the norm after the last block.
MODULES = {
    "bert": ("embeddings", "encoder.layer", None),
    "distilbert": ("embeddings", "transformer.layer", None),
    "roberta": ("embeddings", "encoder.layer", None),
    "albert": ("encoder.embedding_hidden_mapping_in", None, None),  # one block, run three times
    "electra": ("embeddings_project", "encoder.layer", None),
    "deberta": ("embeddings", "encoder.layer", None),
    "modernbert": ("embeddings", "layers", "final_norm"),
    "gpt2": ("drop", "h", "ln_f"),
    "neox": ("emb_dropout", "layers", "final_layer_norm"),
    "llama": ("embed_tokens", "layers", "norm"),
    "qwen2": ("embed_tokens", "layers", "norm"),
    "qwen3": ("embed_tokens", "layers", "norm"),
    "t5": ("embed_tokens", "block", "final_layer_norm"),
    "bart": ("layernorm_embedding", "layers", None),
}
CAUSAL = {"gpt2", "neox", "llama", "qwen2", "qwen3"}


def close(a, b):
    return np.abs(a - b).max() < 1e-4


def test_one_by_one_padded_and_bucketed_batches_agree(family, load_tiny):
    encoder = load_tiny(family)
    subwords = encoder.tokenize(SENTENCES)
    one_by_one = encoder.hidden(subwords, budget=1)
    assert close(encoder.hidden(subwords, budget=10_000), one_by_one)
    assert close(encoder.hidden(subwords, budget=60), one_by_one)
    parts = [encoder.hidden(subwords.part(i, i + 1)) for i in range(len(subwords))]
    assert close(np.concatenate(parts, axis=1), one_by_one)
    assert one_by_one.shape == (4, len(subwords.ids), 16)
    assert one_by_one.std() > 0.1  # the agreement is not one of zeros


def test_layer_0_is_the_embedding_output_and_layer_l_the_output_of_block_l(family, load_tiny):
    encoder = load_tiny(family)
    embedding, blocks, norm = MODULES[family]
    if blocks is None:
        names = [embedding, *["encoder.albert_layer_groups.0"]]
    else:
        names = [embedding, *(f"{blocks}.{block}" for block in range(3 if norm is None else 2)), *filter(None, [norm])]
    seen = []
    hooks = [
        encoder.network.get_submodule(name).register_forward_hook(
            lambda _module, _inputs, output: seen.append(output[0] if isinstance(output, tuple) else output)
        )
        for name in names
    ]
    hidden = encoder.hidden(encoder.tokenize(SENTENCES[1:2]))
    for hook in hooks:
        hook.remove()
    assert len(seen) == encoder.n_layers == 4
    for layer, output in enumerate(seen):
        np.testing.assert_allclose(hidden[layer], output[0].numpy(), atol=1e-5)


def test_direction_and_final_norm_are_measured(family, load_tiny):
    encoder = load_tiny(family)
    assert encoder.causal == (family in CAUSAL)
    assert encoder.cls_position == ("last" if family in CAUSAL else "none" if family == "t5" else "first")
    assert encoder.final_norm == (MODULES[family][2] is not None)


def test_the_window_is_the_longest_input_that_the_network_takes(family, load_tiny):
    encoder = load_tiny(family)
    assert encoder.window == (None if family == "t5" else 64)
    dog = encoder.tokenize([["dog"]])
    full = Subwords(np.resize(dog.ids, 64), np.resize(dog.words, 64), np.array([0, 64]), dog.n_words)
    assert encoder.hidden(full).shape == (4, 64, 16)


def test_later_words_change_earlier_vectors_unless_causal(family, load_tiny):
    encoder = load_tiny(family)
    one, other = (encoder.tokenize([["the", "dog", word]]) for word in ("sleeps", "left"))
    n = min(len(one.ids), len(other.ids)) - 1
    same = np.flatnonzero(one.ids[:n] != other.ids[:n])
    first = same[0] if len(same) else n
    a, b = encoder.hidden(one)[1:, :first], encoder.hidden(other)[1:, :first]
    assert close(a, b) == (family in CAUSAL)


def test_memory_that_runs_out_halves_the_budget_and_changes_nothing(load_tiny, monkeypatch):
    import torch

    encoder = load_tiny("gpt2")
    subwords = encoder.tokenize(SENTENCES * 4)
    wanted = encoder.hidden(subwords)
    forward, limit = encoder.network.forward, 2 * int(np.diff(subwords.offsets).max())

    def forward_in_little_memory(input_ids, **others):
        if input_ids.numel() > limit:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return forward(input_ids=input_ids, **others)

    monkeypatch.setattr(encoder.network, "forward", forward_in_little_memory)
    assert close(encoder.hidden(subwords), wanted)
    assert (encoder.memory.halvings, encoder.memory.ceiling) == (1, limit)  # four longest sentences did not fit, two do
    encoder.hidden(subwords)
    assert encoder.memory.halvings == 1  # what was learned is kept
    limit = 3
    with pytest.raises(ModelError, match=r"memory ran out on a single input of \d+ subwords.*model.max_subwords="):
        encoder.hidden(subwords)


def test_an_error_inside_a_pass_names_the_network_the_lengths_and_the_part(load_tiny, monkeypatch):
    encoder = load_tiny("bert")

    def broken(*_, **__):
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    monkeypatch.setattr(encoder.network.encoder.layer[1].output.dense, "forward", broken)
    with pytest.raises(ModelError, match=r"^BertModel .* of \d+ to \d+ subwords, in encoder.layer.1.output.*mat1 and"):
        encoder.hidden(encoder.tokenize(SENTENCES))


def test_a_vector_that_is_not_finite_is_named_by_layer_and_sentence(load_tiny):
    encoder = load_tiny("bert")
    light = encoder.tokenize([["light"]]).ids[1]
    encoder.network.embeddings.word_embeddings.weight[light] = float("nan")
    with pytest.raises(ModelError, match=r"layer 0 is not finite .*sentence '.*light"):
        encoder.hidden(encoder.tokenize([["the", "dog"], ["light"]]))
    assert np.isfinite(encoder.hidden(encoder.tokenize([["the", "dog"]]))).all()


def test_a_tokenizer_of_another_model_is_refused(load_tiny):
    encoder = load_tiny("gpt2")
    encoder.network.resize_token_embeddings(50)
    with pytest.raises(ModelError, match=r"the network has 50 embeddings; .* saved together"):
        encoder.tokenize(SENTENCES)


def test_the_model_is_frozen(load_tiny):
    encoder = load_tiny("bert")
    assert not encoder.network.training
    assert not any(weight.requires_grad for weight in encoder.network.parameters())


def test_bfloat16_gives_float32_values_near_those_of_float32(load_tiny):
    coarse, fine = load_tiny("bert", precision="bfloat16"), load_tiny("bert")
    subwords = fine.tokenize(SENTENCES)
    a, b = coarse.hidden(subwords), fine.hidden(subwords)
    assert a.dtype == b.dtype == np.float32
    assert 0 < np.abs(a - b).max() < 0.2
    assert np.corrcoef(a.ravel(), b.ravel())[0, 1] > 0.999


def test_empty_sentences_cost_nothing_and_shift_nothing(load_tiny):
    encoder = load_tiny("gpt2", bos="off")  # no special subwords: an empty sentence has no subword at all
    subwords = encoder.tokenize([[], ["the", "dog"], []])
    assert subwords.offsets[1] == 0
    assert close(encoder.hidden(subwords), encoder.hidden(encoder.tokenize([["the", "dog"]])))


def test_nothing_is_read_from_elsewhere_than_the_folder(folder_of, tmp_path, monkeypatch):
    import socket

    from probing.model.checkpoint import Model, resolve
    from probing.model.encoder import load

    def refuse(*_):
        raise AssertionError("the network was used")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    copy = shutil.copytree(folder_of("roberta"), tmp_path / "copy")
    model = Model(str(copy))
    assert load(model, resolve(model)).checkpoint.name == "copy"
