"""Prompts and chats with labels: JSON lines of one text or one list of messages each."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from probing.axes import SPLITS, Corpus, Sentence, Split
from probing.data.conversation import TEXT, conversation
from probing.data.corpus import check_max_sentences, check_train_sentences
from probing.data.held_out import NO_DEV, hold_out, with_dev
from probing.data.json_records import json_records
from probing.data.locate import corpus_name, find
from probing.data.surface_text import SPACED
from probing.errors import ConfigError, DataError, not_negative, positive, shown

NO_TEST = "since there is no test file"
NAMES = {**dict(zip(SPLITS, SPLITS, strict=True)), "validation": "dev"}  # what a line may call its split


@dataclass(frozen=True)
class Prompts:
    """One file per split, or one file whose lines name their split in the key ``split``; see ``conversation``.

    Without a dev or a test file, a tenth of train, drawn at random by label, serves as it. ``source``: the key that
    says where a conversation comes from. ``generate``: how many subwords at most a model is to write after each prompt
    (None: it writes none); the most probable one each time with ``temperature=0``, else drawn, from ``answer_seed``.
    """

    name: str | None
    train: str
    test: str | None = None
    dev: str | None = None
    split: str | None = None
    source: str | None = None
    path: str | None = None
    generate: int | None = None
    temperature: float = 0.0
    answer_seed: int = 0
    stand_in: str | None = None
    max_sentences: int | None = None
    train_sentences: int | None = None

    def __post_init__(self) -> None:
        """Refuse impossible values before anything is loaded."""
        check_max_sentences(self.max_sentences)
        check_train_sentences(self.train_sentences)
        if self.generate is not None:
            positive("data.generate", self.generate)
        not_negative("data.temperature", self.temperature)
        not_negative("data.answer_seed", self.answer_seed)
        if self.generate is None and (self.temperature or self.answer_seed):
            raise ConfigError("data.temperature and data.answer_seed have no effect without data.generate=64")
        if self.split is not None and (self.dev is not None or self.test is not None):
            raise ConfigError(f"data.split={self.split}: lines name their split; leave out data.dev and data.test")

    def load(self, text: str = SPACED) -> Corpus:
        """Read the splits, the same for any ``text``. Raises DataError (file and line)."""
        name = corpus_name(self.name, self.path, self.train)
        named = {"train": self.train, "dev": self.dev, "test": self.test}
        files = find(name, self.path, None, {s: f for s, f in named.items() if f is not None})
        assert files is not None  # without a folder in PROBING_DATA they are there, or an error says so
        skipped: Counter[str] = Counter()
        read = {split: self._read(path, split) for split, path in files.items()}
        splits = dict(read) if self.split is None else _divided(read["train"], self.split, files["train"])
        sentences = {split: tuple(s for s, _ in found) for split, found in splits.items()}
        _check_one_kind(sentences)
        if "test" not in sentences:
            train, test, how = hold_out(sentences["train"])
            sentences |= {"train": train, "test": test}
            skipped[how.replace("dev", "test", 1).replace(NO_DEV, NO_TEST)] = len(test)
        return Corpus(name, with_dev(sentences, skipped), tuple(files.values()), dict(skipped))

    def _read(self, path: Path, split: Split) -> list[tuple[Sentence, object]]:
        """The conversations of a file, each with what its line calls its split."""
        records = json_records(path)
        found = [
            (conversation(record, where, f"{split}-{number}", self.source), record.get(self.split or ""))
            for number, where, record in records
        ]
        if not found:
            raise DataError(f"{path}: no conversation in it; every split needs some")
        return found


def _divided(
    lines: Sequence[tuple[Sentence, object]], key: str, path: Path
) -> dict[Split, list[tuple[Sentence, object]]]:
    """The lines by what they call their split."""
    found: dict[Split, list[tuple[Sentence, object]]] = {}
    for number, (sentence, said) in enumerate(lines, start=1):
        if said not in NAMES:
            names = ", ".join(NAMES)
            raise DataError(f"{path}:{number}: {key}={shown(said)}; one of {names} is expected in each line")
        found.setdefault(NAMES[str(said)], []).append((sentence, said))
    if "train" not in found:
        raise DataError(f"{path}: no line has {key}=train; every split needs some")
    return found


def _check_one_kind(splits: dict[Split, tuple[Sentence, ...]]) -> None:
    """Raise DataError for texts and chats in one corpus, which a model would read in two ways."""
    kinds = {s.messages[0].role == TEXT: s.id for sentences in splits.values() for s in sentences}
    if len(kinds) > 1:
        raise DataError(
            f"{kinds[True]} is a text and {kinds[False]} a list of messages; give texts or messages, not both: only "
            "messages get the chat template"
        )
