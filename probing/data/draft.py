"""A text while it is edited: words with the white space before them, and the original words that they come from."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from probing.data.minimal_pair import NOWHERE, Edit, Kind, Sure, spelt_out
from probing.data.opposites import CONCESSIONS, CONTRASTS
from probing.data.word_spans import Span, word_spans

APOSTROPHES = str.maketrans("’", "'")
# "an" is chosen by sound; these begin with a letter of the other kind
_SILENT_H, _AS_YOU = ("hour", "honest", "honor", "honour", "heir"), ("uni", "use", "usu", "eu", "one", "once", "ubi")
CLAUSE_ENDS = frozenset(",;:.!?()—–")


@dataclass(frozen=True)
class Piece:
    """A word, the white space before it, and its place in the original text (NOWHERE: it is new)."""

    gap: str
    form: str
    source: int


@dataclass(frozen=True)
class Draft:
    """The words of a text. Every method returns another draft."""

    pieces: tuple[Piece, ...]

    @cached_property
    def words(self) -> list[str]:
        """Lower case, with straight apostrophes."""
        return [piece.form.lower().translate(APOSTROPHES) for piece in self.pieces]

    @property
    def forms(self) -> tuple[str, ...]:
        """The words as they are written."""
        return tuple(piece.form for piece in self.pieces)

    @property
    def gaps(self) -> tuple[str, ...]:
        """The white space before each word."""
        return tuple(piece.gap for piece in self.pieces)

    def without(self, first: int, end: int) -> "Draft":
        """Without the pieces from first to end; what then stands first in the text begins as the text did."""
        left = [*self.pieces[:first], *self.pieces[end:]]
        if first == 0 and left:
            left[0] = _beginning(left[0], self.pieces[0])
        return Draft(tuple(left))

    def with_new(self, at: int, words: Sequence[str]) -> "Draft":
        """With words before the piece ``at``; a comma stands as close to the word before as the text's last sign."""
        tight = self.pieces[-1].gap if self.pieces[-1].form in CLAUSE_ENDS else ""
        new = [Piece(tight if word in CLAUSE_ENDS else " ", word, NOWHERE) for word in words]
        return Draft((*self.pieces[:at], *new, *self.pieces[at:]))

    def exchanged(self, at: int, word: str) -> "Draft":
        """With another word at one place, in the same case."""
        piece = self.pieces[at]
        return Draft((*self.pieces[:at], replace(piece, form=like(piece.form, word)), *self.pieces[at + 1 :]))

    def clause(self, at: int) -> range:
        """The places of the words around ``at`` between signs, conjunctions of contrast and the text's ends."""
        ends = [i for i, word in enumerate(self.words) if word in CLAUSE_ENDS or word in CONTRASTS | CONCESSIONS]
        first = max((i + 1 for i in ends if i < at), default=0)
        return range(first, min((i for i in ends if i > at), default=len(self.words)))

    def edit(self, kind: Kind, flips: bool, doubts: Sequence[str], original: "Draft") -> Edit:
        """The edit, with ``a`` and ``an`` as their new neighbours need them; likely if there is no doubt."""
        new = Draft(tuple(_articles(self.pieces, original.words)))
        surface = spelt_out(new.gaps, new.forms)
        sure: Sure = "open" if doubts else "likely"
        why = "; ".join(doubts) or "nothing that the rule knows speaks against it"
        return Edit(kind, surface, tuple(piece.source for piece in new.pieces), flips, sure, why)


def draft_of(text: str) -> Draft:
    """The words of a text as ``word_spans`` finds them."""
    return draft_from(text, word_spans(text))


def draft_from(text: str, spans: Sequence[Span]) -> Draft:
    """The words of a text at ``spans`` (first character, end), which ascend and do not overlap."""
    before = [0, *(end for _, end in spans)]
    gaps = (text[end:start] for end, (start, _) in zip(before, spans, strict=False))
    return Draft(tuple(Piece(gap, text[a:b], at) for at, (gap, (a, b)) in enumerate(zip(gaps, spans, strict=True))))


def like(old: str, new: str) -> str:
    """``new`` in the case of ``old``: lower, capital, or capitals."""
    if len(old) > 1 and old.isupper():
        return new.upper()
    return new[0].upper() + new[1:] if old[:1].isupper() else new


def _beginning(piece: Piece, old: Piece) -> Piece:
    form = piece.form[0].upper() + piece.form[1:] if old.form[0].isupper() else piece.form
    return Piece(old.gap, form, piece.source)


def _articles(pieces: Sequence[Piece], original: Sequence[str]) -> list[Piece]:
    """Write ``a`` or ``an`` before a word that the original did not have there."""
    found = list(pieces)
    for at, (piece, after) in enumerate(zip(pieces, pieces[1:], strict=False)):
        article, follower = piece.form.lower(), after.form.lower()
        if article in ("a", "an") and original[piece.source + 1 : piece.source + 2] != [follower]:
            found[at] = replace(piece, form=like(piece.form[0], "an" if _vowel(follower) else "a"))
    return found


def _vowel(word: str) -> bool:
    if word.startswith(_SILENT_H):
        return True
    return word[0] in "aeiou" and not word.startswith(_AS_YOU)
