"""Words side by side: one row per word, one column per method, and what each column adds up to."""

from collections.abc import Sequence

import numpy as np

from probing.analysis.word_methods import WordScores
from probing.diagnosis.one_text import TextEvidence
from probing.report.diagnosed.toned_table import NONE, Cell, Toned, plain, signed, text, toned

SIGNED = "logit"
UNITS = {
    "logit": "nats of the logit difference",
    "share": "a share of 1",
    "length": "the length of a vector",
}


def word_table(found: TextEvidence, classes: Sequence[str]) -> Toned:
    """The table of all methods, with the answer that the classifier gives without each word."""
    methods = found.methods
    columns = [toned(method.values, with_sign=method.of.unit == SIGNED) for method in methods]
    head = ["word", "place", *(f"{method.method} ({method.of.unit})" for method in methods), "answer without it"]
    rows = [
        [
            text(word),
            Cell(str(place + 1)) if place != found.word else text(f"{place + 1}, classified", "warned"),
            *(column[place] for column in columns),
            answer(int(found.shorter[place]), found, classes),
        ]
        for place, word in enumerate(found.sentence.words)
    ]
    names = ("sum of words", "special tokens", "constant", "total", "remainder")
    sums = [sums_of(method) for method in methods]
    foot = [[text(name), Cell(""), *(Cell(one[name]) for one in sums), Cell("")] for name in names]
    return Toned(head, rows, foot)


def answer(number: int, found: TextEvidence, classes: Sequence[str]) -> Cell:
    """The class that the classifier gives to a shorter text; coloured if it is the label and the answer is not."""
    name = classes[number] if 0 <= number < len(classes) else NONE
    return text(name, "against3" if number == found.label != found.predicted else "")


def sums_of(method: WordScores) -> dict[str, str]:
    """What a column adds up to; dashes for a method that adds up to nothing."""
    of = method.of
    shown = signed if of.unit == SIGNED else plain
    if of.total is None or of.error is None:
        return dict.fromkeys(("sum of words", "special tokens", "constant", "total", "remainder"), NONE)
    return {
        "sum of words": shown(float(np.nansum(method.values))),
        "special tokens": shown(method.special),
        "constant": shown(of.constant),
        "total": shown(of.total),
        "remainder": f"{of.error:.0e}".replace("-", "−"),
    }


def legend(methods: Sequence[WordScores]) -> list[tuple[str, str]]:
    """Each method with its unit, how it was computed, and what it adds up to."""
    return [(method.method, _said(method)) for method in methods]


def _said(method: WordScores) -> str:
    of = method.of
    adds = f"adds up to {of.total_is}" if of.total is not None else "adds up to nothing"
    return f"{UNITS.get(of.unit, of.unit)}; {f'{of.setting}; ' if of.setting else ''}{adds}"
