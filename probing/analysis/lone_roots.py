"""Sentences in which only one word can be the root: root accuracy leaves them out, and says how many there are."""

from collections.abc import Sequence

import numpy as np

from probing.axes import Sentence, Split
from probing.data.punctuation import kept
from probing.result.metrics import ROOT_CANDIDATES


def lone_roots(sentences: Sequence[Sentence], split: Split, punctuation: str) -> str:
    """A caveat that counts the sentences of ``split`` with fewer words than root accuracy needs; empty without any.

    punctuation: keep, or remove it from the words that can be the root.
    """
    counted = [int(np.sum(kept(s))) if punctuation == "remove" else len(s.words) for s in sentences if s.heads]
    n = sum(n_words < ROOT_CANDIDATES for n_words in counted)
    if not n:
        return ""
    return (
        f"root accuracy leaves out {n:,} of the {len(counted):,} sentences of {split} with a tree, because not more "
        "than one of their words can be the root, so that any prediction is right; Hewitt & Manning (2019) count them"
    )
