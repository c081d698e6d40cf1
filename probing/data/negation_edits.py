"""Negations of an English text dropped or added, by rules over its words; a rule says when it cannot know the label."""

from collections.abc import Iterator, Sequence

from probing.data.draft import Draft, Piece
from probing.data.minimal_pair import Edit
from probing.data.opposites import group, opposites
from probing.data.text_doubts import doubts

DELETED = group("deleted")
EXCHANGED = {
    "no": "some",
    "nothing": "something",
    "nobody": "everybody",
    "none": "some",
    "without": "with",
    "cannot": "can",
    "can't": "can",
    "won't": "will",
    "shan't": "shall",
}
STEMS = {"ca": "can", "wo": "will", "sha": "shall"}  # what tokenised text has before n't
# two words that are no negation of what follows them
IDIOMS = {
    "not": ("only", "just", "to"),
    "no": ("doubt", "longer", "one", "matter", "more", "less", "way", "sooner"),
    "nothing": ("but", "short", "less"),
    "without": ("doubt",),
}
SHORT_BE = group("short_be")
CAN_BE_NEGATED = group("be") | SHORT_BE | group("modal")
NOT_NEGATED = "no word of judgement that the list knows follows in its clause"


def negations_in(words: Sequence[str]) -> list[int]:
    """The places of the words of a sentence that negate something."""
    return negations(Draft(tuple(Piece(" ", word, at) for at, word in enumerate(words))))


def negations(draft: Draft) -> list[int]:
    """The places of the words that negate something; those in IDIOMS do not."""
    after = [*draft.words[1:], ""]
    return [
        at
        for at, (word, follower) in enumerate(zip(draft.words, after, strict=True))
        if (word in DELETED or word in EXCHANGED or word in ("nor", "neither") or word.endswith("n't"))
        and follower not in IDIOMS.get(word, ())
        and not (word == "none" and follower != "of")
        and not (word == "no" and not follower.isalpha())
    ]


def dropped_negations(draft: Draft) -> Iterator[Edit]:
    """One edit for each negation of the text that the rules can take away."""
    for at in negations(draft):
        new = _without_negation(draft, at, draft.words[at])
        if new is not None:
            yield new.edit("drop negation", True, _doubts(draft, at), draft)


def _without_negation(draft: Draft, at: int, word: str) -> Draft | None:
    if word in EXCHANGED:
        return draft.exchanged(at, EXCHANGED[word])
    if word == "n't" and at and draft.words[at - 1] in STEMS:
        return draft.exchanged(at - 1, STEMS[draft.words[at - 1]]).without(at, at + 1)
    if word in DELETED:
        return draft.without(at, at + 1)
    if word.endswith("n't") and word != "ain't":
        return draft.exchanged(at, word.removesuffix("n't"))
    return None


def added_negations(draft: Draft) -> Iterator[Edit]:
    """``not`` after the first form of be, or modal verb, of each clause that has none yet.

    Other verbs would need do-support and their base form, which takes more than rules over words.
    """
    done = 0
    for at, word in enumerate(draft.words):
        clause = draft.clause(at)
        free = done <= at < clause.stop - 1 and (at or word in SHORT_BE) and not set(clause) & set(negations(draft))
        if free and word in CAN_BE_NEGATED:
            done = clause.stop
            yield draft.with_new(at + 1, ["not"]).edit("add negation", True, _doubts(draft, at), draft)


def _doubts(draft: Draft, at: int) -> list[str]:
    clause = draft.clause(at)
    scope = [draft.words[i] for i in range(at + 1, clause.stop)]
    found = doubts(draft)
    if not any(word in opposites() for word in scope):
        found.append(NOT_NEGATED)
    if set(clause) & set(negations(draft)) - {at}:
        found.append("another negation stands in its clause")
    return found
