"""A model by its name, and what is said where there is none."""

import pytest

import probing
from probing.errors import ConfigError, ModelError, UnavailableError


def test_it_says_what_it_is(model):
    assert (model.name, model.n_layers, model.n_heads, model.width) == ("minilm", 7, 12, 384)
    assert repr(model) == "minilm: encoder, layers 0 to 6, width 384, on cpu"
    assert not any(parameter.requires_grad for parameter in model.encoder.network.parameters())


def test_no_other_model_stands_in(monkeypatch, tmp_path):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    monkeypatch.setattr("probing.hub.unreachable", lambda: "no route")
    with pytest.raises(UnavailableError, match="model nobody/nothing-here: .*type minilm .bundled., a folder"):
        probing.load_model("nobody/nothing-here")
    with pytest.raises(ModelError, match="model ./nowhere: "):
        probing.load_model("./nowhere")


def test_options_are_checked_before_anything_is_loaded():
    with pytest.raises(TypeError, match="unexpected keyword argument 'layers'"):
        probing.load_model("minilm", layers=3)
    with pytest.raises(ConfigError, match="precision=half"):
        probing.load_model("minilm", precision="half")
    with pytest.raises(ModelError, match="device=toaster is not available .*type device='cpu'"):
        probing.load_model("minilm", device="toaster")


def test_the_untrained_twin_has_other_vectors(model):
    twin = probing.load_model("minilm", untrained_seed=0)
    one, other = (of.encoder.hidden(of.encoder.tokenize([["Cats", "sleep"]])) for of in (model, twin))
    assert one.shape == other.shape
    assert abs(one - other).max() > 0.1


def test_a_view_is_of_the_loaded_model(model, monkeypatch):
    monkeypatch.setattr("probing.view.model_views.load", None)  # nothing is loaded a second time
    assert "minilm" in probing.show("The cat sleeps.", model=model).html


def test_a_list_of_words_is_no_text_to_show(model):
    with pytest.raises(
        ConfigError, match=r"show: \['The', 'cat'\] is no text but words; type .* show\(' '.join\(words\)\)"
    ):
        probing.show(["The", "cat"], model=model)
