"""A folder that cannot be read says why; an untrained twin is untrained."""

import json
import shutil
from types import SimpleNamespace

import numpy as np
import pytest

from probing.errors import ModelError
from probing.model.checkpoint import Model, resolve
from probing.model.encoder import load

SENTENCES = [["the", "dog", "sleeps"]]


@pytest.fixture
def folder(folder_of, tmp_path):
    return shutil.copytree(folder_of("bert"), tmp_path / "mine")


def load_folder(folder, **options):
    model = Model(str(folder), **options)
    return load(model, resolve(model))


def edit(path, **changes):
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_a_tokenizer_that_is_not_fast_is_refused(folder):
    from transformers import CanineTokenizer

    (folder / "tokenizer.json").unlink()
    (folder / "vocab.txt").write_text("[PAD]\n")
    CanineTokenizer().save_pretrained(folder)
    with pytest.raises(ModelError, match="CanineTokenizer is not a fast tokenizer"):
        load_folder(folder)


def test_a_damaged_tokenizer_is_named(folder):
    (folder / "tokenizer.json").write_text("{")
    with pytest.raises(ModelError, match="the tokenizer cannot be read"):
        load_folder(folder)


def test_special_tokens_are_kept_by_role(folder):
    special = load_folder(folder).special
    assert special.keys() == {"mask", "unk", "pad", "cls", "sep"}  # BERT has no others
    tokenizer = load_folder(folder).tokenizer
    assert {role: tokenizer.id_to_token(number) for role, (_, number) in special.items()} == {
        role: spelling for role, (spelling, _) in special.items()
    }
    assert special["mask"][0] == "[MASK]"


def test_an_architecture_that_needs_foreign_code_is_refused(folder):
    auto_map = {"AutoConfig": "configuration_mine.MineConfig", "AutoModel": "modeling_mine.MineModel"}
    edit(folder / "config.json", model_type="mine", auto_map=auto_map)
    (folder / "configuration_mine.py").write_text("raise SystemExit('foreign code ran')")
    with pytest.raises(ModelError, match="transformers cannot load this"):
        load_folder(folder)


def test_damaged_weights_are_named(folder):
    (folder / "model.safetensors").write_bytes(b"not a header")
    with pytest.raises(ModelError, match="transformers cannot load this"):
        load_folder(folder)


def test_weights_of_another_size_are_refused(folder):
    edit(folder / "config.json", intermediate_size=48)
    with pytest.raises(ModelError, match="transformers cannot load this"):
        load_folder(folder)


def test_weights_that_the_file_lacks_are_not_left_at_random(folder):
    edit(folder / "config.json", num_hidden_layers=4)
    with pytest.raises(ModelError, match=r"the weights of encoder\.layer\.3\.\S+, .* are not in the file"):
        load_folder(folder)


def test_a_missing_pooler_matters_to_no_hidden_state(folder):
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    kept = {f"bert.{name}": weight for name, weight in weights.items() if "pooler" not in name}
    wanted = load_folder(folder)
    save_file(kept, folder / "model.safetensors", metadata={"format": "pt"})  # as a masked language model saves them
    found = load_folder(folder)
    subwords = found.tokenize(SENTENCES)
    np.testing.assert_array_equal(found.hidden(subwords), wanted.hidden(subwords))


def test_an_encoder_saved_without_its_decoder_gives_the_same_vectors(folder_of, tmp_path):
    from transformers import T5EncoderModel

    whole = load_folder(folder_of("t5"))
    half = shutil.copytree(folder_of("t5"), tmp_path / "half")
    T5EncoderModel.from_pretrained(folder_of("t5")).save_pretrained(half)
    assert not json.loads((half / "config.json").read_text())["is_encoder_decoder"]
    subwords = whole.tokenize(SENTENCES)
    np.testing.assert_array_equal(load_folder(half).hidden(subwords), whole.hidden(subwords))


@pytest.mark.parametrize("name", ["bert", "gpt2", "t5"])
def test_the_untrained_twin_differs_in_every_layer_and_depends_on_its_seed_alone(name, folder_of):
    import torch

    folder = folder_of(name)
    trained = load_folder(folder)
    subwords = trained.tokenize(SENTENCES)
    state = torch.random.get_rng_state()
    twins = [load_folder(folder, untrained_seed=seed).hidden(subwords) for seed in (5, 5, 6)]
    assert torch.equal(torch.random.get_rng_state(), state)
    np.testing.assert_array_equal(twins[0], twins[1])
    for other in (twins[2], trained.hidden(subwords)):
        assert (np.abs(twins[0] - other).max(axis=(1, 2)) > 0.01).all()


def test_a_twin_that_equals_the_trained_weights_is_refused(folder):
    twin = load_folder(folder, untrained_seed=3)
    twin.network.save_pretrained(folder)
    with pytest.raises(ModelError, match="untrained twin equals the trained weights"):
        load_folder(folder, untrained_seed=3)
    assert load_folder(folder, untrained_seed=4)


def test_loading_prints_nothing(folder, capfd):
    load_folder(folder)
    seen = capfd.readouterr()
    assert seen.out == seen.err == ""


def test_a_model_without_hidden_states_is_refused(tmp_path, folder_of):
    from probing.model.network_facts import measure

    class Silent:
        dtype, config = "torch.float32", None

        def modules(self):
            return []

        named_modules = modules

        def get_input_embeddings(self):
            return SimpleNamespace(weight=np.zeros((50, 4)))

        def register_forward_hook(self, _hook):
            return SimpleNamespace(remove=lambda: None)

        def __call__(self, **_):
            return object()

    with pytest.raises(ModelError, match="Silent gives no hidden state"):
        measure(Silent(), pad=0, device="cpu")
