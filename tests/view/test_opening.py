"""What show is told of view, layer, heads and layers."""

import json
import re

import numpy as np
import pytest

from probing.errors import ConfigError
from probing.rng import generator
from probing.view import show
from probing.view.external_weights import weights_view
from probing.view.opening import opening


@pytest.fixture
def view():
    maps = generator(0, "opening").dirichlet(np.ones(4), size=(3, 2, 4))
    return weights_view(list(maps), ["a", "b", "c", "d"])


@pytest.mark.parametrize(
    ("said", "fragment"),
    [
        ({}, ""),
        ({"tab": "neurons"}, "view=neuron"),
        ({"layer": 2, "heads": 1}, "layer=2&head=1"),
        ({"heads": [1]}, "head=1"),
        ({"heads": [1, 0], "tab": "heads"}, "view=head&head=1&heads=0,1"),
        ({"heads": "all"}, "heads=all"),
    ],
)
def test_it_becomes_the_fragment_of_an_address(view, said, fragment):
    assert opening([view], **said) == fragment


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"view": "head"}, "view=head: .* choose one of heads, model"),
        ({"layer": 0}, "layer=0: .* choose one of 1, 2, 3"),
        ({"layer": 4}, "layer=4"),
        ({"heads": 2}, "heads=2: .* choose one of 0, 1"),
        ({"heads": []}, r"heads=\[\]: give a head"),
        ({"heads": "none"}, "heads=none"),
        ({"layers": [3, 9]}, "layers: 9; choose some of the layers that have attention: 1, 2, 3"),
        ({"layers": []}, "layers: none"),
        ({"layers": [1], "layer": 2}, "layer=2: .* choose one of 1"),
    ],
)
def test_what_is_not_there_is_refused(view, said, message):
    with pytest.raises(ConfigError, match=message):
        show(view, **said)


def test_some_layers_alone_are_in_the_page(view):
    html = show(view, layers=[3, 1], layer=3, view="heatmap").html
    [header] = json.loads(re.search(r'id="documents">(.*?)</script>', html)[1])
    assert (header["layers"], header["n_blocks"]) == ([1, 3], 3)
    assert set(header["arrays"]) == {"attention/1", "attention/3", "rollout/1", "rollout/3"}
    assert 'data-opens="view=heatmap&amp;layer=3"' in html


def test_several_texts_or_models_are_compared():
    html = show(["The cat sat.", "The dog sat."], layers=[1]).html
    first, second = json.loads(re.search(r'id="documents">(.*?)</script>', html)[1])
    assert (first["text"], second["text"]) == ("The cat sat.", "The dog sat.")
    assert 'data-opens="view=compare"' in html
    models = show("The cat sat.", model=["minilm", "bundled"], layers=[1], view="model").html
    assert 'data-opens="view=model"' in models and models.count('"model":"minilm"') == 2


def test_views_and_lists_that_contradict_each_other_are_refused(view):
    with pytest.raises(ConfigError, match="so do several models"):
        show(view, model=["minilm", "bundled"])
    for given in ({"text": []}, {"text": "a", "model": []}):
        with pytest.raises(ConfigError, match="show what"):
            show(**given)
