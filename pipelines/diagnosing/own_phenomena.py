"""Phenomena of the user's own: options of conf/phenomenon, or YAML files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.diagnosing.diagnosis_settings import Settings
from pipelines.shared.plain_yaml import read_mapping
from probing.analysis.phenomena import Phenomenon, distinct, phenomenon_from, usual_phenomena
from probing.attention.heads.conditions import column
from probing.axes import Corpus
from probing.errors import ConfigError


@dataclass(frozen=True)
class Own:
    """A phenomenon, what its file says, and the file."""

    path: Path
    values: Mapping[str, Any]
    phenomenon: Phenomenon


def own_phenomena(names: Sequence[str]) -> tuple[Own, ...]:
    """The phenomena of ``phenomena=``. Raises: ConfigError for a file that is missing or that is no phenomenon."""
    found = []
    for name in names:
        path, values = read_mapping("phenomenon", name, f"phenomena={name}", "name, question, words")
        found.append(Own(path, values, phenomenon_from(values, str(path))))
    return tuple(found)


def check_phenomena(settings: Settings, corpus: Corpus) -> None:
    """Raise ConfigError for two phenomena of one name, and for one of a column that no sentence to diagnose has."""
    if not settings.phenomena:
        return
    mine = own_phenomena(settings.phenomena)
    distinct((*usual_phenomena(corpus.splits["train"]), *(own.phenomenon for own in mine)))
    sentences = corpus.splits[settings.of_split]
    for own in mine:
        for name in own.values["words"]:
            if not any(column(name, sentence) for sentence in sentences):
                raise ConfigError(
                    f"{own.path}: words.{name}: no sentence of {settings.split} has this column; use form, or a corpus "
                    "with it"
                )
