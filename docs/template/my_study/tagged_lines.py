"""A corpus in a format of its own: one sentence per line, as ``The/DET dog/NOUN sleeps/VERB``."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from probing.axes import Corpus, Sentence
from probing.data.corpus import check_max_sentences
from probing.data.locate import corpus_name, find
from probing.data.text import read_lines
from probing.errors import DataError


@dataclass(frozen=True)
class TaggedLines:
    """One file per split; each token is a word, a slash, and its part of speech."""

    train: str
    dev: str
    test: str
    name: str | None = None
    path: str | None = None
    stand_in: str | None = None
    max_sentences: int | None = None

    def __post_init__(self) -> None:
        """Refuse impossible values before anything is loaded."""
        check_max_sentences(self.max_sentences)

    def load(self, text: str = "spaced") -> Corpus:
        """Read the splits, the same for any ``text``. Raises DataError that names file and line."""
        name = corpus_name(self.name, self.path, self.train)
        files = find(name, self.path, None, {"train": self.train, "dev": self.dev, "test": self.test}) or {}
        return Corpus(name, {split: tuple(sentences(file)) for split, file in files.items()})


def sentences(file: Path) -> Iterator[Sentence]:
    """The sentences of one file."""
    for number, line in enumerate(read_lines(file), start=1):
        pairs = [token.rpartition("/") for token in line.split()]
        if not pairs or not all(word and tag for word, _, tag in pairs):
            raise DataError(f"{file}:{number}: tokens such as The/DET are expected, this is {line[:60]!r}")
        words, tags = (tuple(pair[at] for pair in pairs) for at in (0, 2))
        yield Sentence(f"{file.stem}-{number}", words, upos=tags)
