"""Words, labels and subwords of a text as a page shows them and as a network reads it."""

from dataclasses import replace

import numpy as np
import pytest
from tokenizers import Tokenizer
from tokenizers.processors import TemplateProcessing

from probing.axes import Sentence
from probing.errors import DataError
from probing.view.free_text import corpus_tokens, tokenize_sentence, tokenize_text

HOSTILE = "<script>alert(1)</script> a [SEP] or a </s> or <|endoftext|>"
DECODERS = {"gpt2", "neox", "llama", "qwen2", "qwen3"}


def test_labels_are_the_tokens_of_the_vocabulary_and_the_text_is_kept_beside_them(encoder_of):
    tokens = tokenize_text(encoder_of("bert"), "Don't leave the naïve fox").tokens
    assert tokens.labels == ("[CLS]", "don", "'", "t", "leave", "the", "naive", "fox", "[SEP]")
    assert tokens.surface == ("", "Don", "'", "t", "leave", "the", "naïve", "fox", "")
    assert tokens.forms == ("Don't", "leave", "the", "naïve", "fox")
    assert tokens.word.tolist() == [-1, 0, 0, 0, 1, 2, 3, 4, -1]
    assert [label for label, special in zip(tokens.labels, tokens.special, strict=True) if special] == [
        "[CLS]",
        "[SEP]",
    ]


def test_bytes_of_one_character_can_be_read_and_keep_their_spelling(encoder_of):
    tokens = tokenize_text(encoder_of("gpt2"), "the 中").tokens
    assert tokens.labels[1:] == ("the", "␣", r"\xe4", r"\xb8", r"\xad")  # three bytes of one character
    assert tokens.vocabulary[1:] == ("the", "Ġ", "ä", "¸", "Ń")
    assert tokens.surface[-3:] == ("中", "中", "中")
    assert tokens.word.tolist() == [-1, 0, 1, 1, 1, 1]
    assert tokenize_text(encoder_of("llama"), "the 中").tokens.labels[-3:] == ("<0xE4>", "<0xB8>", "<0xAD>")


def test_tokens_are_those_that_transformers_names(family, encoder):
    from transformers import AutoTokenizer

    theirs = AutoTokenizer.from_pretrained(encoder.checkpoint.folder)
    for given in (
        tokenize_text(encoder, "the quick naïve foxes , pipeline.run", "she left!"),
        tokenize_sentence(encoder, Sentence("", ("the", "naïve", "fox", "☃"))),
    ):
        assert list(given.tokens.vocabulary) == theirs.convert_ids_to_tokens(given.ids.tolist())
        each = zip(given.tokens.labels, given.tokens.surface, given.tokens.special, strict=True)
        assert all(bool(text) != special for label, text, special in each if label not in ("␣", "▁"))


def test_what_the_vocabulary_lacks_is_shown_as_unknown_and_noted(encoder_of):
    for family, name in (("bert", "[UNK]"), ("t5", "<unk>")):
        found = tokenize_text(encoder_of(family), "the ☃ fox")
        assert [label for label in found.tokens.labels if name in label]
        assert found.notes == ("subwords unknown to the tokenizer, so that the model cannot tell them apart: 1",)


def test_a_text_is_literal_in_every_family(family, encoder):
    found = tokenize_text(encoder, HOSTILE)
    framed = tokenize_text(encoder, "fox")
    assert sum(found.tokens.special) == sum(framed.tokens.special)
    special = {number for number, is_special in zip(framed.ids, framed.tokens.special, strict=True) if is_special}
    inside = found.ids[~np.array(found.tokens.special)]
    assert not special & set(inside.tolist())
    assert "".join(found.tokens.forms) == HOSTILE.replace(" ", "")
    assert len(found.tokens.labels) == len(found.ids) == len(found.tokens.word) == len(found.tokens.segment)


def test_a_pair_is_framed_by_the_tokenizer_and_words_count_on(family, encoder):
    found = tokenize_text(encoder, "the quick fox", "she left!")
    tokens = found.tokens
    assert tokens.forms == ("the", "quick", "fox", "she", "left", "!")
    assert tokens.form_segment.tolist() == [0, 0, 0, 1, 1, 1]
    assert (np.diff(tokens.segment) >= 0).all()
    assert set(tokens.segment.tolist()) == {0, 1}
    own = tokens.word >= 0
    assert (tokens.form_segment[tokens.word[own]] == tokens.segment[own]).all()
    assert sorted(set(tokens.word[own].tolist())) == list(range(6))
    if family in DECODERS:
        assert "no special subword between two texts" in found.notes[-1]
    if family == "bert":
        first = tokens.special.index(True, 1)  # the [SEP] after the first text goes with it
        assert (
            tokens.segment.tolist()
            == found.types.tolist()
            == [0] * (first + 1) + [1] * (len(tokens.special) - first - 1)
        )


@pytest.mark.parametrize(
    ("pair", "noted"), [("[CLS] $A $B", True), ("[CLS] $A [SEP] $B", False), ("$A $B [SEP]", True)]
)
def test_a_pair_with_nothing_between_its_texts_is_noted_whatever_stands_around_it(encoder_of, pair, noted):
    encoder = encoder_of("bert")
    tokenizer = Tokenizer.from_str(encoder.tokenizer.to_str())
    names = [(name, tokenizer.token_to_id(name)) for name in ("[CLS]", "[SEP]")]
    tokenizer.post_processor = TemplateProcessing(single="$A", pair=pair, special_tokens=names)
    found = tokenize_text(replace(encoder, tokenizer=tokenizer), "the quick fox", "she left!")
    assert any(found.tokens.special)
    assert any("no special subword between two texts" in note for note in found.notes) == noted


def test_a_corpus_sentence_is_what_the_store_holds(encoder):
    words = ("the", "naïve", "fox", "saw", "New", "York", "!")
    subwords = encoder.tokenize([words])
    found = tokenize_sentence(encoder, Sentence("", words))
    assert found.ids.tolist() == subwords.ids.tolist()
    assert found.tokens.word.tolist() == subwords.words.tolist()
    assert found.tokens.forms == words
    stored = corpus_tokens(encoder.tokenizer, Sentence("", words), subwords.ids)
    assert stored.labels == found.tokens.labels
    assert stored.special == found.tokens.special
    with pytest.raises(DataError, match="other subwords"):
        corpus_tokens(encoder.tokenizer, Sentence("", words[1:]), subwords.ids)


@pytest.mark.parametrize(
    ("text", "other", "said"),
    [
        ("", None, "empty"),
        (" \n", None, "empty"),
        ("fox", "", "empty"),
        ("fox\ud800", None, "character 4 .* lone surrogate"),
        ("fox " * 80, None, "82 subwords.*at most 64.*by 18 subwords"),
        ("fox " * 40, "fox " * 40, "83 subwords"),
        ("\x01\x02", None, "no subword for any of it"),
        ("fox", "\u200b", "no subword for any of it"),
    ],
)
def test_what_cannot_be_read_is_said(encoder_of, text, other, said):
    with pytest.raises(DataError, match=said):
        tokenize_text(encoder_of("bert"), text, other)


def test_a_corpus_sentence_that_does_not_fit_is_not_cut(encoder_of):
    with pytest.raises(DataError, match="82 subwords"):
        tokenize_sentence(encoder_of("bert"), Sentence("", ("fox",) * 80))
    with pytest.raises(DataError, match="no subword"):
        tokenize_sentence(encoder_of("bert"), Sentence("", ("\x01",)))


def test_words_without_a_subword_are_counted(encoder_of):
    found = tokenize_text(encoder_of("bert"), "the \x01 fox")
    assert found.tokens.forms == ("the", "\x01", "fox")
    assert found.tokens.word.tolist() == [-1, 0, 2, -1]
    assert "own, left out or merged with the word before: 1" in found.notes[0]
