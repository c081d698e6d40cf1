"""What a view shows is what the network did: one pass gives the same numbers as each analysis alone."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from probing.attention.flow.attention_rollout import rollout
from probing.attention.flow.augmented import Rollout, augmented
from probing.attention.flow.maximum_flow import as_distributions, flow
from probing.attention.values.norms import norms
from probing.axes import Sentence
from probing.errors import ConfigError, DataError, ModelError
from probing.model.checkpoint import Model, resolve
from probing.model.encoder import load
from probing.model.maps import maps
from probing.view.forward_view import PARTS, Options, sentence_view, text_view
from probing.view.record import CorpusSentence

WORDS = ("the", "quick", "naïve", "fox", "saw", "New", "York", "!")
TREE = {"upos": ("DET", "ADJ", "ADJ", "NOUN", "VERB", "PROPN", "PROPN", "PUNCT"), "heads": (4, 4, 4, 5, 0, 7, 5, 5)}
SENTENCE = CorpusSentence("tiny", "test", 0, Sentence("s1", WORDS, **TREE))
WITHOUT_NORMS = {"albert"}
QUICK = Options(parts=())


def test_a_corpus_sentence_gives_the_numbers_of_each_analysis_alone(family, encoder):
    view = sentence_view(encoder, SENTENCE, Options())
    subwords = encoder.tokenize([WORDS])
    [batch] = maps(encoder, subwords)
    [(_, attention, _, words)] = batch.each()
    n = len(words)
    assert view.attention == pytest.approx(attention, abs=1e-5)
    assert view.tokens.word.tolist() == words.tolist()
    assert view.rollout == pytest.approx(rollout(batch.attention, batch.lengths, Rollout())[0].numpy(), abs=1e-5)
    capacities = augmented(batch.attention, batch.lengths, Rollout())[0].numpy()
    assert view.flow == pytest.approx(
        np.stack([as_distributions(flow(capacities[:top])) for top in (1, 2, 3)]), abs=1e-4
    )
    assert view.queries.shape == view.keys.shape == (3, 2, n, 8)
    assert {array.dtype for array in (view.attention, view.rollout, view.flow, view.queries)} == {np.dtype(np.float32)}
    if family in WITHOUT_NORMS:
        assert view.norm is None
        assert "AlbertModel, block 1: several layers share its modules" in view.missing["norm"]
    else:
        [(_, layers)] = norms(encoder, subwords, lambda found: found.heads().numpy())
        assert view.norm == pytest.approx(np.stack(layers), abs=1e-5)
    assert set(view.missing) == ({"norm"} if family in WITHOUT_NORMS else set())
    assert view.gold == TREE


def test_free_text_of_the_same_words_is_the_same_input(encoder):
    words = ("the", "quick", "fox", "saw", "York")
    free = text_view(encoder, " ".join(words), None, Options())
    corpus = sentence_view(encoder, CorpusSentence("tiny", "test", 0, Sentence("s", words)), Options())
    assert free.tokens.labels == corpus.tokens.labels
    assert free.tokens.forms == words
    assert free.attention == pytest.approx(corpus.attention, abs=1e-5)
    assert free.gold == corpus.gold == {}
    assert free.about.keys() == corpus.about.keys() - {"corpus", "split", "id"}


def test_the_reader_gets_the_hidden_states_that_the_store_would_hold(encoder):
    taken = []
    view = sentence_view(encoder, SENTENCE, QUICK, lambda *given: taken.append(given) or ["read"])
    [(hidden, tokens, place)] = taken
    assert place is SENTENCE
    assert hidden == pytest.approx(encoder.hidden(encoder.tokenize([WORDS])), abs=1e-5)
    assert tokens is view.tokens
    assert view.probes == ("read",)


def test_a_pair_goes_through_the_network_as_its_tokenizer_frames_it(family, encoder):
    view = text_view(encoder, "the quick fox", "she left", Options())
    length = len(view.tokens.labels)
    assert view.attention.shape == (3, 2, length, length)
    assert view.attention.sum(-1) == pytest.approx(np.ones(view.attention.shape[:3]), abs=1e-5)
    assert view.about["text_b"] == "she left"
    first, second = (torch.from_numpy(view.tokens.segment == side) for side in (0, 1))
    back = view.attention[:, :, first][..., second]
    if encoder.causal:
        assert not back.any()
    elif family != "modernbert":
        assert back.min() > 0


def test_segments_are_told_to_networks_that_take_them(encoder_of):
    encoder = encoder_of("bert")
    view = text_view(encoder, "the quick fox", "she left", Options())
    ids = torch.tensor([[encoder.tokenizer.token_to_id(label) for label in view.tokens.labels]])
    with torch.inference_mode():
        told, untold = (
            torch.cat(encoder.network(input_ids=ids, **types, output_attentions=True).attentions).numpy()
            for types in ({"token_type_ids": torch.from_numpy(view.tokens.segment)[None]}, {})
        )
    assert view.attention == pytest.approx(told, abs=1e-5)
    assert np.abs(view.attention - untold).max() > 1e-3


def test_typed_markup_and_special_subwords_stay_text(encoder):
    first, second = "<script>alert(1)</script>", "[SEP] </s>"
    view = text_view(encoder, first, second, QUICK)
    assert (view.about["text"], view.about["text_b"]) == (first, second)
    assert "".join(view.tokens.forms) == first + second.replace(" ", "")
    assert sum(view.tokens.special) == sum(text_view(encoder, "fox", "fox", QUICK).tokens.special)


def test_parts_not_requested_or_too_long_are_missing_with_the_reason(encoder_of):
    encoder = encoder_of("bert")
    view = text_view(
        encoder, "the quick fox", None, Options(parts=("flow", "neurons"), longest_flow=4, longest_neurons=5)
    )
    assert view.norm is None
    assert view.flow is None
    assert view.queries is not None
    assert view.missing == {
        "norm": "not requested",
        "flow": "5 subwords, more than longest_flow=4; type longest_flow=5, or shorten the text",
    }
    bare = text_view(encoder, "the quick fox", None, QUICK)
    assert (bare.norm, bare.flow, bare.queries, bare.keys, bare.scale) == (None,) * 5
    assert set(bare.missing) == set(PARTS)
    with pytest.raises(ConfigError, match="parts=norms: not a valid value; choose one of norm, flow, neurons"):
        Options(parts=("norms",))


def test_rollout_and_flow_begin_at_the_layer_asked_for(encoder_of):
    view = sentence_view(encoder_of("gpt2"), SENTENCE, Options(rollout=Rollout(first_layer=2)))
    identity = np.eye(view.attention.shape[-1])
    for paths in (view.rollout, view.flow):
        assert paths[0] == pytest.approx(identity)
        assert np.abs(paths[1] - identity).max() > 0.1
        assert paths.sum(-1) == pytest.approx(np.ones(paths.shape[:2]), abs=1e-5)


def test_models_that_add_positions_to_the_product_say_so(family, encoder):
    notes = text_view(encoder, "the quick brown fox jumps over the lazy dog", None, Options()).notes
    assert any("position terms" in note for note in notes) == (family in {"deberta", "t5"})


def test_what_is_told_of_the_model_and_the_time(encoder_of):
    encoder = encoder_of("gpt2")
    view = sentence_view(encoder, SENTENCE, Options())
    assert view.about == {
        "text": " ".join(WORDS),
        "text_b": None,
        "corpus": "tiny",
        "split": "test",
        "id": "s1",
        "model": encoder.checkpoint.name,
        "checkpoint": encoder.checkpoint.revision,
        "causal": True,
        "window": 64,
        "final_norm": True,
        "precision": "float32",
        "adds": False,
    }
    assert set(view.timings_ms) == {"tokenise", "forward", "norm", "neurons", "rollout", "flow", "probes"}
    assert all(took >= 0 for took in view.timings_ms.values())


def test_value_vectors_that_are_not_merely_weighted_leave_all_else(encoder_of):
    encoder = encoder_of("llama")
    projection = encoder.network.layers[1].self_attn.o_proj
    gate = projection.register_forward_pre_hook(lambda _module, args: (args[0] * args[0].sigmoid(),))
    try:
        view = text_view(encoder, "the fox", None, Options())
    finally:
        gate.remove()
    assert view.norm is None
    assert "not a plain weighted sum of values" in view.missing["norm"]
    assert view.flow is not None


def test_a_look_leaves_the_network_as_it_was(encoder):
    subwords = encoder.tokenize([WORDS])
    before = encoder.hidden(subwords)
    first, second = (sentence_view(encoder, SENTENCE, Options(parts=("norm", "neurons"))) for _ in range(2))
    assert np.array_equal(first.attention, second.attention)
    assert np.array_equal(encoder.hidden(subwords), before)
    assert not any(module._forward_pre_hooks for module in encoder.network.modules())


def test_models_without_maps_are_refused(encoder_of):
    from transformers import FNetConfig, FNetModel

    encoder = encoder_of("bert")
    sizes = {"hidden_size": 16, "num_hidden_layers": 2, "intermediate_size": 32}
    network = FNetModel(FNetConfig(vocab_size=encoder.network.config.vocab_size, **sizes)).eval()
    with pytest.raises(ModelError, match="gives no attention map over the whole input"):
        text_view(replace(encoder, network=network, attention=None), "the fox", None, Options())
    model = Model(checkpoint=str(encoder.checkpoint.folder))
    for parts in (PARTS, ()):
        with pytest.raises(ModelError, match="maps=True"):
            text_view(load(model, resolve(model)), "the fox", None, Options(parts=parts))


def test_numbers_that_are_not_finite_are_refused(encoder_of):
    encoder = encoder_of("gpt2")
    hook = encoder.network.h[1].register_forward_hook(lambda _module, _args, output: output * float("nan"))
    try:
        with pytest.raises(ModelError, match="not finite"):
            text_view(encoder, "the fox", None, QUICK)
    finally:
        hook.remove()


def test_half_precision_is_said_and_is_no_term_of_position(encoder_of):
    model = Model(checkpoint=str(encoder_of("roberta").checkpoint.folder), precision="bfloat16")
    view = text_view(load(model, resolve(model), maps=True), "the quick fox", None, Options())
    assert view.about["precision"] == "bfloat16"
    assert view.attention.dtype == view.queries.dtype == view.norm.dtype == np.float32
    assert view.notes == ()


def test_text_that_does_not_fit_is_refused_before_anything_runs(encoder_of):
    with pytest.raises(DataError, match="at most 64"):
        text_view(encoder_of("bert"), "fox " * 80, None, Options())
