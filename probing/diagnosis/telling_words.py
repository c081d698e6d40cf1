"""Words that tell a class in the training data: candidates for what outweighs everything else in a sentence."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from probing.axes import Sentence
from probing.diagnosis.compared import FEWEST

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

CLEAR = 4.0  # standard errors of the log-odds: of 10,000 words that tell nothing, fewer than one is as clear


def telling_words(
    train: Sequence[Sentence], gold: NDArray[np.integer], sentences: Sequence[Sentence], most: int
) -> tuple[str, ...]:
    """At most ``most`` lower-cased words, the clearest first, that stand in FEWEST of ``sentences`` at least.

    gold: (M,) classes of the sentences of ``train``. The measure is the largest z of the log-odds of a class between
    sentences with and without the word, with 1/2 added to each count (Haldane 1956; Anscombe 1956).
    """
    from sklearn.feature_extraction.text import CountVectorizer

    counter = CountVectorizer(analyzer=words_of, binary=True)
    of_train = counter.fit_transform(train)
    there = np.asarray(counter.transform(sentences).sum(axis=0)).ravel()
    gold = np.asarray(gold)
    z = np.max([_z(of_train[gold == label], of_train[gold != label]) for label in np.unique(gold)], axis=0)
    kept = np.flatnonzero((there >= FEWEST) & (z >= CLEAR))
    names = counter.get_feature_names_out()
    return tuple(str(names[place]) for place in kept[np.argsort(-z[kept], kind="stable")][:most])


def words_of(sentence: Sentence) -> list[str]:
    """Its words in lower case, those without a letter left out."""
    return [word.lower() for word in sentence.words if any(map(str.isalpha, word))]


def _z(of_class: "csr_matrix", of_others: "csr_matrix") -> NDArray[np.float64]:
    """How many standard errors above 0 the log-odds of the class are for sentences with each word."""
    cells = []
    for rows in (of_class, of_others):
        has = np.asarray(rows.sum(axis=0), dtype=np.float64).ravel()
        cells += [has + 0.5, rows.shape[0] - has + 0.5]
    odds = np.log(cells[0]) - np.log(cells[1]) - np.log(cells[2]) + np.log(cells[3])
    return np.asarray(odds / np.sqrt(sum(1 / cell for cell in cells)))
