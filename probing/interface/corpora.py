"""Corpora from what a notebook has: a name, files, lists of words, or a table of pandas."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from probing.axes import SPLITS, Corpus, Sentence, Split
from probing.data.conllu import Conllu, read
from probing.data.corpus import Source, check_max_sentences, load
from probing.data.delimited import ENDINGS, Layout
from probing.data.grammar import Grammar
from probing.data.held_out import hold_out
from probing.data.labelled import Labelled, records
from probing.data.labelled_sentences import Columns, sentences
from probing.data.surface_text import SPACED
from probing.errors import DataError, shown
from probing.interface.named_corpora import NAMED, named
from probing.interface.sentence_lists import of_frame, of_list

Given = str | Path | Sequence[object] | pd.DataFrame
TREEBANKS, TABLES = (".conllu", ".conllup"), (*ENDINGS, ".json", ".jsonl", ".parquet")
GRAMMAR = "grammar"
_WANTED = (
    f"'{GRAMMAR}' (bundled), {', '.join(map(repr, NAMED))}, a file ({', '.join((*TREEBANKS, *TABLES))}), a list of "
    "sentences, a DataFrame, or a dictionary with one of these for each of train, dev and test is expected"
)
_HELD_OUT = "sentences drawn at random as test, since no splits were given"


def load_corpus(
    source: Given | Mapping[Split, Given],
    *,
    name: str | None = None,
    max_sentences: int | None = None,
    text: str = SPACED,
) -> Corpus:
    """Read a corpus: sentences of words with their annotation, in the splits train, dev and test.

    Args:
        source: one of

            - ``"grammar"``: the bundled generator of English sentences, with tags, trees and polarity;
            - ``"ewt"`` or ``"sst2"``: the corpora that the command line knows by these names; they are searched in the
              folder that ``PROBING_DATA`` names, then on the Hub;
            - a file: CoNLL-U, or a table of text and label (.tsv, .csv, .json, .jsonl, .parquet);
            - a list with one item per sentence: a list of words, or a pair ``(words, tags)`` with one tag (part of
              speech) per word, or a pair ``(words, label)`` with one label for the sentence;
            - a DataFrame with one line per word (columns ``sentence`` and ``word``; if there are any: ``upos``,
              ``xpos``, ``lemma``, ``feats``, ``head``, ``deprel``, ``document``), or with one line per sentence
              (columns ``text`` and ``label``); a column ``split`` names the split of each line;
            - a dictionary with one of these per split, ``{"train": …, "dev": …, "test": …}``; without ``dev``, a tenth
              of train is drawn as dev.

            Without splits, a tenth of the sentences is drawn as test and a tenth of the others as dev: the same ones
            every time, and whole documents where the corpus names ten or more.
        name: what tables call it; otherwise the name of the file, or ``given``.
        max_sentences: at most this many sentences of each split, drawn at random, the same ones every time.
        text: what a model reads of a treebank: its words with spaces between them (``spaced``), or the text
            ``as_written``.

    Raises:
        DataError: a malformed file or table, a text where a list of words is expected, a split without sentences.
        ConfigError: an impossible ``max_sentences``.
        UnavailableError: ``ewt`` or ``sst2`` cannot be found; the error says where to put it.

    Examples:
        >>> import probing
        >>> corpus = probing.load_corpus([(["Cats", "sleep"], ["NOUN", "VERB"])] * 3)
        >>> {split: len(sentences) for split, sentences in corpus.splits.items()}
        {'train': 1, 'dev': 1, 'test': 1}
    """
    if isinstance(source, str) and source == GRAMMAR:
        return load(Grammar(name or GRAMMAR, max_sentences=max_sentences))
    if isinstance(source, str) and source in NAMED:
        return load(named(source, name, max_sentences), text)
    if isinstance(source, Mapping):
        _check_splits(source)
        if all(isinstance(part, str | Path) for part in source.values()):
            return load(_files({split: str(part) for split, part in source.items()}, name, max_sentences), text)
    elif not isinstance(source, str | Path | list | tuple | pd.DataFrame):
        raise DataError(f"{shown(repr(source))}: {_WANTED}")
    elif len(str(source) if isinstance(source, str | Path) else source) == 0:
        raise DataError(f"{shown(repr(source))} is empty: {_WANTED}")
    return load(_Given(source, name, max_sentences), text)


@dataclass(frozen=True)
class _Given:
    """A corpus that is in memory, or a file without splits."""

    source: Given | Mapping[Split, Given]
    name: str | None
    max_sentences: int | None
    stand_in: str | None = None

    def __post_init__(self) -> None:
        """Refuse impossible values before anything is read."""
        check_max_sentences(self.max_sentences)

    def load(self, text: str = SPACED) -> Corpus:
        """Read and split it. Raises: DataError."""
        skipped: Counter[str] = Counter()
        files = (Path(self.source),) if isinstance(self.source, str | Path) else ()
        if isinstance(self.source, Mapping):
            splits = {split: _sentences(part, split, text, skipped) for split, part in self.source.items()}
        elif isinstance(self.source, pd.DataFrame) and "split" in self.source:
            splits = _by_column(self.source, skipped)
        else:
            splits = {"train": _sentences(self.source, "", text, skipped)}
        name = self.name or (files[0].stem if files else "given")
        return Corpus(name, divided(splits, skipped), files, dict(skipped))


def divided(splits: dict[Split, tuple[Sentence, ...]], skipped: Counter[str]) -> dict[Split, tuple[Sentence, ...]]:
    """The splits with dev, and where there is only train also test, drawn out of train; both are counted.

    Raises: DataError if there are too few sentences to draw from.
    """
    train, wanted = splits["train"], len(SPLITS) - len(splits)
    if len(train) <= wanted:
        advice = "for single sentences use probing.rollout, probing.flow or probing.show"
        raise DataError(
            f"{len(train)} sentences: at least {wanted + 1} are expected, to train probes, to choose their strength on "
            f"(dev), and to test them; {advice}"
        )
    if "test" not in splits:
        train, test, _ = hold_out(train)
        splits, skipped[_HELD_OUT] = {**splits, "train": train, "test": test}, len(test)
    if "dev" not in splits:
        train, dev, how = hold_out(train)
        splits, skipped[how] = {**splits, "train": train, "dev": dev}, len(dev)
    return {split: splits[split] for split in SPLITS}


def _check_splits(given: Mapping[Split, Given]) -> None:
    if unknown := [str(split) for split in given if split not in SPLITS]:
        raise DataError(f"split {shown(unknown[0])}: the splits are train, dev (can be left out) and test")
    if missing := [split for split in ("train", "test") if split not in given]:
        raise DataError(f"no {missing[0]} split; give both train and test, or all sentences without splits")


def _files(files: Mapping[Split, str], name: str | None, max_sentences: int | None) -> Source:
    """The source of one file per split, as the command line has it."""
    make = Conllu if _kind(Path(files["train"])) in TREEBANKS else Labelled
    return make(name, files["train"], files["test"], files.get("dev"), max_sentences=max_sentences)


def _kind(path: Path) -> str:
    """The ending of a file's name, which says how it is read."""
    if path.suffix.lower() not in (*TREEBANKS, *TABLES):
        raise DataError(f"{shown(str(path))}: {_WANTED}")
    return path.suffix.lower()


def _sentences(given: object, split: str, text: str, skipped: Counter[str]) -> tuple[Sentence, ...]:
    """The sentences of one file, list or table."""
    if isinstance(given, pd.DataFrame):
        return of_frame(given, split, skipped)
    if not isinstance(given, str | Path):
        return of_list(given, split, skipped)
    path = Path(given).expanduser()
    kind = _kind(path)
    if not path.is_file():
        raise DataError(f"{path}: there is no such file")
    if kind in TREEBANKS:
        return tuple(read(path, skipped, text))
    columns = Columns()
    return tuple(sentences(records(path, columns, Layout(), skipped), split, columns))


def _by_column(table: pd.DataFrame, skipped: Counter[str]) -> dict[Split, tuple[Sentence, ...]]:
    """The splits that the column ``split`` names."""
    found = {str(split): table[table["split"] == split] for split in table["split"].unique()}
    _check_splits(found)
    return {split: of_frame(part, split, skipped) for split, part in found.items()}
