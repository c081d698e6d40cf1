"""The bundled checkpoint is the model that transformers would run."""

import numpy as np
import pytest


@pytest.fixture(scope="module")
def minilm():
    from probing.model.checkpoint import Model, resolve
    from probing.model.encoder import load

    return load(Model("bundled"), resolve(Model("bundled")))


def test_the_bundled_checkpoint_gives_the_vectors_of_plain_transformers(minilm):
    import torch
    from transformers import AutoModel, AutoTokenizer

    folder = minilm.checkpoint.folder
    words = ["She", "didn't", "watch", "the", "watch", ":", "it", "stopped", ",", "naïvely", "."]
    plain = AutoModel.from_pretrained(folder).eval()
    inputs = AutoTokenizer.from_pretrained(folder)(" ".join(words), padding=False, return_tensors="pt")
    with torch.no_grad():
        wanted = torch.cat(plain(**inputs, output_hidden_states=True).hidden_states).numpy()
    others = [["Yes", "."], words, ["watch"] * 40]
    subwords = minilm.tokenize(others)
    hidden = minilm.hidden(subwords)[:, subwords.offsets[1] : subwords.offsets[2]]
    assert wanted.shape == hidden.shape == (7, len(inputs["input_ids"][0]), 384)
    np.testing.assert_allclose(hidden, wanted, atol=1e-4)


def test_the_truncation_and_padding_in_the_bundled_tokenizer_do_not_act(minilm):
    subwords = minilm.tokenize([["watch"] * 300, ["watch"]])
    assert np.diff(subwords.offsets).tolist() == [302, 3]
