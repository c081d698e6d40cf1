"""Which texts are diagnosed: the one that was typed, the lines of a file, or the most confident errors of a corpus."""

from dataclasses import dataclass
from pathlib import Path

from pipelines.diagnosing.settings import Settings
from pipelines.diagnosing.trained_subject import Trained
from probing.axes import Sentence
from probing.diagnosis.cause import Cause, cause
from probing.diagnosis.edited_texts import text_sentence
from probing.diagnosis.phenomena_of import groups_of
from probing.diagnosis.split_answers import SplitAnswers, split_answers
from probing.diagnosis.subject import Subject
from probing.errors import ConfigError, DataError, one_of

MOST = 200  # lines of a file


@dataclass(frozen=True, eq=False)
class Labelled:
    """A text and the number of its class in the corpus."""

    sentence: Sentence
    label: int


@dataclass(frozen=True, eq=False)
class Chosen:
    """The texts; for errors of a corpus also the answers for its whole split, and the cause of its errors."""

    texts: tuple[Labelled, ...]
    split: SplitAnswers | None = None
    cause: Cause | None = None


def chosen_texts(trained: Trained, settings: Settings) -> Chosen:
    """The texts that were asked for. Raises: ConfigError, DataError for texts and labels that cannot be used."""
    if settings.text is not None:
        return Chosen((labelled(trained.subject, settings.text, settings.label or "", "label"),))
    if settings.file is not None:
        return Chosen(tuple(lines(trained.subject, Path(settings.file))))
    return of_split(trained, settings)


def labelled(subject: Subject, text: str, label: str, where: str) -> Labelled:
    """A text with its class. Raises: ConfigError for a class that train does not have."""
    one_of(where, label, subject.classes)
    return Labelled(text_sentence(text), subject.classes.index(label))


def lines(subject: Subject, path: Path) -> list[Labelled]:
    """The texts of a file. Raises: ConfigError for a file that cannot be read; DataError for a line without a label."""
    try:
        rows = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"file={path}: it cannot be read as UTF-8 text ({error}); type the path of a file") from error
    found = []
    for number, row in enumerate(rows, start=1):
        if not row.strip():
            continue
        text, tab, label = row.rpartition("\t")
        if not tab or not text.strip():
            raise DataError(f"{path}, line {number}: a text, a tab, and its label are expected")
        found.append(labelled(subject, text, label.strip(), f"{path}, line {number}: label"))
    if not 0 < len(found) <= MOST:
        raise DataError(f"{path}: it has {len(found)} texts; 1 to {MOST} are expected")
    return found


def of_split(trained: Trained, settings: Settings) -> Chosen:
    """The most confident errors of a split, and the cause of all of its errors."""
    subject, split = trained.subject, settings.of_split
    trained.bars.stage(f"answers on {split}")
    groups, of_train = (groups_of(subject.study.corpus.splits[part]) for part in (split, "train"))
    found = split_answers(subject, split, groups, of_train, trained.bars)
    why = cause(found.answers, subject.study.resampling(split, found.numbers))
    wrong = found.wrong[: settings.errors]
    texts = tuple(Labelled(found.sentences[place], int(found.answers.gold[place])) for place in wrong)
    return Chosen(texts, found, why)
