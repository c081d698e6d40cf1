"""Entity marks in the MISC column of CoNLL-U: which words a mention has, which entity it refers to, and its type."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

Mention = tuple[str, tuple[int, ...]]  # an entity's id, and the positions of the mention's words

UNPAIRED = "entity marks without a matching bracket, ignored"
UNORDERED = "entity marks that do not start with the id of the entity, ignored"
_MARKS = re.compile(r"(?:^|\|)Entity=([^|]*)")
_MARK = re.compile(r"\((?P<opened>[^-()]+)(?P<rest>[^()]*)(?P<whole>\))?|(?P<closed>[^()]+)\)")
_PART = re.compile(r"\[(\d+)/\d+\]$")  # a mention with a gap: 7[1/2] is the first of its two parts


def marks_of(misc: str | None) -> str:
    """The entity marks in a MISC column; empty if it has none.

    >>> marks_of("Entity=(1-person-new)|SpaceAfter=No")
    '(1-person-new)'
    """
    found = _MARKS.search(misc or "")
    return found[1] if found else ""


class Marked(NamedTuple):
    """The mentions of one sentence, and the type of each (person, place …), empty where the file gives none."""

    mentions: tuple[Mention, ...]
    types: tuple[str, ...]


class _Span(NamedTuple):
    """A mention, or a part of one: its entity with the number of the part, first word, end (-1: still open), type."""

    name: str
    start: int
    end: int
    type: str


def mentions(marks: Sequence[str], order: str | None, skipped: Counter[str]) -> Marked:
    """Mentions from one mark per word of the sentence, in the order in which they begin; the longer one first.

    The format is that of GUM and CorefUD (Nedoluzhko et al. 2022): ``(id-type-…`` opens a mention, ``id)`` closes it,
    ``(id-type-…)`` is a mention of one word. ``order`` is the file's comment ``global.Entity``, which must name the id
    first (GRP or eid), and names the type etype. Marks that cannot be read are counted in ``skipped``.

    >>> mentions(["(1-person(2-place)", "", "1)"], "GRP-etype", Counter())
    Marked(mentions=(('1', (0, 1, 2)), ('2', (0,))), types=('person', 'place'))
    """
    fields = (order or "").split("-")
    if order is not None and fields[0] not in ("GRP", "eid"):
        _count(skipped, UNORDERED, sum(map(bool, marks)))
        return Marked((), ())
    typed = fields.index("etype") if "etype" in fields else 0
    spans: list[_Span] = []
    for at, mark in enumerate(marks):
        for found in _MARK.finditer(mark):
            if found["opened"]:
                kind = (found["rest"].split("-")[typed : typed + 1] or [""])[0] if typed else ""
                spans.append(_Span(found["opened"], at, at + 1 if found["whole"] else -1, kind))
                continue
            still_open = [i for i, span in enumerate(spans) if span.name == found["closed"] and span.end < 0]
            if still_open:
                spans[still_open[-1]] = spans[still_open[-1]]._replace(end=at + 1)
            _count(skipped, UNPAIRED, not still_open)
    _count(skipped, UNPAIRED, sum(span.end < 0 for span in spans))
    return _joined([span for span in spans if span.end >= 0])


def _joined(spans: Sequence[_Span]) -> Marked:
    """Mentions from spans; a later part is added to the latest mention of its entity that has parts."""
    found: list[Mention] = []
    types: list[str] = []
    parted: dict[str, int] = {}
    for name, start, end, kind in spans:
        part, entity = _PART.search(name), _PART.sub("", name)
        words = tuple(range(start, end))
        if part and int(part[1]) > 1 and entity in parted:
            found[parted[entity]] = (entity, found[parted[entity]][1] + words)
            continue
        if part:
            parted[entity] = len(found)
        found.append((entity, words))
        types.append(kind)
    return Marked(tuple(found), tuple(types))


def _count(skipped: Counter[str], what: str, n: int) -> None:
    if n:  # a count of 0 is not reported
        skipped[what] += n
