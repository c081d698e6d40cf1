"""Dependency trees drawn from the rules of probing.data.english."""

import re
from bisect import bisect
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from probing.data.english import RULES
from probing.data.inflection import Paradigm, Word, pick
from probing.data.lexicon import Lexicon

SINGULAR = 0.6  # share of the phrases whose number is free
PAST = 0.3  # share of the sentences; it is small because nouns and verbs look alike in present forms

LINE = re.compile(r"(\S*) +(\d+) +([^!]+)(?:!.*)?")  # symbol, weight, parts; an example
PART = re.compile(r"(?:\*|(.+):)([\w'-]+)([±∓?]?)\.?([#~]|\w*)")  # relation, symbol, polarity, form


@dataclass(frozen=True, slots=True)
class Part:
    """A symbol on the right of a rule, with its marks; the head has no relation."""

    relation: str
    symbol: str
    sign: str
    form: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One way to rewrite ``symbol``. If ``form`` is given, the rule is only for a symbol of that form."""

    symbol: str
    form: str
    weight: int
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Node:
    """A word and its dependents, ``(relation, node)``, in the order of the sentence."""

    word: Word
    left: tuple[tuple[str, "Node"], ...] = ()
    right: tuple[tuple[str, "Node"], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Derived:
    """A symbol and what it was rewritten to: the parts of ``rule``, or a word.

    sign: its polarity, 0 for none. number: what ``#`` means in its rule. word: all forms of the word; None for a
    phrase. place: where the word stood in another text, if the text was made of that one; -1: nowhere.
    """

    symbol: str
    sign: int
    form: str
    number: str = ""
    rule: Rule | None = None
    parts: tuple["Derived", ...] = ()
    word: Paradigm | None = None
    place: int = -1

    def tree(self, tense: str) -> Node:
        """The tree of its words, finite verbs in ``tense`` (present, past)."""
        if self.rule is None:
            assert self.word is not None
            return Node(pick(self.word, self.form, tense))
        relations = [part.relation for part in self.rule.parts]
        children = [(name, part.tree(tense)) for name, part in zip(relations, self.parts, strict=True)]
        at = relations.index("")
        head = children[at][1]
        # The phrase's dependents go outside of the dependents that its head already has, so every tree is projective.
        return Node(head.word, (*children[:at], *head.left), (*head.right, *children[at + 1 :]))

    def leaves(self) -> "list[Derived]":
        """The words, in the order of the text."""
        return [self] if self.rule is None else [leaf for part in self.parts for leaf in part.leaves()]


def read_rules(text: str = RULES) -> list[Rule]:
    """Read rules; a line with ``<a|b>`` gives several. Raises ValueError where a line is not a rule."""
    rules = []
    above = ""
    for line in filter(None, text.splitlines()):
        symbol, weight, parts = split(LINE, line)
        above = symbol or above
        for whole in repeat(f"*{above} {parts}"):
            left, *right = (Part(*split(PART, token)) for token in whole.split())
            rules.append(Rule(left.symbol, left.form.strip("#"), int(weight), tuple(right)))
    return rules


def repeat(line: str) -> list[str]:
    """``x<a|b> y<>`` means ``xa ya`` and ``xb yb``."""
    names = re.search("<(.+?)>", line)
    if names is None:
        return [line]
    return [line.replace(names[0], name).replace("<>", name) for name in names[1].split("|")]


def split(pattern: re.Pattern[str], text: str) -> tuple[str, ...]:
    """The groups of ``pattern`` in ``text``; empty for a group without a match. Raises ValueError for no match."""
    found = pattern.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not part of a rule; probing.data.english explains how rules are written")
    return found.groups(default="")


class Sampler:
    """Draws phrases: rules in proportion to their weights, the words of a class with equal probability."""

    def __init__(self, rules: Iterable[Rule], lexicon: Lexicon, rng: np.random.Generator) -> None:
        self.lexicon = lexicon
        self.rng = rng
        self.rules: dict[str, list[Rule]] = {}
        for rule in rules:
            self.rules.setdefault(rule.symbol, []).append(rule)

    def sentence(self, sign: int) -> tuple[Derived, str]:
        """A sentence with polarity ``sign``, +1 or -1, and its tense."""
        tense = "past" if self.rng.random() < PAST else "present"
        return self.phrase("Text", sign, ""), tense

    def phrase(self, symbol: str, sign: int, form: str) -> Derived:
        """Rewrite ``symbol`` down to the words; polarity and form are passed on as its rules say."""
        if symbol not in self.rules:
            words = self.lexicon.get(symbol) or self.lexicon[symbol + "-+"[sign > 0]]
            return Derived(symbol, sign, form, word=words[self.below(len(words))])
        rule = self.rule(symbol, form)
        signs = {"": 0, "±": sign, "∓": -sign, "?": 2 * self.below(2) - 1}
        forms = {"#": form or self.number(), "~": self.number()}
        parts = tuple(
            self.phrase(part.symbol, signs[part.sign], forms.get(part.form, part.form)) for part in rule.parts
        )
        return Derived(symbol, sign, form, forms["#"], rule, parts)

    def rule(self, symbol: str, form: str) -> Rule:
        """One of the rules of ``symbol`` that allow ``form``."""
        options = [rule for rule in self.rules[symbol] if rule.form in ("", form)]
        totals = list(accumulate(rule.weight for rule in options))
        return options[bisect(totals, self.below(totals[-1]))]

    def number(self) -> str:
        """Singular or plural, for a phrase whose number is free."""
        return "sg" if self.rng.random() < SINGULAR else "pl"

    def below(self, n: int) -> int:
        """A whole number from 0 to n - 1."""
        return int(self.rng.random() * n)
