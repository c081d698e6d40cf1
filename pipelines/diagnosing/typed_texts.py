"""The texts that were typed, or that stand in a file, with their labels."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from pipelines.diagnosing.diagnosis_settings import Settings
from probing.axes import Labels
from probing.diagnosis.probed_subject import check_label
from probing.errors import ConfigError, DataError

MOST = 200  # lines of a file


class Typed(NamedTuple):
    """A text and its label; where: what an error says of it."""

    text: str
    label: str
    where: str


def typed_texts(settings: Settings) -> list[Typed]:
    """The text of ``text=``, or those of ``file=``; none for errors of a corpus. Raises: ConfigError, DataError."""
    if settings.text is not None:
        return [Typed(settings.text, settings.label or "", "label")]
    return [] if settings.file is None else lines(Path(settings.file))


def lines(path: Path) -> list[Typed]:
    """The texts of a file. Raises: ConfigError for a file that cannot be read; DataError for a line without a label."""
    try:
        rows = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"file={path}: it cannot be read as UTF-8 text ({error}); type the path of a file") from error
    found = []
    for number, row in enumerate(rows, start=1):
        if not row.strip():
            continue
        text, tab, label = row.rpartition("\t")
        if not tab or not text.strip() or not label.strip():
            raise DataError(f"{path}, line {number}: a text, a tab, and its label are expected")
        found.append(Typed(text.strip(), label.strip(), f"{path}, line {number}: label"))
    if not 0 < len(found) <= MOST:
        raise DataError(f"{path}: it has {len(found)} texts; 1 to {MOST} are expected")
    return found


def check_labels(typed: Iterable[Typed], labels: Labels) -> None:
    """Raise ConfigError, with the classes of train, for a label that is none of them."""
    for one in typed:
        check_label(one.where, one.label, labels)
