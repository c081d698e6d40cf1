"""A hypothesis about heads, stated in YAML: from which words to which others some head is said to attend."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probing.attention.heads.conditions import COLUMNS, checked, column, fits, matching
from probing.axes import Sentence
from probing.errors import ConfigError, one_of

RELATIONS = ("head", "dependent", "same_entity", "any")
DIRECTIONS = ("before", "after", "any")
NEEDS = {"head": ("heads",), "dependent": ("heads",), "same_entity": ("heads", "entities"), "any": ()}
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Hypothesis:
    """Words that fit ``query`` attend to words that fit ``key`` and stand in ``relation`` to them.

    ``query`` and ``key`` are conditions on columns of CoNLL-U (see heads/conditions.py); an empty one asks nothing.
    ``relation``: the key is the query's ``head``, a ``dependent`` of it, a word of another mention of the
    ``same_entity``, or ``any`` other word. ``deprel`` restricts the dependency between them (head and dependent only).
    ``direction``: the key stands ``before`` or ``after`` the query, or on ``any`` side.

    An entity's query is the word that heads its mention syntactically (the shortest such mention, where a word heads
    several); mentions around the query do not count as others of its entity.

    Raises ConfigError for whatever cannot be meant.
    """

    name: str
    question: str
    query: dict[str, Any] = field(default_factory=dict)
    key: dict[str, Any] = field(default_factory=dict)
    relation: str = "any"
    deprel: Any = None
    direction: str = "any"

    def __post_init__(self) -> None:
        one_of(f"{self}.relation", self.relation, RELATIONS)
        one_of(f"{self}.direction", self.direction, DIRECTIONS)
        for side, conditions in (("query", self.query), ("key", self.key)):
            checked(f"{self}.{side}", conditions)
        if self.deprel is not None:
            if self.relation not in ("head", "dependent"):
                raise ConfigError(
                    f"{self}.deprel={self.deprel}: relation={self.relation} has no dependency to restrict; "
                    "set relation to head or dependent, or remove deprel"
                )
            checked(str(self), {"deprel": self.deprel})
        if not self.key and self.relation == "any":
            raise ConfigError(
                f"{self}: every word would be right; give it a key condition ({', '.join(COLUMNS)}) "
                f"or a relation ({', '.join(RELATIONS[:-1])})"
            )

    def __str__(self) -> str:
        return f"hypothesis {self.name}"


def stated(values: Mapping[str, Any], where: str) -> Hypothesis:
    """A hypothesis from what ``where`` (a file) says. Raises ConfigError for what is missing or has no meaning."""
    valid = [f.name for f in fields(Hypothesis)]
    for name in values:
        if name not in valid:
            raise ConfigError(f"{where}: {name}: no such key of a hypothesis; the keys are {', '.join(valid)}")
    for name in ("name", "question"):
        if not values.get(name):
            raise ConfigError(f"{where}: a hypothesis needs a {name}; add a line {name}: …")
    return Hypothesis(**values)


def asked(hypothesis: Hypothesis, sentence: Sentence) -> tuple[Mask, Mask]:
    """Which words the query condition fits (W,), and which word would be right for which query (W, W)."""
    words = matching(hypothesis.query, sentence)
    right = _related(hypothesis, sentence) & matching(hypothesis.key, sentence)
    np.fill_diagonal(right, False)
    if hypothesis.direction != "any":
        right = np.tril(right) if hypothesis.direction == "before" else np.triu(right)
    return words, right & words[:, None]


def check(hypothesis: Hypothesis, sentences: Sequence[Sentence]) -> None:
    """Hold the names that a hypothesis uses against a whole corpus, before any map is computed.

    Raises ConfigError for an annotation that no sentence has, and for a tag, relation or feature that occurs nowhere,
    naming those that do.
    """
    used = {name for conditions in (hypothesis.query, hypothesis.key) for name in conditions}
    for name in sorted({COLUMNS[name] for name in used} | set(NEEDS[hypothesis.relation])):
        if not any(getattr(sentence, name) for sentence in sentences):
            raise ConfigError(
                f"{hypothesis} asks for {_MARKS.get(name, name)}, which none of the {len(sentences):,} sentences has; "
                "choose a corpus with them, or state the hypothesis without"
            )
    for option, name, value in _names(hypothesis):
        found = sorted({tag for sentence in sentences for tag in column(name, sentence)} - {"_", ""})
        for one in value if isinstance(value, list) else [value]:
            if not any(fits(one if isinstance(value, str) else [one], tag) for tag in found):
                raise ConfigError(f"{option}={one}: nothing in the corpus is called so; it has {', '.join(found)}")


_MARKS = {
    "entities": "entity marks (column MISC, Entity=…)",
    "heads": "a dependency tree (columns HEAD and DEPREL)",
    "lemmas": "lemmas (column LEMMA)",
    "feats": "features (column FEATS)",
}


def _names(hypothesis: Hypothesis) -> Iterator[tuple[str, str, Any]]:
    """Option, column and value of each condition on a closed set of names; words and lemmas are not one."""
    for side, conditions in (("query", hypothesis.query), ("key", hypothesis.key)):
        for name, value in conditions.items():
            option = f"{hypothesis}.{side}.{name}"
            if name == "feats":
                for feature, wanted in value.items():
                    yield f"{option}.{feature}", f"feats.{feature}", wanted
            elif name not in ("form", "lemma"):
                yield option, name, value
    if hypothesis.deprel is not None:
        yield f"{hypothesis}.deprel", "deprel", hypothesis.deprel


def _related(hypothesis: Hypothesis, sentence: Sentence) -> Mask:
    """Which word (column) stands in the relation to which query (row), (W, W)."""
    n = len(sentence.words)
    if hypothesis.relation == "any":
        return np.ones((n, n), dtype=bool)
    related = np.zeros((n, n), dtype=bool)
    if not sentence.heads:
        return related
    if hypothesis.relation == "same_entity":
        return _coreferent(sentence, related)
    linked = np.array(sentence.heads) > 0
    if hypothesis.deprel is not None:
        linked &= matching({"deprel": hypothesis.deprel}, sentence)
    dependents = np.flatnonzero(linked)
    related[dependents, np.array(sentence.heads)[dependents] - 1] = True
    return related if hypothesis.relation == "head" else related.T.copy()


def _coreferent(sentence: Sentence, related: Mask) -> Mask:
    """``related`` with every word of the other mentions of the entity whose mention a word heads."""
    for word, head in enumerate(sentence.heads):
        headed = [(len(at), entity) for entity, at in sentence.entities if word in at and head - 1 not in at]
        for entity, at in sentence.entities if headed else ():
            if entity == min(headed)[1] and word not in at:
                related[word, list(at)] = True
    return related
