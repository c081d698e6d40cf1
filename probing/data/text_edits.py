"""Minimal pairs of any English text, by rules over its words. They know words, not meanings, and say how sure they are.

Every edit keeps or flips the label of the original if that is right. Measured on no corpus: an edit that is ``open``
needs a reader's eye, and a ``likely`` one a look.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from probing.axes import Sentence, Surface
from probing.data.draft import Draft, draft_of
from probing.data.minimal_pair import Edit
from probing.data.negation_edits import added_negations, dropped_negations, negations
from probing.data.opposites import CONTRASTS, DOWNTONERS, INTENSIFIERS, adjectives, good_words, group, opposites
from probing.data.text_doubts import doubts, judgements
from probing.data.word_spans import word_spans
from probing.errors import DataError

OPPOSITE_CLAUSE = {True: ("it", "is", "terrible"), False: ("it", "is", "wonderful")}  # by whether the text is positive
SMALL_CONCESSION = {True: ("it", "has", "flaws"), False: ("it", "has", "merits")}
LAST_SIGNS = frozenset(".!?…")
NO_ADVERBS = group("no_adverb")
LEFT_OUT: Mapping[str, str] = {
    "drop negation": "no negation that the rules can take away",
    "add negation": "no form of be and no modal verb in a clause without a negation",
    "drop intensifier": "no intensifier before an adjective that the list knows",
    "add intensifier": "no adjective that the list knows without an intensifier",
    "drop contrast": "no clause after but",
    "add contrast": "the label of the text is not given",
    "drop concession": "no clause before but, and none with although or though",
    "add concession": "the label of the text is not given",
    "swap antonym": "no word of judgement that the list knows",
    "shorten": "no brackets, and no adverb in -ly before a judgement or a negation",
}


@dataclass(frozen=True)
class TextEdits:
    """A text as a sentence, to whose words those of its edits are aligned; its edits; why there is none of a kind."""

    original: Sentence
    edits: tuple[Edit, ...]
    left_out: Mapping[str, str]


def text_edits(text: str, positive: bool | None = None) -> TextEdits:
    """All edits of a text, the sure ones first. positive: whether its label is; None: not known.

    Raises: DataError for a text without words.
    """
    draft = draft_of(text)
    if not any(word[0].isalnum() for word in draft.words):
        raise DataError(f"{text[:40]!r}: the text has no words; type at least one")
    found = {edit.text: edit for edit in reversed([*_all(draft, positive)]) if edit.text != text}
    edits = sorted(reversed(found.values()), key=lambda edit: edit.sure == "open")
    kinds = {edit.kind for edit in edits}
    surface = Surface(text, tuple(word_spans(text)))
    original = Sentence("original", tuple(text[start:end] for start, end in surface.spans), surface=surface)
    return TextEdits(original, tuple(edits), {kind: why for kind, why in LEFT_OUT.items() if kind not in kinds})


def _all(draft: Draft, positive: bool | None) -> Iterator[Edit]:
    yield from dropped_negations(draft)
    yield from added_negations(draft)
    yield from _antonyms(draft)
    yield from _intensifiers(draft)
    yield from _dropped_clauses(draft)
    if positive is not None:
        yield from _added_clauses(draft, positive)
    yield from _shorter(draft)


def _antonyms(draft: Draft) -> Iterator[Edit]:
    places = judgements(draft)
    for at in places:
        word, why = draft.words[at], doubts(draft)
        if len(places) > 1:
            why.append("it has other words of judgement")
        if word not in adjectives():
            why.append(f"{word} may be a verb or a noun")
        yield draft.exchanged(at, opposites()[word]).edit("swap antonym", True, why, draft)


def _intensifiers(draft: Draft) -> Iterator[Edit]:
    for at in judgements(draft):
        before = draft.words[at - 1] if at else ""
        if draft.words[at] not in adjectives() or draft.words[at] in ("best", "worst", "better", "worse"):
            continue
        negated = any(i in draft.clause(at) and i < at for i in negations(draft))
        why = ["a negated intensifier can weaken a judgement"] if negated else []
        if before in INTENSIFIERS:
            yield draft.without(at - 1, at).edit("drop intensifier", False, why, draft)
        else:
            yield draft.with_new(at, ["really"]).edit("add intensifier", False, why, draft)


def _dropped_clauses(draft: Draft) -> Iterator[Edit]:
    """``A, but B``: without B (the label flips), and without A (it stays); no clause with although or though."""
    words, end = draft.words, _end(draft)
    for at, word in enumerate(words):
        comma = at > 0 and words[at - 1] == ","
        if word in CONTRASTS and 0 < at < end - 1 and (comma or word == "but"):
            why = _of_contrast(draft, at)
            yield draft.without(at - comma, end).edit("drop contrast", True, why, draft)
            yield draft.without(0, at + 1).edit("drop concession", False, why, draft)
        if word in ("although", "though"):
            clause = draft.clause(at + 1)
            first, stop = (at, clause.stop + 1) if at == 0 else (at - comma, clause.stop)
            if at + 1 < len(words) and 0 < stop - first < end - 1:
                yield draft.without(first, stop).edit("drop concession", False, [], draft)


def _of_contrast(draft: Draft, at: int) -> list[str]:
    """Doubts about a contrast: each side must judge, in opposite ways, and there must be no other contrast."""
    sides = [_judged(draft, side) for side in (range(at), range(at + 1, len(draft.words)))]
    why = [] if sides in ([{True}, {False}], [{False}, {True}]) else ["its sides do not judge in opposite ways"]
    others = [word for i, word in enumerate(draft.words) if i != at and word in CONTRASTS]
    return why + (["it has another contrast"] if others else [])


def _judged(draft: Draft, side: range) -> set[bool]:
    """Whether the words of a part of the text judge it good, with negations counted."""
    odd = len(set(side) & set(negations(draft))) % 2 == 1
    return {(draft.words[i] in good_words()) != odd for i in side if draft.words[i] in opposites()}


def _added_clauses(draft: Draft, positive: bool) -> Iterator[Edit]:
    why = [reason for reason in doubts(draft) if "question" in reason or "contrast" in reason]
    contrast, concession = (",", "but", *OPPOSITE_CLAUSE[positive]), (",", "although", *SMALL_CONCESSION[positive])
    yield draft.with_new(_end(draft), contrast).edit("add contrast", True, why, draft)
    yield draft.with_new(_end(draft), concession).edit("add concession", False, why, draft)


def _end(draft: Draft) -> int:
    """Where the signs at the end of the text begin."""
    end = len(draft.words)
    while end and draft.words[end - 1] in LAST_SIGNS:
        end -= 1
    return end


def _shorter(draft: Draft) -> Iterator[Edit]:
    words = draft.words
    for at, word in enumerate(words[:-1]):
        if word == "(" and ")" in words[at:] and at:
            yield draft.without(at, words.index(")", at) + 1).edit("shorten", False, [], draft)
        adverb = word.endswith("ly") and word not in NO_ADVERBS | INTENSIFIERS | DOWNTONERS | opposites().keys()
        if adverb and (words[at + 1] in opposites() or at + 1 in negations(draft)):
            yield draft.without(at, at + 1).edit("shorten", False, [], draft)
