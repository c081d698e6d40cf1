"""Conditions on words: the values that columns of CoNLL-U must have."""

import re
import warnings
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probing.axes import Sentence
from probing.errors import ConfigError, shown

# columns that a condition can name, and the field of Sentence with their values
COLUMNS = {
    "form": "words",
    "lemma": "lemmas",
    "upos": "upos",
    "xpos": "xpos",
    "deprel": "deprel",
    "feats": "feats",
}


def checked(option: str, conditions: object) -> None:
    """Raise ConfigError unless ``conditions`` is a mapping from columns to a list of values or a regular expression.

    A list holds literal values; a text is a regular expression for the whole value (``NOUN|PROPN``). ``feats`` is a
    mapping from features to such values. ``form`` and ``lemma`` ignore case.
    """
    if not isinstance(conditions, Mapping):
        raise ConfigError(f"{option}={shown(conditions)}: not a set of conditions; give one such as {{upos: NOUN}}")
    for name, value in conditions.items():
        if name not in COLUMNS:
            raise ConfigError(f"{option}.{shown(name)}: no such column; choose one of {', '.join(COLUMNS)}")
        if name != "feats":
            _checked_value(f"{option}.{name}", value)
        elif not isinstance(value, Mapping) or not value:
            raise ConfigError(
                f"{option}.feats={shown(value)}: not a set of features; give one such as {{PronType: Prs}}"
            )
        else:
            for feature, wanted in value.items():
                _checked_value(f"{option}.feats.{shown(feature)}", wanted)


def _checked_value(option: str, value: object) -> None:
    for one in value if isinstance(value, Sequence) and not isinstance(value, str) else [value]:
        if isinstance(one, bool):
            raise ConfigError(f"{option}={one}: YAML reads yes, no, on and off as true or false; put it in quotes")
        if not isinstance(one, str) or not one:
            raise ConfigError(
                f"{option}={shown(value)}: not text; give a list of words, or a regular expression in quotes"
            )
    if isinstance(value, str):
        try:
            with warnings.catch_warnings(action="error"):  # where two readings are possible, python only warns
                re.compile(value)
        except (re.error, OverflowError, RecursionError, Warning) as error:
            raise ConfigError(
                f"{option}={shown(value)}: not a valid regular expression ({error}); correct it"
            ) from error
    elif not value:
        raise ConfigError(f"{option}={value}: an empty list matches no word; remove the condition, or add values")


def matching(conditions: Mapping[str, Any], sentence: Sentence) -> NDArray[np.bool_]:
    """Which words match all conditions, (W,); no word if the sentence does not have one of the columns."""
    found = np.ones(len(sentence.words), dtype=bool)
    for name, value in conditions.items():
        wanted = {f"feats.{k}": v for k, v in value.items()} if name == "feats" else {name: value}
        for place, one in wanted.items():
            values = column(place, sentence)
            found &= [fits(one, v, fold=name in ("form", "lemma")) for v in values] if values else [False]
    return found


def column(name: str, sentence: Sentence) -> Sequence[str]:
    """The value of a column for each word; of ``feats.PronType``: of that feature, "" for a word without it."""
    name, _, feature = name.partition(".")
    values: Sequence[str] = getattr(sentence, COLUMNS[name])
    return [_features(text).get(feature, "") for text in values] if feature else values


def fits(wanted: str | Sequence[str], value: str, fold: bool = False) -> bool:
    """Whether ``value`` is in the list ``wanted``, or the regular expression ``wanted`` matches all of it."""
    if isinstance(wanted, str):
        return re.fullmatch(wanted, value, re.IGNORECASE if fold else 0) is not None
    return value.lower() in [one.lower() for one in wanted] if fold else value in wanted


@lru_cache(maxsize=4096)
def _features(text: str) -> dict[str, str]:
    """``Number=Sing|PronType=Prs`` as a mapping."""
    return dict(part.split("=", 1) for part in text.split("|") if "=" in part)
