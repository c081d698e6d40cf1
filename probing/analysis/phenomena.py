"""What a sentence has in it that a model may stumble over: negation, contrast, rare words, length, names, questions."""

import string
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probing.attention.heads.conditions import checked, matching
from probing.axes import Sentence
from probing.data.negation_edits import negations_in
from probing.data.opposites import CONCESSIONS, CONTRASTS
from probing.errors import ConfigError, DataError, shown

KEYS = ("name", "question", "words", "at_least")
LONGEST = 500  # characters of a name or a question


@dataclass(frozen=True)
class Phenomenon:
    """A name, the rule in words, and the rule itself: whether a sentence has it."""

    name: str
    rule: str
    holds: Callable[[Sentence], bool]


@dataclass(frozen=True, eq=False)
class Slices:
    """Which of N sentences have which of P phenomena: members (N, P)."""

    phenomena: tuple[Phenomenon, ...]
    members: NDArray[np.bool_]

    @property
    def counts(self) -> dict[str, int]:
        """The number of sentences of each phenomenon, by its name."""
        found = self.members.sum(axis=0).tolist()
        return {one.name: n for one, n in zip(self.phenomena, found, strict=True)}


def slices(phenomena: Sequence[Phenomenon], sentences: Sequence[Sentence]) -> Slices:
    """Look for each phenomenon in each sentence. Raises: ConfigError for two phenomena of one name."""
    distinct(phenomena)
    members = [[one.holds(sentence) for one in phenomena] for sentence in sentences]
    return Slices(tuple(phenomena), np.array(members, dtype=bool).reshape(len(sentences), len(phenomena)))


def distinct(phenomena: Sequence[Phenomenon]) -> None:
    """Raise ConfigError for two phenomena of one name."""
    names = [one.name for one in phenomena]
    if twice := [name for name, n in Counter(names).items() if n > 1]:
        raise ConfigError(f"phenomena: two have the name {shown(twice[0])}; give each its own")


def usual_phenomena(train: Sequence[Sentence], *, of_train: bool = False) -> tuple[Phenomenon, ...]:
    """The phenomena that are found by rule; what is rare or long is measured on the sentences of train.

    They are looked for in new sentences; ``of_train``: in those of train, whose words count as seen only if another
    sentence of train has them too. Raises: DataError if train has no sentence.
    """
    if not train:
        raise DataError("train has no sentence; what is rare or long is measured on train")
    seen = Counter(word for sentence in train for word in {word.lower() for word in sentence.words})
    own = int(of_train)
    short, long = np.quantile([len(sentence.words) for sentence in train], [0.25, 0.75], method="inverted_cdf").tolist()
    usual = float(np.quantile([_unseen(sentence, seen, 1) for sentence in train], 0.75))
    rare = f"more than {100 * usual:.0f} % of its words are not in train, more than in three quarters of train itself"
    return (
        Phenomenon("negation", "it has a negation (not, n't, never, no, nobody, hardly …)", _is_negated),
        Phenomenon("contrast", "it has but, yet, however, although, though, despite or while", _has_contrast),
        Phenomenon("rare words", rare, lambda sentence: _unseen(sentence, seen, own) > usual),
        Phenomenon("short", f"it has at most {short} words, as a quarter of train", lambda s: len(s.words) <= short),
        Phenomenon("long", f"it has more than {long} words, as a quarter of train", lambda s: len(s.words) > long),
        Phenomenon("names", "it has a proper noun (UPOS; without tags: a capital inside of the sentence)", _has_name),
        Phenomenon("question", "it has a question mark", lambda sentence: any("?" in w for w in sentence.words)),
    )


def phenomenon_from(values: Mapping[str, Any], where: str) -> Phenomenon:
    """A phenomenon of the user's own, from the file ``where``: at least so many words match conditions on columns.

    name and question: texts. words: conditions as those of hypotheses (``{lemma: [may, might]}``). at_least: 1 if it is
    not given. Raises: ConfigError, naming ``where``, for a missing, unknown or impossible value.
    """
    for name in values:
        if name not in KEYS:
            raise ConfigError(f"{where}: {shown(name)}: a phenomenon has no such key; use {', '.join(KEYS)}")
    for name in KEYS[:3]:
        if not values.get(name):
            raise ConfigError(f"{where}: {name} is missing; a phenomenon needs a line {name}: …")
    _check_texts(values, where)
    words, at_least = values["words"], values.get("at_least", 1)
    checked(f"{where}: words", words)
    if isinstance(at_least, bool) or not isinstance(at_least, int) or at_least < 1:
        raise ConfigError(f"{where}: at_least={shown(at_least)}: a whole number from 1 is expected")
    return Phenomenon(values["name"], values["question"], lambda sentence: matching(words, sentence).sum() >= at_least)


def _check_texts(values: Mapping[str, Any], where: str) -> None:
    for name in KEYS[:2]:
        value = values[name]
        if not isinstance(value, str) or not value.isprintable() or len(value) > LONGEST:
            raise ConfigError(f"{where}: {name}={shown(value)}: one line of at most {LONGEST} characters is expected")
    if values["name"] == "all sentences" or values["name"].startswith("not "):
        raise ConfigError(f"{where}: name={shown(values['name'])}: this names other sentences already; choose another")


def _is_negated(sentence: Sentence) -> bool:
    return bool(negations_in(sentence.words))


def _has_contrast(sentence: Sentence) -> bool:
    return any(word.lower() in CONTRASTS | CONCESSIONS for word in sentence.words)


def _unseen(sentence: Sentence, seen: Mapping[str, int], own: int) -> float:
    """The share of words that train does not have. seen: in how many sentences of train each word is; own: in how many
    because the sentence itself is one of them.
    """
    words = [word.lower() for word in sentence.words if word.strip(string.punctuation)]
    return sum(seen.get(word, 0) <= own for word in words) / max(1, len(words))


def _has_name(sentence: Sentence) -> bool:
    if sentence.upos:
        return "PROPN" in sentence.upos
    return any(word[:1].isupper() and word != "I" and not word.isupper() for word in sentence.words[1:])
