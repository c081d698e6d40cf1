"""The part that reads text is found, or the model is refused before it is loaded."""

import shutil

import numpy as np
import pytest
import torch
import transformers

from probing.errors import ModelError
from probing.model.checkpoint import Model, resolve
from probing.model.encoder import load
from probing.model.loading import read_network

TEXT = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32, "vocab_size": 400}
VISION = {
    **{"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32},
    **{"image_size": 16, "patch_size": 8},
}
LLAMA = {**TEXT, "model_type": "llama", "num_key_value_heads": 1, "head_dim": 8}
MIXED = {
    "Gemma3Config": {"text_config": {**TEXT, "num_key_value_heads": 1, "head_dim": 8}, "vision_config": VISION},
    "CLIPConfig": {"text_config": TEXT, "vision_config": VISION},
    "SiglipConfig": {"text_config": TEXT, "vision_config": VISION},
    "LlavaConfig": {"text_config": LLAMA, "vision_config": {**VISION, "model_type": "clip_vision_model"}},
}


@pytest.fixture
def saved(folder_of, tmp_path):
    """saved(network): its folder, with a tokenizer."""

    def saved(network):
        folder = shutil.copytree(folder_of("bert"), tmp_path / "mine")
        (folder / "model.safetensors").unlink()
        network.save_pretrained(folder)
        return folder

    return saved


def loaded(folder):
    model = Model(str(folder))
    return load(model, resolve(model))


@pytest.mark.parametrize("name", MIXED)
def test_the_text_part_of_a_larger_model_is_read_alone(name, saved):
    config = getattr(transformers, name)(**MIXED[name])
    torch.manual_seed(0)
    full = transformers.AutoModel.from_config(config, dtype=torch.float32).eval()
    encoder = loaded(saved(full))
    assert (encoder.n_layers, encoder.width) == (3, 16)
    assert any("only the part that reads text is run" in note for note in encoder.notes)
    subwords = encoder.tokenize([["the", "dog", "sleeps"]])
    part = full.language_model if hasattr(full, "language_model") else full.text_model
    with torch.no_grad():
        ids = torch.from_numpy(subwords.ids.astype(np.int64))[None]
        wanted = part(input_ids=ids, output_hidden_states=True, return_dict=True).hidden_states
    found = encoder.hidden(subwords)
    for layer, states in enumerate(wanted):
        np.testing.assert_allclose(found[layer], states[0].numpy(), atol=1e-5)


@pytest.mark.parametrize(("name", "reads"), [("ViT", "pixel_values"), ("Whisper", "input_features")])
def test_a_model_that_reads_no_text_is_refused_before_its_weights_are_read(name, reads, folder_of, tmp_path):
    folder = shutil.copytree(folder_of("bert"), tmp_path / "mine")
    getattr(transformers, f"{name}Config")().save_pretrained(folder)  # beside weights that do not fit
    with pytest.raises(ModelError, match=f"mine: {name}Model reads {reads}, no text; choose a model of text"):
        loaded(folder)


def test_a_projection_after_the_last_block_is_left_out_and_said(saved):
    size = {**TEXT, "ffn_dim": 32, "word_embed_proj_dim": 8, "do_layer_norm_before": False, "pad_token_id": 0}
    network = transformers.OPTModel(transformers.OPTConfig(**size)).eval()
    encoder = loaded(saved(network))
    subwords = encoder.tokenize([["the", "dog"]])
    last = []
    network.decoder.layers[-1].register_forward_hook(lambda _m, _i, out: last.append(out))
    with torch.no_grad():
        network(input_ids=torch.from_numpy(subwords.ids.astype(np.int64))[None])
    block = last[0][0] if isinstance(last[0], tuple) else last[0]
    np.testing.assert_allclose(encoder.hidden(subwords)[-1], block.reshape(-1, 16).numpy(), atol=1e-5)
    assert "the projection after the last block is left out, so that all layers have the same width" in encoder.notes


MARIAN = {
    **{"vocab_size": 400, "d_model": 16, "encoder_layers": 2, "decoder_layers": 1, "pad_token_id": 0},
    **{f"{side}_{of}": n for side in ("encoder", "decoder") for of, n in (("attention_heads", 2), ("ffn_dim", 32))},
    "decoder_start_token_id": 0,
}


def without(folder, *names):
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    assert set(names) <= weights.keys()
    save_file({k: v for k, v in weights.items() if k not in names}, folder / "model.safetensors", {"format": "pt"})


def test_positions_that_are_computed_need_not_be_in_the_file(saved):
    network = transformers.MarianModel(transformers.MarianConfig(**MARIAN))
    folder = saved(network)
    model = Model(str(folder))
    whole = read_network(model, resolve(model)).network.embed_positions.weight
    without(folder, "encoder.embed_positions.weight")
    again = read_network(model, resolve(model)).network.embed_positions.weight
    assert torch.equal(whole, again)
    assert len(again.unique()) > 3


@pytest.mark.parametrize("name", ["encoder.layers.0.fc1.weight", "encoder.layers.0.final_layer_norm.weight"])
def test_weights_that_are_learned_must_be_in_the_file(saved, name):
    folder = saved(transformers.MarianModel(transformers.MarianConfig(**MARIAN)))
    without(folder, name)
    model = Model(str(folder))
    with pytest.raises(ModelError, match=rf"the weights of {name} are not in the file \(1 in all\)"):
        read_network(model, resolve(model))
