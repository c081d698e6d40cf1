"""The classes that a classifier gives to texts, and to texts from which a word was taken out."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from probing.axes import Progress, Sentence, no_progress
from probing.data.words_left_out import places_of, without_places
from probing.diagnosis.split_items import Integers
from probing.diagnosis.subject import Subject

ABSENT = -1  # the class of a sentence without the word, and of one that the classifier cannot read
Classify = Callable[[Sequence[Sentence]], Integers]  # N sentences to their classes, (N,); ABSENT: cannot be read


def without_words(
    words: Sequence[str], sentences: Sequence[Sentence], classes_of: Classify, on_progress: Progress = no_progress
) -> Mapping[str, Integers]:
    """Per lower-cased word the classes of the sentences once it is taken out wherever it stands, (N,) each.

    ABSENT where a sentence does not have the word.
    """
    found = {}
    for number, word in enumerate(words):
        on_progress("words taken out", number, len(words))
        places = [places_of(one, word) for one in sentences]
        has = [at for at, some in enumerate(places) if some]
        found[word] = np.full(len(sentences), ABSENT)
        if has:
            found[word][has] = classes_of([without_places(sentences[at], places[at]) for at in has])
    on_progress("words taken out", len(words), len(words))
    return found


def classes_given(subject: Subject, log_probabilities: NDArray[np.float64]) -> Integers:
    """The class of the corpus with the highest probability in each row, (N, C') -> (N,); ABSENT for rows of NaN."""
    read = np.asarray(np.isfinite(log_probabilities).all(axis=1))
    most = np.where(read[:, None], log_probabilities, -np.inf).argmax(axis=1)
    return np.where(read, subject.in_corpus[most], ABSENT)


def classes_by(subject: Subject) -> Classify:
    """The classifier of a subject as a function of sentences."""
    return lambda sentences: classes_given(subject, subject.log_probabilities(sentences))
