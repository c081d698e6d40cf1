"""Which words are punctuation (UPOS ``PUNCT``), and whether a corpus can tell."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from probing.axes import Corpus, Sentence
from probing.errors import ConfigError, DataError

SCORED = ("dev", "test")
METRICS = ("root_accuracy", "uuas", "uas")  # those that can leave punctuation out


def kept(sentence: Sentence) -> NDArray[np.bool_]:
    """Which words are not punctuation, (W,); a word without UPOS is kept."""
    if not sentence.upos:
        return np.ones(len(sentence.words), dtype=bool)
    return np.array([tag != "PUNCT" for tag in sentence.upos], dtype=bool)


def check_punctuation(corpus: Corpus, task: str, metrics: Sequence[str]) -> list[str]:
    """Whether ``punctuation=remove`` can do what it says; returns what a reader of the scores must know.

    A word without UPOS is kept, and counted. Raises ConfigError if no metric of the task leaves punctuation out, and
    DataError if a scored split has no UPOS at all: nothing would be removed, and the run's folder would say otherwise.
    """
    if not set(METRICS) & set(metrics):
        raise ConfigError(
            f"punctuation=remove changes nothing for task={task}: it concerns {' and '.join(METRICS)}, and this task "
            f"is scored by {', '.join(metrics)}; leave it out, or type task=depth or task=distance"
        )
    notes = []
    for split in SCORED:
        tagged = [tag != "_" for s in corpus.splits[split] for tag in s.upos or ["_"] * len(s.words)]
        if not any(tagged):
            raise DataError(
                f"punctuation=remove needs upos, and corpus {corpus.name} has none in {split}; type punctuation=keep, "
                "or choose a corpus with it, e.g. data=ewt or data=conllu"
            )
        if n := len(tagged) - sum(tagged):
            notes.append(f"{n:,} of {len(tagged):,} {split} words have no UPOS: punctuation=remove keeps them")
    return notes
