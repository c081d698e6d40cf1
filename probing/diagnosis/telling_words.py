"""Words that tell a class in the training data: candidates for what outweighs everything else in a sentence."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.special import xlogy

from probing.axes import Sentence
from probing.data.negation_edits import negations_in
from probing.diagnosis.compared import FEWEST

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

CLEAR = 4.0  # of 10,000 words that tell nothing, fewer than one is as clear


def telling_words(
    train: Sequence[Sentence], gold: NDArray[np.integer], sentences: Sequence[Sentence], most: int
) -> tuple[str, ...]:
    """At most ``most`` lower-cased words, the clearest first, that stand in FEWEST of ``sentences`` at least.

    Words that negate something there are none of them: without its negation a sentence has another label.
    gold: (M,) classes of the sentences of ``train``. The measure is the largest, over classes, of the signed root of
    the likelihood ratio G² of word and class (Dunning 1993), a standard normal score for a word that tells nothing. (A
    log-odds ratio divided by its standard error is small exactly for the words that stand with one class only, because
    an empty cell makes the error large: Hauck and Donner 1977.)
    """
    from sklearn.feature_extraction.text import CountVectorizer

    counter = CountVectorizer(analyzer=words_of, binary=True)
    of_train = counter.fit_transform(train)
    there = np.asarray(counter.transform(sentences).sum(axis=0)).ravel()
    gold = np.asarray(gold)
    z = np.max([_z(of_train[gold == label], of_train[gold != label]) for label in np.unique(gold)], axis=0)
    kept = np.flatnonzero((there >= FEWEST) & (z >= CLEAR))
    names = counter.get_feature_names_out()
    negating = {one.words[at].lower() for one in sentences for at in negations_in(one.words)}
    found = (str(names[place]) for place in kept[np.argsort(-z[kept], kind="stable")])
    return tuple(word for word in found if word not in negating)[:most]


def words_of(sentence: Sentence) -> list[str]:
    """Its words in lower case, those without a letter left out."""
    return [word.lower() for word in sentence.words if any(map(str.isalpha, word))]


def _z(of_class: "csr_matrix", of_others: "csr_matrix") -> NDArray[np.float64]:
    """The signed root of G² for each word; positive: it is more frequent in the class than in the others."""
    has = np.stack([np.asarray(rows.sum(axis=0), dtype=np.float64).ravel() for rows in (of_class, of_others)])
    n = np.array([[of_class.shape[0]], [of_others.shape[0]]], dtype=np.float64)
    share = has.sum(axis=0) / n.sum()
    g2 = 2 * (xlogy(has, has) - xlogy(has, share * n) + xlogy(n - has, n - has) - xlogy(n - has, (1 - share) * n))
    more = np.sign(has[0] * n[1] - has[1] * n[0])
    return np.asarray(more * np.sqrt(np.maximum(g2.sum(axis=0), 0)))
