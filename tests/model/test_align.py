"""Every subword goes to the word that it spells, in every family, however odd the word."""

import unicodedata

import numpy as np
import pytest

from probing.axes import Sentence, Surface
from probing.model.align import align, as_plain_text, joined

ODD = ["Don't", "naïve", ",", "🙂", "[SEP]", "New York", "…", "</s>", "中文", "(perhaps)", "<|endoftext|>", "there!"]


def letters(text):
    """What is left of ``text`` after any tokenizer's normalisation: no case, accents or white space."""
    plain = unicodedata.normalize("NFKD", text)
    return "".join(c for c in plain if not unicodedata.combining(c) and not c.isspace()).casefold()


def test_the_subwords_of_a_word_spell_it(family, load_tiny):
    encoder = load_tiny(family)
    subwords = encoder.tokenize([["she"], ODD, ["dog"]]).part(1, 2)
    for position, word in enumerate(ODD):
        ids = subwords.ids[subwords.words == position].tolist()
        assert letters(encoder.tokenizer.decode(ids, skip_special_tokens=False)) == letters(word)


def test_only_special_subwords_belong_to_no_word_and_words_are_in_order(family, load_tiny):
    encoder = load_tiny(family)
    subwords = encoder.tokenize([ODD])
    prefix, suffix = encoder.frame.prefix, encoder.frame.suffix
    assert tuple(subwords.ids[: len(prefix)]) == prefix
    assert tuple(subwords.ids[len(subwords.ids) - len(suffix) :]) == suffix
    inside = subwords.words[len(prefix) : len(subwords.words) - len(suffix)]
    assert sorted(set(inside)) == list(range(len(ODD)))
    assert (inside[1:] >= inside[:-1]).all()
    assert not set(subwords.ids[subwords.words >= 0]) & {*prefix, *suffix}  # "[SEP]" and "</s>" are words here


def test_subwords_are_those_of_plain_transformers(family, load_tiny):
    from transformers import AutoTokenizer

    encoder = load_tiny(family, bos="off")
    words = ["I", "don't", "know", "what", "the", "naïve", "fox", "saw", "there", "…", "in", "New", "York", "!"]
    wanted = AutoTokenizer.from_pretrained(encoder.checkpoint.folder)(" ".join(words))["input_ids"]
    assert encoder.tokenize([words]).ids.tolist() == wanted


def test_wordpiece_by_hand(load_tiny):
    encoder = load_tiny("bert")
    subwords = encoder.tokenize([["Don't", "\x07", "dog", "\u200b"], ["dog"]])
    first = subwords.part(0, 1)
    pieces = [encoder.tokenizer.id_to_token(number) for number in first.ids]
    assert pieces == ["[CLS]", "don", "'", "t", "dog", "[SEP]"]
    assert first.words.tolist() == [-1, 0, 0, 0, 2, -1]
    assert subwords.counts["words_without_subwords"] == 2  # a control character, a zero-width space
    assert first.n_words.tolist() == [4]


def test_a_lone_space_marker_counts_with_the_word_it_opens(load_tiny):
    for name, marker in (("gpt2", "Ġ"), ("roberta", "Ġ"), ("llama", "▁"), ("t5", "▁"), ("deberta", "▁")):
        encoder = load_tiny(name)
        subwords = encoder.tokenize([["dog", "🐙"]])
        pieces = [encoder.tokenizer.id_to_token(number) for number in subwords.ids]
        assert subwords.words[len(pieces) - 1 - pieces[::-1].index(marker)] == 1, name


def test_a_subword_over_two_words_belongs_to_the_first_and_is_counted(tmp_path):
    from tokenizers import Tokenizer, models

    from probing.model.subwords import Frame, tokenize

    pieces = [("<unk>", 0.0), *((c, -5.0) for c in "newyork "), ("new york", -1.0)]
    tokenizer = as_plain_text(Tokenizer(models.Unigram(pieces, unk_id=0)))
    subwords = tokenize(tokenizer, [joined(["new", "york", "new"])], Frame((), ()))
    assert subwords.words.tolist() == [0, 2, 2, 2, 2]  # "new york", " ", "n", "e", "w"
    assert subwords.counts["crossing_subwords"] == 1
    assert subwords.counts["words_without_subwords"] == 1


@pytest.mark.parametrize("name", ["bert", "gpt2", "albert"])
def test_alignment_does_not_depend_on_the_sentences_around(name, load_tiny):
    encoder = load_tiny(name)
    alone = encoder.tokenize([ODD])
    among = encoder.tokenize([["a ", " "], ODD, ["\x07"]]).part(1, 2)
    assert alone.ids.tolist() == among.ids.tolist()
    assert alone.words.tolist() == among.words.tolist()


def test_a_subword_of_white_space_after_the_last_word_belongs_to_no_word():
    texts = [Surface("dog ", ((0, 3),)), Surface("fox", ((0, 3),))]
    spans = np.array([[0, 3], [3, 4], [0, 3]])  # "dog", " ", "fox"
    first, last = align(spans, np.array([2, 1]), texts)
    assert first.tolist() == last.tolist() == [0, -1, 0]


WRITTEN = (
    Sentence("a", ("Do", "n't", "dog"), surface=Surface("Don't dog", ((0, 2), (2, 5), (6, 9)))),
    Sentence("b", ("de", "le", "dog"), surface=Surface("du dog", ((0, 2), (0, 2), (3, 6)))),
)


def test_in_text_as_it_is_written_a_subword_belongs_to_all_words_it_has_characters_of(load_tiny):
    encoder = load_tiny("bert")
    found = encoder.tokenize_sentences(WRITTEN)
    first, second = found.part(0, 1), found.part(1, 2)
    pieces = [encoder.tokenizer.id_to_token(number) for number in first.ids]
    assert pieces[:5] == ["[CLS]", "don", "'", "t", "dog"]
    assert first.words.tolist()[:5] == [-1, 0, 1, 1, 2]
    assert first.last_words.tolist()[:5] == [-1, 1, 1, 1, 2]  # "don" has a letter of n't
    inside = second.words == 0
    assert inside.any()
    assert (second.last_words[inside] == 1).all()  # de and le cannot be told apart
    assert found.counts["shared_subwords"] == 1 + inside.sum()
    assert found.counts["words_that_share_subwords"] == 4
    assert found.counts["words_without_subwords"] == 0
    assert "crossing_subwords" not in found.counts


def test_words_between_spaces_are_a_text_too(family, load_tiny):
    encoder = load_tiny(family)
    plain = encoder.tokenize([ODD])
    spaced = encoder.tokenize_sentences([Sentence("", tuple(ODD), surface=joined(ODD))])
    assert spaced.ids.tolist() == plain.ids.tolist()
    assert spaced.words.tolist() == plain.words.tolist()
    assert plain.last_words is None
    shared = spaced.last_words > spaced.words
    assert shared.sum() == plain.counts["crossing_subwords"] == spaced.counts["shared_subwords"]


def test_truncation_keeps_last_words_beside_first_words(load_tiny):
    cut = load_tiny("bert", max_subwords=4, long="truncate").tokenize_sentences(WRITTEN[:1])
    assert cut.words.tolist() == [-1, 0, 1, -1]
    assert cut.last_words.tolist() == [-1, 1, 1, -1]
    assert cut.counts["truncated_words"] == 1  # n't has a subword left, dog has none
