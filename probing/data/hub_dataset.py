"""Labelled sentences of a dataset on the Hugging Face Hub, or of a folder that ``datasets`` can read."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from probing.axes import Corpus, Split
from probing.data.corpus import check_max_sentences, check_train_sentences
from probing.data.held_out import with_dev
from probing.data.hub_table import table_rows
from probing.data.labelled_sentences import Columns, one_spelling, sentences
from probing.data.locate import hub_splits
from probing.data.surface_text import SPACED
from probing.errors import DataError

DEV = ("validation", "dev")  # how datasets call it


@dataclass(frozen=True)
class HubDataset:
    """Text and label of a dataset; words are the text's whitespace-separated tokens.

    ``hub``: its id, or a folder. ``hub_config``: which of its configurations. ``train``, ``test`` and ``dev`` are names
    of its splits; dev=None: ``validation`` or ``dev`` if there is one that is not test, else a tenth of train, drawn at
    random (probing.data.held_out). ``labels`` renames labels.
    """

    name: str | None
    hub: str
    hub_config: str | None = None
    train: str = "train"
    test: str = "test"
    dev: str | None = None
    text: str = "text"
    label: str = "label"
    labels: dict[str, str] = field(default_factory=dict)
    stand_in: str | None = None
    max_sentences: int | None = None
    train_sentences: int | None = None

    def __post_init__(self) -> None:
        """Refuse impossible values before anything is loaded."""
        check_max_sentences(self.max_sentences)
        check_train_sentences(self.train_sentences)

    def load(self, text: str = SPACED) -> Corpus:
        """Read the splits, the same for any ``text``. Raises DataError (split and row) or UnavailableError."""
        name = self.name or "-".join([Path(self.hub).expanduser().resolve().name, *filter(None, [self.hub_config])])
        advice = "type data.hub=<id on the Hub, or folder>, and data.hub_config=… if it has several configurations"
        tables = hub_splits(name, self.hub, self.hub_config, advice)
        hidden = f"a split without labels cannot be used: it has {', '.join(tables)}; type data.test=… for another one"
        columns = Columns(self.text, self.label, self.labels, hidden)
        skipped: Counter[str] = Counter()
        splits = {
            split: tuple(sentences(table_rows(tables[there], f"{self.hub}, {there}", columns), split, columns))
            for split, there in self._names(tables).items()
        }
        return Corpus(name, with_dev(one_spelling(splits, skipped), skipped), (), dict(skipped))

    def _names(self, tables: Mapping[str, Any]) -> dict[Split, str]:
        """Which split of the dataset is train, test and dev. Raises DataError for one that it does not have."""
        dev = self.dev or next((name for name in DEV if name in tables and name not in (self.train, self.test)), None)
        names = {"train": self.train, "test": self.test, **({"dev": dev} if dev else {})}
        for split, there in names.items():
            if there not in tables:
                raise DataError(
                    f"{self.hub}: no split {there!r}; it has {', '.join(map(repr, tables))}: type data.{split}=…"
                )
        if len({*names.values()}) < len(names):
            raise DataError(f"{self.hub}: {', '.join(names)} are {', '.join(names.values())}; give each another split")
        return names
