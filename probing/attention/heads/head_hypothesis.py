"""A hypothesis held against a corpus: how often each head bears it out, and where the best one does not."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from probing.attention.heads.hypothesis import Hypothesis, asked
from probing.attention.heads.strongest_word import Cases, Hits
from probing.axes import Sentence, Split, Tally
from probing.errors import ConfigError
from probing.model.maps import Maps


@dataclass(frozen=True)
class CounterExample:
    """One query whose head attended elsewhere: ``attended`` is "" where no other word got any weight.

    Positions count words from 0; ``weight`` is of the attended word, ``right`` what would have been right.
    """

    sentence: str
    query: str
    query_at: int
    attended: str
    attended_at: int
    weight: float
    right: tuple[str, ...]


class HeadHypothesis(Hits):
    """How often a query's strongest other word is one that the hypothesis allows, counted while maps stream by.

    Asked of every word that the query condition fits and that has at least one right answer in its sentence. One
    target, ``hypothesis <name>``; the strongest words of all heads are kept for the counter-examples (7 bytes per
    query and head). Raises ConfigError where nothing matches.
    """

    def __init__(
        self, hypothesis: Hypothesis, sentences: Sequence[Sentence], n_layers: int, n_heads: int, split: Split
    ) -> None:
        found = [asked(hypothesis, sentence) for sentence in sentences]
        self._fitting = np.array([words.sum() for words, _ in found])  # (N,) with or without a right answer
        cases = [_cases(right) for _, right in found]
        n_queries = sum(len(case.queries) for case in cases)
        if not n_queries:
            raise ConfigError(_unmatched(hypothesis, int(self._fitting.sum()), len(sentences), split))
        super().__init__(cases, [f"hypothesis {hypothesis.name}"], n_layers, n_heads, split)
        self._sentences, self._seen = sentences, np.zeros(len(sentences), dtype=bool)
        self._words = np.full((n_queries, n_layers, n_heads), -1, dtype=np.int16)
        self._weights = np.zeros((n_queries, n_layers, n_heads), dtype=np.float32)
        self._missed = np.zeros((n_queries, n_layers, n_heads), dtype=bool)

    def add(self, batch: Maps) -> None:
        """Count a batch's answers, and keep them."""
        answers = self._answers(batch)
        self._count(answers)
        self._seen[batch.sentences] = True
        self._words[answers.items], self._weights[answers.items] = answers.words, answers.weights
        self._missed[answers.items] = ~answers.hits & answers.asked[:, None, None]

    def coverage(self) -> Tally:
        """The share of words fitting the query condition that were asked, (N, 1): the others have no right answer.

        Sentences whose maps never came do not count.
        """
        items = next(self.tallies()).items
        fitting = (self._fitting * self._seen).astype(np.float64)
        return Tally("coverage", self.targets[0], "corpus", self.split, (0,), items[:, None], fitting)

    def counter_examples(self, layer: int, head: int, n: int = 20) -> list[CounterExample]:
        """Up to ``n`` misses of a head (layer from 1, head from 0), the heaviest first, then in corpus order."""
        missed = np.flatnonzero(self._missed[:, layer - 1, head])
        # rounded, so that the last digits of another machine do not change the order
        weights = self._weights[missed, layer - 1, head].round(3)
        heaviest = missed[np.argsort(-weights, kind="stable")[:n]]
        return list(self._examples(heaviest, layer, head))

    def _examples(self, items: Sequence[int] | np.ndarray, layer: int, head: int) -> Iterator[CounterExample]:
        for item in items:
            sentence = self._sentences[int(np.searchsorted(self._first, item, side="right")) - 1]
            query, at = int(self._queries[item]), int(self._words[item, layer - 1, head])
            right = self._right[[item]].toarray()[0].nonzero()[0]
            yield CounterExample(
                sentence=sentence.id,
                query=sentence.words[query],
                query_at=query,
                attended=sentence.words[at] if at >= 0 else "",
                attended_at=at,
                weight=float(self._weights[item, layer - 1, head]),
                right=tuple(sentence.words[word] for word in right),
            )


def _cases(right: np.ndarray) -> Cases:
    queries = np.flatnonzero(right.any(axis=1))
    return Cases(np.zeros(len(queries), dtype=np.int64), queries, right[queries])


def _unmatched(hypothesis: Hypothesis, n_fitting: int, n_sentences: int, split: Split) -> str:
    where = f"{hypothesis} matches nothing in the {n_sentences:,} sentences of {split}: "
    if not n_fitting:
        return where + f"no word fits its query {hypothesis.query}; loosen that, or choose another corpus with data=…"
    between = f"relation {hypothesis.relation}, direction {hypothesis.direction}"
    between += f", deprel {hypothesis.deprel}" if hypothesis.deprel is not None else ""
    return where + (
        f"{n_fitting:,} words fit its query {hypothesis.query}, none with a word for its key {hypothesis.key} "
        f"({between}); loosen key, relation or direction, or choose another corpus with data=…"
    )
