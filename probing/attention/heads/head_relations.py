"""Heads and dependency relations: does a head's strongest word have this relation to the query?"""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from probing.attention.heads.head_accuracy import Cases, Hits
from probing.attention.heads.strongest_word import StrongestWords
from probing.axes import Sentence, Split
from probing.errors import DataError

EXCLUDED = ("root", "punct")  # the root has no head; the head of punctuation is a convention
TO_HEAD, TO_DEPENDENT, TRANSPOSED = "dep→head", "head→dep", "head→dep (transposed)"
ALL = f"all but {' and '.join(EXCLUDED)}"  # all relations together: unlabelled attachment


class HeadSyntax(Hits):
    """Accuracy of heads on dependency relations (Clark et al. 2019, section 4), counted from the strongest words.

    Targets are ``nsubj dep→head`` (the query is the dependent, its head is right) and ``nsubj head→dep`` (the query
    is a head with such dependents, each of them is right; it counts once), for every relation except EXCLUDED, and
    ALL for all relations together. Clark et al. read the second way from the transposed map: ``TransposedSyntax``. A
    subtype such as ``nsubj:pass`` is a separate relation unless ``subtypes`` is False. ``relations``, if given,
    restricts the targets (not ALL). A head may attend to punctuation, but punctuation is never the query or the right
    answer. Raises: DataError if no sentence has a tree.
    """

    def __init__(
        self,
        sentences: Sequence[Sentence],
        strongest: StrongestWords,
        split: Split,
        relations: Sequence[str] = (),
        subtypes: bool = True,
    ) -> None:
        _require_trees(sentences, split)
        names = [name for name in relations_of(sentences, subtypes) if not relations or name in relations]
        cases = [_cases(sentence, names, subtypes) for sentence in sentences]
        targets = [f"{name} {way}" for name in [ALL, *names] for way in (TO_HEAD, TO_DEPENDENT)]
        super().__init__(cases, targets, strongest, split)


class TransposedSyntax(Hits):
    """From head to dependent as Clark et al. (2019) count it: does the head attend more to a dependent than others do?

    Targets are ``nsubj head→dep (transposed)``: of all other words, the one that gives a dependent most weight is its
    head. Every dependent asks one question. In ``nsubj head→dep`` the head asks it, and as only one word can be its
    strongest, it can be right for only one of its relations. ``strongest`` is as for HeadSyntax.
    Raises: DataError if no sentence has a tree.
    """

    def __init__(self, sentences: Sequence[Sentence], strongest: StrongestWords, split: Split) -> None:
        _require_trees(sentences, split)
        names = relations_of(sentences)
        cases = [_of_dependents(_cases(sentence, names, subtypes=True)) for sentence in sentences]
        super().__init__(cases, [f"{name} {TRANSPOSED}" for name in [ALL, *names]], strongest.transposed(), split)


def _require_trees(sentences: Sequence[Sentence], split: Split) -> None:
    if not any(s.heads and s.deprel for s in sentences):
        raise DataError(
            f"{split}: none of its {len(sentences)} sentences has syntactic heads and relations, with which "
            "attention is compared; choose a treebank such as data=ewt, or type attention=rollout"
        )


def _of_dependents(cases: Cases) -> Cases:
    """The questions that a dependent asks about its head, which have even targets."""
    kept = cases.targets % 2 == 0
    return Cases(cases.targets[kept] // 2, cases.queries[kept], cases.right[kept])


def relations_of(sentences: Iterable[Sentence], subtypes: bool = True) -> list[str]:
    """The relations in ``sentences``, in alphabetical order, without EXCLUDED."""
    return sorted({_shown(name, subtypes) for s in sentences for name in set(s.deprel)} - {*EXCLUDED, "_"})


def _shown(relation: str, subtypes: bool) -> str:
    return relation if subtypes else relation.split(":")[0]


def _cases(sentence: Sentence, names: Sequence[str], subtypes: bool) -> Cases:
    """The questions of one sentence in both directions; targets are numbered in the order of HeadSyntax."""
    n = len(sentence.words)
    if not sentence.heads or not sentence.deprel:
        return Cases(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros((0, n), dtype=bool))
    number = {name: i for i, name in enumerate(names, start=1)}
    shown = [_shown(name, subtypes) for name in sentence.deprel]
    heads = np.array(sentence.heads) - 1
    relation = np.array([number.get(name, -1) for name in shown])
    included = np.array([name not in EXCLUDED for name in shown]) & (heads >= 0)
    parts = []
    for chosen, of in ((included, np.zeros(n, dtype=np.int64)), (included & (relation > 0), relation)):
        dependents = np.flatnonzero(chosen)
        parts.append((2 * of[dependents], dependents, _one_hot(heads[dependents], n)))
        # one question per head and relation, for any number of dependents
        pairs, question = np.unique(np.stack([heads[dependents], of[dependents]]), axis=1, return_inverse=True)
        right = np.zeros((pairs.shape[1], n), dtype=bool)
        right[question, dependents] = True
        parts.append((2 * pairs[1] + 1, pairs[0], right))
    targets, queries, rights = zip(*parts, strict=True)
    return Cases(np.concatenate(targets), np.concatenate(queries), np.concatenate(rights))


def _one_hot(positions: NDArray[np.int64], n: int) -> NDArray[np.bool_]:
    """(I,) -> (I, n)."""
    return np.equal(positions[:, None], np.arange(n))
