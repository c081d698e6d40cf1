"""A decoder gets the token that begins a text where its template leaves it out; it belongs to no word."""

import json
import shutil
from types import SimpleNamespace

import numpy as np
import pytest

from probing.axes import Sentence
from probing.errors import ModelError
from probing.model.batches import as_units
from probing.model.checkpoint import Model, resolve
from probing.model.encoder import load
from probing.model.maps import maps
from probing.model.saved_tokenizer import read_tokenizer
from probing.model.text_start import missing_bos
from probing.view.free_text import corpus_tokens, tokenize_text

SENTENCES = [("the", "quick", "fox"), ("she", "left")]
SEPARATED = ("gpt2", "neox")  # their BOS token is their EOS token, and their template leaves it out


def own(encoder, role: str = "bos") -> int:
    return encoder.special[role][1]


@pytest.mark.parametrize("name", SEPARATED)
def test_the_bos_token_comes_first_and_belongs_to_no_word(name, load_tiny):
    without, encoder = load_tiny(name, bos="off"), load_tiny(name, bos="on")
    bare, found = without.tokenize(SENTENCES), encoder.tokenize(SENTENCES)
    assert without.frame.prefix == () and encoder.frame.prefix == (own(encoder),)
    assert encoder.bos == encoder.special["bos"][0] and without.bos is None
    for place in range(2):
        old, new = bare.part(place, place + 1), found.part(place, place + 1)
        assert new.ids.tolist() == [own(encoder), *old.ids]
        assert new.words.tolist() == [-1, *old.words]
    assert found.counts == bare.counts


@pytest.mark.parametrize(
    ("name", "wanted"), [("gpt2", 1), ("neox", 1), ("llama", 1), ("qwen2", 0), ("bert", 1), ("roberta", 1), ("t5", 0)]
)
def test_auto_adds_it_to_decoders_whose_bos_ends_documents_and_never_twice(name, wanted, load_tiny):
    encoder = load_tiny(name, bos="auto")
    assert len(encoder.frame.prefix) == wanted
    assert (encoder.bos is not None) == (name in SEPARATED)


def test_on_adds_a_bos_that_is_no_separator_and_refuses_where_there_is_none(folder_of, tmp_path, load_tiny):
    folder = shutil.copytree(folder_of("llama"), tmp_path / "mine")
    path = folder / "tokenizer.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "post_processor": None}))
    prefixes = {}
    for choice in ("auto", "on", "off"):
        model = Model(str(folder), bos=choice)
        prefixes[choice] = load(model, resolve(model)).frame.prefix
    token = read_tokenizer(folder).special["bos"][1]
    assert prefixes == {"auto": (), "on": (token,), "off": ()}
    with pytest.raises(ModelError, match=r"no BOS token; type model\.bos=auto"):
        load_tiny("qwen2", bos="on")


def test_what_reads_both_ways_gets_none(folder_of):
    saved = read_tokenizer(folder_of("gpt2"))
    assert missing_bos("auto", saved, causal=True) == saved.special["bos"][0]
    assert missing_bos("auto", saved, causal=False) is None
    apart = saved._replace(special={**saved.special, "eos": ("</s>", 7)})
    assert missing_bos("auto", apart, causal=True) is None
    assert missing_bos("on", apart, causal=True) == saved.special["bos"][0]


def test_the_vectors_are_those_of_a_pass_with_the_token_first(load_tiny):
    import torch

    encoder = load_tiny("gpt2", bos="on")
    subwords = encoder.tokenize(SENTENCES[:1])
    with torch.inference_mode():
        states = encoder.network(torch.tensor(subwords.ids[None].astype(np.int64)), output_hidden_states=True)
    wanted = torch.stack(states.hidden_states)[:, 0].numpy()
    np.testing.assert_allclose(encoder.hidden(subwords), wanted, atol=1e-5)
    bare = load_tiny("gpt2", bos="off")
    alone = bare.hidden(bare.tokenize(SENTENCES[:1]))
    assert abs(encoder.hidden(subwords)[-1, 1:] - alone[-1]).max() > 1e-3
    assert encoder.cls_position == bare.cls_position == "last"


def test_it_counts_in_the_window_and_stands_in_every_window(load_tiny):
    words = [("the", "dog") * 9]
    cut = load_tiny("gpt2", bos="on", max_subwords=8, long="truncate").tokenize(words)
    assert cut.words.tolist()[:2] == [-1, 0] and len(cut.ids) == 8
    encoder = load_tiny("gpt2", bos="on", max_subwords=8)
    assert encoder.frame.room == 7
    subwords = encoder.tokenize(words)
    units = as_units(subwords, encoder.frame, causal=True)
    assert (np.diff(units.offsets) == 8).all()
    assert (units.ids[units.offsets[:-1]] == own(encoder)).all()
    assert encoder.hidden(subwords).shape[1] == len(subwords.ids)


def test_maps_count_it_as_special(load_tiny):
    encoder = load_tiny("gpt2", maps=True, bos="on")
    for batch in maps(encoder, encoder.tokenize(SENTENCES)):
        assert (batch.words[:, 0] == -1).all()
        assert (batch.ids[:, 0] == own(encoder)).all()


def test_free_text_and_stored_sentences_have_it_too(load_tiny):
    encoder = load_tiny("gpt2", bos="on")
    shown = tokenize_text(encoder, "the quick fox")
    assert shown.ids.tolist() == encoder.tokenize(SENTENCES[:1]).ids.tolist()
    assert shown.tokens.special[:2] == (True, False)
    pair = tokenize_text(encoder, "the fox", "she left")
    assert pair.ids.tolist().count(own(encoder)) == 1
    assert pair.tokens.segment.tolist() == sorted(pair.tokens.segment)
    stored = corpus_tokens(encoder.tokenizer, Sentence("", SENTENCES[0]), shown.ids)
    assert stored.special == shown.tokens.special and stored.word.tolist() == shown.tokens.word.tolist()


def test_a_head_predicts_the_first_word_from_it(load_tiny):
    from probing.attention.interventions.model_head import head_readout

    encoder = load_tiny("gpt2", bos="on")
    encoder.head = SimpleNamespace(kind="next", logits=None)  # type: ignore[assignment]
    subwords = encoder.tokenize(SENTENCES)
    _, readout = head_readout(encoder, subwords, np.random.default_rng(0))
    assert readout.gold[0][0] == subwords.ids[1] and readout.gold[0][-1] == -1
