"""Tokens that come without their tokenizer: which are special, which form a word, and how they can be read."""

import re
from collections.abc import Iterable, Sequence

import numpy as np

from probing.errors import ModelError, shown
from probing.view.record import Tokens
from probing.view.token_labels import SPACE, legible

_SPECIAL = re.compile(r"\[[A-Z]+\]|</?[a-z_]+>|<\|.*\|>")  # as BERT, RoBERTa and GPT write them
_MASKS = ("[MASK]", "<mask>")  # replace a word
_OF_TEXT = (*_MASKS, "[UNK]", "<unk>")  # look special, but stand for words of a text
_STARTS = (SPACE, "▁")  # other tokenizers than BERT's start a word with these
_BYTES = ("Ġ", "Ċ")  # a byte-level vocabulary spells a space and a line's end so
_NAMES = "the names of the subwords are expected: tokens=tokenizer.convert_ids_to_tokens(ids)"


def read_tokens(tokens: Sequence[str], sentence_b_start: int | None = None) -> Tokens:
    """Tokens from the names that tokenizers give them: which ones are special, and which pieces form a word.

    A piece that starts with ``##`` continues a word. If any token is marked as the start of a word (Ġ, ▁), a token
    without this mark continues one. A mask or an unknown token stands for a word and is not special; a mask starts a
    word.
    """
    byte_level = any(token.startswith(_BYTES) for token in tokens)
    labels = tuple(legible(token, byte_level) for token in tokens)
    starts_are_marked = any(label.startswith(_STARTS) for label in labels)
    special = tuple(token not in _OF_TEXT and _SPECIAL.fullmatch(token) is not None for token in tokens)
    start_b = len(tokens) if sentence_b_start is None else sentence_b_start
    words, forms, sides, surface = [], list[str](), list[int](), []
    for place, label in enumerate(labels):
        if special[place]:
            words.append(-1)
            surface.append("")
            continue
        bare = _bare(label)
        continues = starts_are_marked and not label.startswith(_STARTS) or label.startswith("##") and bare != label
        if continues and label not in _MASKS and place and not special[place - 1] and place != start_b:
            forms[-1] += bare
        else:
            forms.append(bare)
            sides.append(int(place >= start_b))
        words.append(len(forms) - 1)
        surface.append(bare)
    segment = (np.arange(len(tokens)) >= start_b).astype(np.int64)
    form_segment = np.array(sides, dtype=np.int64)
    return Tokens(
        *(labels, special, np.array(words), segment, tuple(forms), form_segment),
        vocabulary=tuple(tokens),
        surface=tuple(surface),
    )


def _bare(label: str) -> str:
    """What a token stands for in a text: without the mark that says whether it starts a word."""
    if label.startswith("##"):
        return label[2:] or label
    return label[1:] if label.startswith(_STARTS) and len(label) > 1 else label


def checked_names(tokens: object, name: str = "tokens") -> list[str]:
    """``tokens`` as a list of strings; ``name``: of the argument. Raises: ModelError if they are none."""
    if isinstance(tokens, str) or not isinstance(tokens, Iterable):
        raise ModelError(f"{name} is a {type(tokens).__name__}, not a list; {_NAMES}")
    try:
        names = list(tokens)
    except TypeError as error:  # an array without axes
        raise ModelError(f"{name} cannot be listed ({error}); {_NAMES}") from error
    for place, one in enumerate(names):
        if not isinstance(one, str):
            raise ModelError(f"{name}[{place}] is {shown(repr(one))}, not a string; {_NAMES}")
    return names
