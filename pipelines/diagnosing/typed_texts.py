"""The texts that were typed, or that stand in a file, with their labels, and the words that have these labels."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from pipelines.diagnosing.diagnosis_settings import Settings
from probing.axes import Labels
from probing.diagnosis.edited_texts import text_sentence
from probing.diagnosis.probed_subject import check_label
from probing.errors import ConfigError, DataError, shown

MOST = 200  # lines of a file
SHOWN = 40  # words of a text in an error


class Typed(NamedTuple):
    """A text and its label; where: what an error says of it. word: the place of the word that has it, from 0."""

    text: str
    label: str
    where: str
    word: int | None = None


def typed_texts(settings: Settings, of_words: bool = False) -> list[Typed]:
    """The text of ``text=``, or those of ``file=``; none for errors of a corpus. of_words: one word has the label.

    Raises: ConfigError, DataError for a word that is missing, that the text does not have, or that none is wanted.
    """
    if settings.file is not None:
        return lines(Path(settings.file), of_words)
    if settings.text is None:
        return []
    if settings.word is None and of_words:
        raise ConfigError(
            f"word= is missing: this task labels words; type word=1, or another number up to {n_words(settings.text)}"
        )
    if settings.word is not None and not of_words:
        raise ConfigError(f"word={settings.word}: this task labels whole texts; leave word= out, or type task=pos")
    word = None if settings.word is None else place_of(settings.word, settings.text, "word")
    return [Typed(settings.text, settings.label or "", "label", word)]


def lines(path: Path, of_words: bool = False) -> list[Typed]:
    """The texts of a file. Raises: ConfigError for a file that cannot be read; DataError for a line without a label,
    or without a word that its text has.
    """
    try:
        rows = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"file={path}: it cannot be read as UTF-8 text ({error}); type the path of a file") from error
    found = [line_of(row, f"{path}, line {n}", of_words) for n, row in enumerate(rows, start=1) if row.strip()]
    if not 0 < len(found) <= MOST:
        raise DataError(f"{path}: it has {len(found)} texts; 1 to {MOST} are expected")
    return found


def line_of(row: str, where: str, of_words: bool) -> Typed:
    """One line of a file. Raises: DataError, ConfigError as ``lines``."""
    *before, label = (part.strip() for part in row.rsplit("\t", 2 if of_words else 1))
    if len(before) != 1 + of_words or not label or not all(before):
        wanted = "a text, a tab, a word, a tab, and its label" if of_words else "a text, a tab, and its label"
        raise DataError(f"{where}: {wanted} are expected")
    word = place_of(before[1], before[0], f"{where}: word") if of_words else None
    return Typed(before[0], label, f"{where}: label", word)


def place_of(word: str, text: str, where: str) -> int:
    """The place from 0 of a word that is given by its number from 1, or by itself.

    A number that the text has as a word is a number of a word all the same. Raises: ConfigError for a number out of
    range, and for a word that the text does not have, or has twice.
    """
    words = text_sentence(text).words
    numbered = ", ".join(f"{number} {form}" for number, form in enumerate(words[:SHOWN], start=1))
    listed = f"{numbered} …" if len(words) > SHOWN else numbered
    if word.isascii() and word.isdigit():
        if not 1 <= int(word) <= len(words):
            raise ConfigError(f"{where}={word}: the text has {len(words)} words; type a number of these: {listed}")
        return int(word) - 1
    there = [place for place, form in enumerate(words) if form == word]
    if not there:
        raise ConfigError(f"{where}={shown(word)}: the text has no such word; its words are {listed}")
    if len(there) > 1:
        numbers = " and ".join(str(place + 1) for place in there)
        raise ConfigError(f"{where}={shown(word)}: the text has it {len(there)} times; type its number, {numbers}")
    return there[0]


def n_words(text: str) -> int:
    """How many words a text has."""
    return len(text_sentence(text).words)


def check_labels(typed: Iterable[Typed], labels: Labels) -> None:
    """Raise ConfigError, with the classes of train, for a label that is none of them."""
    for one in typed:
        check_label(one.where, one.label, labels)
