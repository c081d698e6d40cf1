"""The frame that a notebook shows, of a text, of a view, and of weights from anywhere."""

import json
import re
import subprocess
import sys
from html import unescape

import numpy as np
import pytest
import torch

import probing.view
from probing.errors import ConfigError, ModelError
from probing.rng import generator
from probing.view import model_views, show
from probing.view.external_weights import weights_view
from probing.view.given_tokens import read_tokens
from probing.view.pack import pack

TOKENS = ["[CLS]", "the", "cat", "##s", "[SEP]"]


@pytest.fixture
def maps() -> list[np.ndarray]:
    """Three layers of two heads over TOKENS."""
    rng = generator(0, "maps")
    return [rng.dirichlet(np.ones(5), size=(2, 5)).astype(np.float32) for _ in range(3)]


def documents(html: str) -> list[dict]:
    return json.loads(re.search(r'id="documents">(.*?)</script>', html)[1])


def test_a_text_becomes_a_sandboxed_frame_that_holds_the_whole_page(tmp_path):
    shown = show('A "cat" & a <b>dog</b>', "It slept.", height=500)
    frame = shown._repr_html_()
    attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', frame))
    assert frame.startswith("<iframe ") and frame.count("<") == 2
    assert unescape(attributes["srcdoc"]) == shown.html
    assert attributes["sandbox"] == "allow-scripts allow-downloads"
    assert (attributes["width"], attributes["height"]) == ("100%", "500")
    assert attributes["title"].startswith("attention: minilm, A &quot;cat&quot;")
    [header] = documents(shown.html)
    assert (header["model"], header["text_b"], header["missing"]) == ("minilm", "It slept.", {})
    assert shown.save(tmp_path / "view.html").read_text(encoding="utf-8") == shown.html
    assert "MB of HTML" in repr(shown)


def test_a_model_is_loaded_once(monkeypatch):
    first = model_views.encoder_of("minilm")
    monkeypatch.setattr(model_views, "load", None)
    assert model_views.encoder_of("minilm") is model_views.encoder_of("bundled") is first


def test_weights_from_anywhere_in_both_shapes_as_arrays_and_tensors(maps):
    batched = [torch.tensor(layer)[None].requires_grad_() for layer in maps]
    for given in (maps, [layer[None] for layer in maps], batched, np.stack(maps)):
        view = weights_view(given, TOKENS)
        assert view.attention.shape == (3, 2, 5, 5)
        assert np.allclose(view.attention, np.stack(maps))
    half = [0.5 * (layer.mean(axis=0) + np.eye(5)) for layer in maps]
    assert np.allclose(view.rollout[2], half[2] @ half[1] @ half[0], atol=1e-6)
    [header] = documents(show(attention=maps, tokens=TOKENS).html)
    assert header["forms"] == ["the", "cats"]
    assert set(header["missing"]) == {"norm", "flow", "neurons"}
    assert header["causal"] is False


def test_a_view_is_shown_as_it_is(maps):
    view = weights_view(maps, TOKENS)
    assert documents(show(view).html) == [pack(view).header]


@pytest.mark.parametrize(
    "tokens, labels, forms, words",
    [
        (TOKENS, TOKENS, ["the", "cats"], [-1, 0, 1, 1, -1]),
        (["<s>", "The", "Ġcat", "s", "</s>"], ["<s>", "The", "␣cat", "s", "</s>"], ["The", "cats"], [-1, 0, 1, 1, -1]),
        (["ĠnaÃ¯ve", "Ġä", "¸"], ["␣naïve", r"␣\xe4", r"\xb8"], ["naïve", r"\xe4\xb8"], [0, 1, 1]),
        (["▁un", "able", "▁to"], ["▁un", "able", "▁to"], ["unable", "to"], [0, 0, 1]),
        (["a", "b", "<|endoftext|>"], ["a", "b", "<|endoftext|>"], ["a", "b"], [0, 1, -1]),
        (["a", "##", "##b"], ["a", "##", "##b"], ["a", "##b"], [0, 1, 1]),
        (["##b", "a"], ["##b", "a"], ["b", "a"], [0, 1]),
        (["[CLS]", "[MASK]", "[UNK]"], ["[CLS]", "[MASK]", "[UNK]"], ["[MASK]", "[UNK]"], [-1, 0, 1]),
        (["<s>", "Ġa", "<mask>", "."], ["<s>", "␣a", "<mask>", "."], ["a", "<mask>."], [-1, 0, 1, 1]),
        (["▁a", "▁", "<unk>", "</s>"], ["▁a", "▁", "<unk>", "</s>"], ["a", "▁<unk>"], [0, 1, 1, -1]),
    ],
)
def test_tokens_are_read_in_every_writing(tokens, labels, forms, words):
    found = read_tokens(tokens)
    assert list(found.labels) == labels
    assert list(found.vocabulary) == tokens
    assert list(found.forms) == forms
    assert found.word.tolist() == words


def test_the_second_text_begins_where_it_is_said_to(maps):
    found = read_tokens(["[CLS]", "a", "[SEP]", "b", "##c", "[SEP]"], 3)
    assert found.segment.tolist() == [0, 0, 0, 1, 1, 1]
    assert (found.forms, found.form_segment.tolist()) == (("a", "bc"), [0, 1])
    view = weights_view(maps, ["[CLS]", "a", "[SEP]", "b", "[SEP]"], 3)
    assert (view.about["text"], view.about["text_b"]) == ("a", "b")


def test_a_causal_model_is_known_by_its_weights(maps):
    assert weights_view([np.tril(layer) + 1e-3 * np.eye(5) for layer in maps], TOKENS).about["causal"] is True


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda m: [m[0], None], "layer 2 is None; load the model with attn_implementation='eager'"),
        (lambda m: m[0][0], r"layer 1 has shape \(5,\)"),
        (lambda m: [m[0], m[1][:1]], "layers have shapes"),
        (lambda m: [np.stack([m[0], m[1]])], r"shape \(2, 2, 5, 5\).*a batch of one at most"),
        (lambda m: [layer[:, :4, :4] for layer in m], "over 4 subwords, but there are 5 tokens"),
        (lambda m: [layer - 0.5 for layer in m], "negative or not finite"),
        (lambda m: [layer * np.nan for layer in m], "negative or not finite"),
        (lambda m: ["abc"], "is not an array of numbers"),
        (lambda m: [], "no layer"),
        (lambda m: 5, "attention is a int; one array"),
        (lambda m: np.array(1.0), "attention is a ndarray; one array"),
        (lambda m: {"attentions": m}, "layer 1 is not an array of numbers"),
    ],
)
def test_what_are_no_maps_is_said_so(change, message, maps):
    with pytest.raises(ModelError, match=message):
        show(attention=change(maps), tokens=TOKENS)


def test_padding_is_told_how_to_cut_off(maps):
    padded = [np.pad(layer, ((0, 0), (0, 2), (0, 2))) for layer in maps]
    tokens = [*TOKENS, "[PAD]", "[PAD]"]
    advice = r"attention=\[layer\[\.\.\., :n, :n\] for layer in attention\] and tokens\[:n\]"
    with pytest.raises(ModelError, match=rf"layer 1: query tokens\[5\] \(\[PAD\]\) has no weight .*{advice}") as found:
        show(attention=padded, tokens=tokens)
    assert "sentence" not in str(found.value) and "model.precision" not in str(found.value)
    cut = show(attention=[layer[..., :5, :5] for layer in padded], tokens=tokens[:5])
    assert documents(cut.html)[0]["tokens"] == TOKENS
    maps[2][:, 1] = 0
    with pytest.raises(ModelError, match=r"layer 3: query tokens\[1\] \(the\) has no weight"):
        weights_view(maps, TOKENS)


@pytest.mark.parametrize(
    "tokens, message",
    [
        ([101, *TOKENS[1:]], r"tokens\[0\] is 101, not a string; .*convert_ids_to_tokens"),
        ([*TOKENS[:4], None], r"tokens\[4\] is None, not a string"),
        ("abcde", "tokens is a str, not a list"),
        (5, "tokens is a int, not a list"),
    ],
)
def test_tokens_that_are_no_strings_are_refused(tokens, message, maps):
    with pytest.raises(ModelError, match=message):
        show(attention=maps, tokens=tokens)


@pytest.mark.parametrize("start", ["3", 3.0, [3]])
def test_a_position_is_a_whole_number(start, maps):
    with pytest.raises(ModelError, match=r"sentence_b_start=.*not a whole number"):
        show(attention=maps, tokens=TOKENS, sentence_b_start=start)
    assert weights_view(maps, TOKENS, np.int64(3)).tokens.segment.tolist() == [0, 0, 0, 1, 1]


def test_longer_texts_get_flow_and_neurons_when_asked():
    [short] = documents(show("The cat sat", longest_flow=4, longest_neurons=3).html)
    assert "type longest_flow=5" in short["missing"]["flow"] and "type longest_neurons=5" in short["missing"]["neurons"]
    assert documents(show("The cat sat", longest_flow=5, longest_neurons=5).html)[0]["missing"] == {}
    text = "cat " * 63
    assert documents(show(text, longest_flow=1).html)[0]["missing"].keys() == {"flow"}  # 65 subwords


def test_contradictions_are_refused(maps):
    view = weights_view(maps, TOKENS)
    with pytest.raises(ConfigError, match="text_b=… needs a text"):
        show(view, "It slept.")
    for given in ({"text": view}, {"attention": maps, "tokens": TOKENS}):
        with pytest.raises(ConfigError, match="longest_flow: needs a text"):
            show(**given, longest_flow=128)
    with pytest.raises(TypeError, match="unexpected keyword argument 'longest'"):
        show("a", longest=3)
    for given in ({}, {"text": "a", "attention": maps}):
        with pytest.raises(ConfigError, match="give show either a text"):
            show(**given)
    with pytest.raises(ConfigError, match="needs tokens="):
        show(attention=maps)
    with pytest.raises(ConfigError, match="need attention="):
        show("a", tokens=TOKENS)
    with pytest.raises(ModelError, match="sentence_b_start=9"):
        show(attention=maps, tokens=TOKENS, sentence_b_start=9)
    with pytest.raises(ConfigError, match="height=0"):
        show("a", height=0)


def test_an_unknown_model_is_told_what_would_do():
    with pytest.raises(ModelError, match=r"model=\./nowhere: .*minilm \(bundled\), a folder .* or a Hub id"):
        show("a", model="./nowhere")


def test_the_package_is_cheap_to_import_and_says_what_it_lacks():
    program = (
        "import sys, probing.view; sys.exit(str({'numpy', 'torch', 'probing.view.pack'} & sys.modules.keys() or ''))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stderr.strip() == ""
    assert probing.view.show is show
    with pytest.raises(AttributeError, match="no attribute 'shaw'"):
        _ = probing.view.shaw


def test_weights_that_sum_to_more_than_one_are_no_weights(maps):
    with pytest.raises(ModelError, match="the weights of a query sum to 3, more than 1; give them after the softmax"):
        weights_view([3 * layer for layer in maps], TOKENS)
    assert not weights_view([layer.astype(np.float16) for layer in maps], TOKENS).notes


def test_weights_that_sum_to_less_than_one_are_shown_with_a_note(maps):
    [note] = weights_view([maps[0], 0.25 * maps[1], *maps[2:]], TOKENS).notes
    assert "sum to as little as 0.25" in note


@pytest.mark.parametrize(
    ("change", "seen"),
    [
        (lambda layer: layer.astype(complex), "a ndarray of complex"),  # whose real part is no weight
        (lambda layer: np.ma.masked_array(layer, mask=True), "a MaskedArray of"),  # whose mask would be lost
        (lambda layer: (1000 * layer).astype("datetime64[s]"), "a ndarray of datetime64"),
        (lambda layer: [[10**400]], "a ndarray of object"),
        (lambda layer: torch.tensor(layer).to("meta"), "not an array of numbers (Cannot copy out of meta tensor"),
    ],
    ids=range(5),
)
def test_what_is_no_array_of_numbers_is_refused_with_its_layer(change, seen, maps):
    with pytest.raises(ModelError, match="attention of layer 2 is not an array of numbers") as raised:
        weights_view([maps[0], change(maps[1])], TOKENS)
    assert seen in str(raised.value)


def test_a_sparse_tensor_is_an_array_of_numbers(maps):
    given = [torch.tensor(layer).to_sparse() for layer in maps]
    assert np.array_equal(weights_view(given, TOKENS).attention, weights_view(maps, TOKENS).attention)
