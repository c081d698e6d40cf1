"""Tokens of byte-level vocabularies are turned back into their bytes, nothing added and nothing lost."""

import pytest
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers

from probing.view.token_labels import is_byte_level, legible


def test_every_byte_comes_back():
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    assert len(alphabet) == 256
    seen = {legible(character, True) for character in alphabet}
    assert len(seen) == 256
    assert {chr(byte) for byte in range(33, 127)} <= seen
    assert {rf"\x{byte:02x}" for byte in range(128, 256)} <= seen


@pytest.mark.parametrize("text", [" cat", "naïve", "中", "🙂", "a b", "Ġ"])
def test_a_token_of_any_text_reads_like_the_text(text):
    [(token, _)] = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False).pre_tokenize_str(text)
    assert legible(token, True) == text.replace(" ", "␣")


@pytest.mark.parametrize("token", ["##s", "▁cat", "[CLS]", "<0xE4>", "Ġ", "ä"])
def test_other_vocabularies_are_left_as_they_are(token):
    assert legible(token, False) == token


def test_added_tokens_outside_the_alphabet_are_left_as_they_are():
    assert legible("<｜end｜>", True) == "<｜end｜>"


def test_white_space_gets_a_sign():
    assert legible("a\n\t b", False) == "a↵⇥␣b"


@pytest.mark.parametrize(
    ("part", "value", "expected"),
    [
        ("pre_tokenizer", pre_tokenizers.Sequence([pre_tokenizers.Digits(), pre_tokenizers.ByteLevel()]), True),
        ("decoder", decoders.ByteLevel(), True),
        ("normalizer", normalizers.ByteLevel(), True),
        ("pre_tokenizer", pre_tokenizers.Metaspace(), False),
        ("decoder", decoders.WordPiece(), False),
    ],
)
def test_byte_level_vocabularies_are_known_by_their_tokenizer(part, value, expected):
    tokenizer = Tokenizer(models.BPE())
    assert not is_byte_level(tokenizer)
    setattr(tokenizer, part, value)
    assert is_byte_level(tokenizer) is expected
