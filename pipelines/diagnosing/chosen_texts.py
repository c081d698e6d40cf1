"""Which texts are diagnosed: the one that was typed, the lines of a file, or the most confident errors of a corpus."""

from collections.abc import Mapping
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
from probing.diagnosis.word_groups import word_groups
from probing.errors import DataError
from probing.report.diagnosed.diagnosed_record import OfSplit


@dataclass(frozen=True, eq=False)
class Labelled:
    """A text and the number of its class in the corpus; word: the place of the word that has it; None: the text."""

    sentence: Sentence
    label: int
    word: int | None = None


@dataclass(frozen=True, eq=False)
class Chosen:
    """The texts; for errors of a corpus also the answers for its whole split, and the cause of its errors."""

    texts: tuple[Labelled, ...]
    of_split: OfSplit | None = None


def chosen_texts(trained: Trained, settings: Settings) -> Chosen:
    """The texts that were asked for. Raises: ConfigError, DataError for texts and labels that cannot be used."""
    typed = typed_texts(settings, trained.subject.of_words)
    if typed:
        return Chosen(tuple(labelled(trained.subject, one) for one in typed))
    return of_split(trained, settings)


def labelled(subject: Subject, typed: Typed) -> Labelled:
    """A text with its class, which train has. Raises: DataError for one that the classifier cannot read whole."""
    sentence = whole_text(subject, typed.text, typed.where.removesuffix("label"), typed.word)
    return Labelled(sentence, subject.classes.index(typed.label), typed.word)


def of_split(trained: Trained, settings: Settings) -> Chosen:
    """The most confident errors of a split, and the cause of all of its errors."""
    subject, split = trained.subject, settings.of_split
    sentences = subject.study.corpus.splits
    trained.bars.stage(f"answers on {split}")
    (here, rules), (of_train, _) = (groups_of(subject, part, settings) for part in (split, "train"))
    found = split_answers(subject, split, here, of_train, trained.bars)
    if not len(found.numbers):
        raise DataError(f"split={split}: the classifier answers none of its sentences; type another split=…")
    why = cause(found.answers, subject.study.resampling(split, found.numbers))
    wrong = found.wrong[: settings.errors]
    words = None if found.words is None else found.words.tolist()
    texts = tuple(
        Labelled(found.sentences[at], int(found.answers.gold[at]), None if words is None else words[at]) for at in wrong
    )
    # rates by phenomenon count items as independent, which the words of a sentence are not
    rng = subject.study.rng("diagnosis", "phenomena")
    by_phenomenon = None if subject.of_words else phenomenon_errors(found.answers, rng)
    n_items = len(sentences[split]) if words is None else sum(len(sentence.words) for sentence in sentences[split])
    return Chosen(texts, OfSplit(split, found, why, by_phenomenon, n_items - len(found.numbers), rules))


def groups_of(subject: Subject, split: str, settings: Settings) -> tuple[Groups, Mapping[str, str]]:
    """Kinds of sentences, by their phenomena, and the rule of each; or kinds of words, whose names say the rule."""
    if subject.of_words:
        return word_groups(subject, split), {}
    sentences, mine = subject.study.corpus.splits, [own.phenomenon for own in own_phenomena(settings.phenomena)]
    kinds = (*usual_phenomena(sentences["train"], of_train=split == "train"), *mine)
    return Groups.of(slices(kinds, sentences[split])), {one.name: one.rule for one in kinds}
