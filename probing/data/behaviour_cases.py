"""A behaviour suite of the bundled grammar in the manner of CheckList (Ribeiro et al. 2020): texts with exact labels.

A capability is tested by minimum functionality (a text whose label must be found), invariance (an edit that must leave
the prediction as it is) and direction (an edit that must move the probability towards the new label).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from probing.data.derivation import Derived
from probing.data.exact_edits import exact_edits, spelt
from probing.data.grammar import LABELS, LONGEST, SHORTEST, Grammar
from probing.data.minimal_pair import Edit
from probing.errors import positive

Test = Literal["minimum functionality", "invariance", "direction"]
TESTS: tuple[Test, ...] = ("minimum functionality", "invariance", "direction")
# the symbols of the grammar that make a text a test of a capability
MARKS: dict[str, str] = {
    **dict.fromkeys(("Rumour", "Report", "Hope"), "hearsay"),
    **dict.fromkeys(("not", "never"), "negation"),
    **dict.fromkeys(("nobody", "Nothing", "NoCharm", "doubt", "hard", "fail", "lack", "without"), "implicit negation"),
    "very": "intensifier",
    "But": "contrast",
    **dict.fromkeys(("Though", "ThoughFirst"), "concession"),
    **dict.fromkeys(("When", "WhenFirst", "Fact"), "details"),
}
# what edits of a kind test; those of a part whose polarity does not count test hearsay
TESTED_BY: dict[str, str] = {
    "swap antonym": "vocabulary",
    "swap synonym": "vocabulary",
    "swap name": "names",
    **{f"{way} negation": "negation" for way in ("add", "drop")},
    **{f"{way} intensifier": "intensifier" for way in ("add", "drop")},
    **{f"{way} contrast": "contrast" for way in ("add", "drop")},
    **{f"{way} concession": "concession" for way in ("add", "drop")},
    "shorten": "details",
    "lengthen": "details",
}
CAPABILITIES: dict[str, str] = {
    "vocabulary": "words that carry the label: an antonym changes it, a synonym does not",
    "negation": "not, never, n't",
    "implicit negation": "nobody, nothing, doubt, fail, lack, without …",
    "intensifier": "very, so, pretty …: they leave the label as it is",
    "contrast": "… but …: what follows decides",
    "concession": "although, though …: the main clause decides",
    "hearsay": "what others say, hope or feel: it does not decide, whatever its words are",
    "details": "when, where, and facts beside the opinion: they leave the label as it is",
    "names": "who it is about: another name leaves the label as it is",
}
_DRAWN = 40  # sentences per case that a cell is to hold: a cell of a rare kind stays smaller


@dataclass(frozen=True)
class Case:
    """One test: a text with its label; with ``edited``, the text after an edit, with its own."""

    capability: str
    test: Test
    text: str
    label: str
    edited: str = ""
    edited_label: str = ""


def behaviour_cases(per_cell: int = 50, seed: int = 0) -> tuple[Case, ...]:
    """Up to ``per_cell`` cases of each capability and test; the same seed gives the same cases.

    A text is in a cell once at most. For minimum functionality its capability is the only one in it (of names and
    comparisons there is none). A cell that the grammar has no edit for is missing: nothing in it weakens a negation
    without changing the label, for example. Raises: ConfigError for a number below 1.
    """
    positive("per_cell", per_cell)
    cells: dict[tuple[str, str], dict[str, Case]] = {}
    for case in _cases(Grammar(seed=seed), _DRAWN * per_cell):
        cell = cells.setdefault((case.capability, case.test), {})
        if len(cell) < per_cell:
            cell.setdefault(case.text, case)
    return tuple(case for name in sorted(cells) for case in cells[name].values())


def _cases(grammar: Grammar, n: int) -> Iterator[Case]:
    """All cases of n texts, alternately positive and negative."""
    sampler = grammar.sampler("test", "behaviour")
    for number in range(n):
        sign = -1 if number % 2 else +1
        derived, tense = sampler.sentence(sign)
        words, label = spelt(derived, tense), LABELS[sign]
        if not SHORTEST <= len(words) <= LONGEST:
            continue
        marks = _marks(derived)
        if len(marks) < 2:
            [capability] = marks or {"vocabulary"}
            yield Case(capability, TESTS[0], " ".join(words), label)
        for edit in exact_edits(derived, tense, sampler):
            yield _edited(edit, " ".join(words), label)


def _edited(edit: Edit, text: str, label: str) -> Case:
    if edit.flips:
        [other] = {*LABELS.values()} - {label}
        return Case(TESTED_BY[edit.kind], TESTS[2], text, label, edit.text, other)
    uncounted = edit.kind == "swap antonym" or edit.kind.endswith("negation")
    return Case("hearsay" if uncounted else TESTED_BY[edit.kind], TESTS[1], text, label, edit.text, label)


def _marks(derived: Derived) -> set[str]:
    """The capabilities that a text needs beside its vocabulary; what others say is followed by a contrast anyway."""
    found = {MARKS[symbol] for symbol in _symbols(derived) if symbol in MARKS}
    return found - {"contrast"} if "hearsay" in found else found


def _symbols(derived: Derived) -> Iterator[str]:
    yield derived.symbol
    for part in derived.parts:
        yield from _symbols(part)
