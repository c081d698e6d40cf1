"""Sentences without some of their words; what is left stays as it is written."""

from collections.abc import Collection
from itertools import pairwise

from probing.axes import Sentence
from probing.data.draft import Draft, draft_from
from probing.data.minimal_pair import spelt_out
from probing.errors import DataError


def without_places(sentence: Sentence, places: Collection[int]) -> Sentence:
    """The sentence without the words at ``places`` (from 0), with its id and its label and no other annotation.

    A text that is written keeps its white space and its signs, so that a tokenizer sees no second change; only the word
    that then comes first begins as the text did. Words that no two spans tell apart are written between spaces.
    """
    words, surface = sentence.words, sentence.surface
    if surface is not None and surface.contents is not None:
        raise DataError(f"{sentence.id} is a chat, and words are left out of texts only; give texts, not messages")
    if surface is not None and _apart(surface.spans):
        draft: Draft = draft_from(surface.text, surface.spans)
        for at in sorted(places, reverse=True):
            draft = draft.without(at, at + 1)
        words, surface = draft.forms, spelt_out(draft.gaps, draft.forms)
    else:
        words, surface = tuple(word for at, word in enumerate(words) if at not in places), None
    return Sentence(sentence.id, words, label=sentence.label, surface=surface)


def places_of(sentence: Sentence, word: str) -> list[int]:
    """Where a lower-cased word stands in a sentence, in any case."""
    return [at for at, other in enumerate(sentence.words) if other.lower() == word]


def _apart(spans: Collection[tuple[int, int]]) -> bool:
    """Whether every word has characters of its own."""
    return all(start < end for start, end in spans) and all(one[1] <= other[0] for one, other in pairwise(spans))
