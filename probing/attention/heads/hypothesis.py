"""A hypothesis about heads, written in YAML: some head attends from these words to those words."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probing.attention.heads.conditions import COLUMNS, checked, column, fits, matching
from probing.axes import Sentence
from probing.errors import ConfigError, one_of, shown

RELATIONS = ("head", "dependent", "same_entity", "any")
DIRECTIONS = ("before", "after", "any")
NEEDS = {"head": ("heads",), "dependent": ("heads",), "same_entity": ("heads", "entities"), "any": ()}
LONGEST = 500  # characters of a name or a question
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Hypothesis:
    """Words that match ``query`` attend to words that match ``key`` and have this ``relation`` to them.

    ``query`` and ``key`` are conditions on columns of CoNLL-U (see heads/conditions.py); an empty one fits all words.
    ``relation``: the key is the query's ``head``, a ``dependent`` of it, a word in another mention of the
    ``same_entity``, or ``any`` other word. ``deprel`` restricts the dependency between them (for head and dependent).
    ``direction``: the key is ``before`` or ``after`` the query, or on ``any`` side.

    For ``same_entity`` the query is the syntactic head of a mention (of the shortest one, if it is the head of
    several); mentions that contain the query do not count as other mentions.

    Raises: ConfigError for impossible values.
    """

    name: str
    question: str
    query: dict[str, Any] = field(default_factory=dict)
    key: dict[str, Any] = field(default_factory=dict)
    relation: str = "any"
    deprel: Any = None
    direction: str = "any"

    def __post_init__(self) -> None:
        for option in ("name", "question"):
            _check_text(option, getattr(self, option))
        one_of(f"{self}.relation", self.relation, RELATIONS)
        one_of(f"{self}.direction", self.direction, DIRECTIONS)
        for side, conditions in (("query", self.query), ("key", self.key)):
            checked(f"{self}.{side}", conditions)
        if self.deprel is not None:
            if self.relation not in ("head", "dependent"):
                raise ConfigError(
                    f"{self}.deprel={shown(self.deprel)}: deprel needs a dependency, and relation is {self.relation}; "
                    "set relation to head or dependent, or remove deprel"
                )
            checked(str(self), {"deprel": self.deprel})
        if not self.key and self.relation == "any":
            raise ConfigError(
                f"{self}: every word would be a right answer; add a condition on key ({', '.join(COLUMNS)}) "
                f"or set relation ({', '.join(RELATIONS[:-1])})"
            )

    def __str__(self) -> str:
        return f"hypothesis {self.name}"


def hypothesis_from(values: Mapping[str, Any], where: str) -> Hypothesis:
    """The hypothesis with these values, from the file ``where``.

    Raises: ConfigError, naming ``where``, for a missing or wrong value.
    """
    valid = [f.name for f in fields(Hypothesis)]
    for name in values:
        if name not in valid:
            raise ConfigError(f"{where}: {shown(name)}: a hypothesis has no such key; use {', '.join(valid)}")
    for name in ("name", "question"):
        if not values.get(name):
            raise ConfigError(f"{where}: the {name} of the hypothesis is missing; add a line {name}: …")
    try:
        return Hypothesis(**values)
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}") from error


def _check_text(option: str, value: object) -> None:
    """Raise ConfigError unless ``value`` is one line of text: names and questions stand in tables and titles."""
    if not isinstance(value, str) or not value.isprintable() or not value.strip() or len(value) > LONGEST:
        raise ConfigError(f"{option}={shown(value)}: one line of at most {LONGEST} characters is expected")


def queries_and_right_words(hypothesis: Hypothesis, sentence: Sentence) -> tuple[Mask, Mask]:
    """Which words match the query conditions, (W,), and which words (columns) are right for each query, (W, W)."""
    words = matching(hypothesis.query, sentence)
    right = _related(hypothesis, sentence) & matching(hypothesis.key, sentence)
    np.fill_diagonal(right, False)
    if hypothesis.direction != "any":
        right = np.tril(right) if hypothesis.direction == "before" else np.triu(right)
    return words, right & words[:, None]


def check(hypothesis: Hypothesis, sentences: Sequence[Sentence]) -> None:
    """Check, before any map is computed, that the corpus has the annotation and the names that a hypothesis uses.

    Raises: ConfigError for an annotation that no sentence has, and for a tag, relation or feature that does not occur;
    the message lists those that do.
    """
    used = {name for conditions in (hypothesis.query, hypothesis.key) for name in conditions}
    for name in sorted({COLUMNS[name] for name in used} | set(NEEDS[hypothesis.relation])):
        if not any(getattr(sentence, name) for sentence in sentences):
            raise ConfigError(
                f"{hypothesis} needs {_ANNOTATION.get(name, name)}; none of the {len(sentences):,} sentences has any; "
                "choose another corpus with data=…, or change the hypothesis"
            )
    for option, name, value in _names(hypothesis):
        found = sorted({tag for sentence in sentences for tag in column(name, sentence)} - {"_", ""})
        for one in value if isinstance(value, list) else [value]:
            if not any(fits(one if isinstance(value, str) else [one], tag) for tag in found):
                raise ConfigError(f"{option}={one}: the corpus has no such name; it has {', '.join(found)}")


_ANNOTATION = {
    "entities": "entities (column MISC, Entity=…)",
    "heads": "a dependency tree (columns HEAD and DEPREL)",
    "lemmas": "lemmas (column LEMMA)",
    "feats": "features (column FEATS)",
}


def _names(hypothesis: Hypothesis) -> Iterator[tuple[str, str, str | list[str]]]:
    """Option, column and value of each condition, except those on words and lemmas, which are open sets."""
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
    """Which words (columns) have the relation to each query (row), (W, W)."""
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
    """``related``, with all words of other mentions of an entity marked for the head word of a mention."""
    for word, head in enumerate(sentence.heads):
        headed = [(len(at), entity) for entity, at in sentence.entities if word in at and head - 1 not in at]
        for entity, at in sentence.entities if headed else ():
            if entity == min(headed)[1] and word not in at:
                related[word, list(at)] = True
    return related
