"""Which texts are diagnosed: the one that was typed, the lines of a file, or the most confident errors of a corpus."""

from dataclasses import dataclass

from pipelines.diagnosing.diagnosis_settings import Settings
from pipelines.diagnosing.own_phenomena import own_phenomena
from pipelines.diagnosing.trained_subject import Trained
from pipelines.diagnosing.typed_texts import Typed, typed_texts
from probing.analysis.phenomena import slices, usual_phenomena
from probing.axes import Sentence
from probing.diagnosis.answers import Groups
from probing.diagnosis.cause import cause
from probing.diagnosis.phenomenon_errors import phenomenon_errors
from probing.diagnosis.probed_subject import whole_text
from probing.diagnosis.split_answers import split_answers
from probing.diagnosis.subject import Subject
from probing.errors import DataError
from probing.report.diagnosed.diagnosed_record import OfSplit


@dataclass(frozen=True, eq=False)
class Labelled:
    """A text and the number of its class in the corpus."""

    sentence: Sentence
    label: int


@dataclass(frozen=True, eq=False)
class Chosen:
    """The texts; for errors of a corpus also the answers for its whole split, and the cause of its errors."""

    texts: tuple[Labelled, ...]
    of_split: OfSplit | None = None


def chosen_texts(trained: Trained, settings: Settings) -> Chosen:
    """The texts that were asked for. Raises: ConfigError, DataError for texts and labels that cannot be used."""
    typed = typed_texts(settings)
    if typed:
        return Chosen(tuple(labelled(trained.subject, one) for one in typed))
    return of_split(trained, settings)


def labelled(subject: Subject, typed: Typed) -> Labelled:
    """A text with its class, which train has. Raises: DataError for one that the classifier cannot read whole."""
    sentence = whole_text(subject, typed.text, typed.where.removesuffix("label"))
    return Labelled(sentence, subject.classes.index(typed.label))


def of_split(trained: Trained, settings: Settings) -> Chosen:
    """The most confident errors of a split, and the cause of all of its errors."""
    subject, split = trained.subject, settings.of_split
    sentences = subject.study.corpus.splits
    trained.bars.stage(f"answers on {split}")
    train, mine = sentences["train"], [own.phenomenon for own in own_phenomena(settings.phenomena)]
    here = slices((*usual_phenomena(train), *mine), sentences[split])
    of_train = slices((*usual_phenomena(train, of_train=True), *mine), train)
    found = split_answers(subject, split, Groups.of(here), Groups.of(of_train), trained.bars)
    if not len(found.numbers):
        raise DataError(f"split={split}: the classifier answers none of its sentences; type another split=…")
    why = cause(found.answers, subject.study.resampling(split, found.numbers))
    wrong = found.wrong[: settings.errors]
    texts = tuple(Labelled(found.sentences[place], int(found.answers.gold[place])) for place in wrong)
    by_phenomenon = phenomenon_errors(found.answers, subject.study.rng("diagnosis", "phenomena"))
    rules = {one.name: one.rule for one in here.phenomena}
    left_out = len(sentences[split]) - len(found.numbers)
    return Chosen(texts, OfSplit(split, found, why, by_phenomenon, left_out, rules))
