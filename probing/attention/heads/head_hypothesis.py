"""A hypothesis tested on a corpus: how often each head agrees with it, and counter-examples of a head."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from probing.attention.heads.head_accuracy import Cases, Hits
from probing.attention.heads.hypothesis import Hypothesis, queries_and_right_words
from probing.attention.heads.strongest_word import StrongestWords
from probing.axes import Sentence, Split, Tally
from probing.errors import ConfigError


@dataclass(frozen=True)
class CounterExample:
    """One query word for which a head attends most to a word that is not right.

    ``attended`` is "" if no other word has any weight. Positions count words from 0. ``weight`` is the weight of the
    attended word; ``right`` are the words that would have been right.
    """

    sentence: str
    query: str
    query_at: int
    attended: str
    attended_at: int
    weight: float
    right: tuple[str, ...]


class HeadHypothesis(Hits):
    """How often a query's strongest other word is a right one under a hypothesis.

    There is one question per word that matches the query conditions and has at least one right answer in its sentence.
    The only target is ``hypothesis <name>``. Raises: ConfigError if nothing matches.
    """

    def __init__(
        self, hypothesis: Hypothesis, sentences: Sequence[Sentence], strongest: StrongestWords, split: Split
    ) -> None:
        self._fitting, cases = matched(hypothesis, sentences, split)
        self._sentences = sentences
        super().__init__(cases, [f"hypothesis {hypothesis.name}"], strongest, split)

    def coverage(self) -> Tally:
        """The share of words matching the query conditions that have a right answer: sums (N, 1).

        Sentences without maps have no items.
        """
        items = next(self.tallies()).items
        fitting = (self._fitting * self.strongest.seen).astype(np.float64)
        return Tally("coverage", self.targets[0], "corpus", self.split, (0,), items[:, None], fitting)

    def counter_examples(self, layer: int, head: int, n: int = 20) -> list[CounterExample]:
        """Up to ``n`` misses of a head (layer from 1, head from 0), the heaviest first, then in corpus order."""
        missed = self.misses(layer, head)
        # rounded, because the last digits differ between machines and would change the order
        depth = self.strongest.layers.index(layer)
        weights = self.strongest.weights[self.words_at(missed), depth, head].round(3)
        heaviest = missed[np.argsort(-weights, kind="stable")[:n]]
        return [self._example(int(item), layer, head) for item in heaviest]

    def _example(self, item: int, layer: int, head: int) -> CounterExample:
        sentence = self._sentences[int(np.searchsorted(self.first, item, side="right")) - 1]
        [place] = self.words_at(np.array([item]))
        query, at = int(self.queries[item]), int(self.strongest.words[place, self.strongest.layers.index(layer), head])
        right = self.right[[item]].toarray()[0].nonzero()[0]
        return CounterExample(
            sentence=sentence.id,
            query=sentence.words[query],
            query_at=query,
            attended=sentence.words[at] if at >= 0 else "",
            attended_at=at,
            weight=float(self.strongest.weights[place, self.strongest.layers.index(layer), head]),
            right=tuple(sentence.words[word] for word in right),
        )


def matched(
    hypothesis: Hypothesis, sentences: Sequence[Sentence], split: Split
) -> tuple[NDArray[np.int64], list[Cases]]:
    """Words that match the query conditions, counted per sentence, (N,), and the questions about each sentence.

    Raises: ConfigError if there is no question.
    """
    found = [queries_and_right_words(hypothesis, sentence) for sentence in sentences]
    fitting = np.array([words.sum() for words, _ in found], dtype=np.int64)  # with or without a right answer
    cases = [_cases(right) for _, right in found]
    if not any(len(case.queries) for case in cases):
        raise ConfigError(_unmatched(hypothesis, int(fitting.sum()), len(sentences), split))
    return fitting, cases


def _cases(right: NDArray[np.bool_]) -> Cases:
    queries = np.flatnonzero(right.any(axis=1))
    return Cases(np.zeros(len(queries), dtype=np.int64), queries, right[queries])


def _unmatched(hypothesis: Hypothesis, n_fitting: int, n_sentences: int, split: Split) -> str:
    where = f"{hypothesis} matches nothing in the {n_sentences:,} sentences of {split}: "
    if not n_fitting:
        return where + f"no word matches its query {hypothesis.query}; relax that, or choose another corpus with data=…"
    between = f"relation {hypothesis.relation}, direction {hypothesis.direction}"
    between += f", deprel {hypothesis.deprel}" if hypothesis.deprel is not None else ""
    return where + (
        f"{n_fitting:,} words match its query {hypothesis.query}, but none has a word that matches its key "
        f"{hypothesis.key} ({between}); relax key, relation or direction, or choose another corpus with data=…"
    )
