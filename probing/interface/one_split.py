"""Analyses of a split other than test, or of all sentences: they stand in the place of test."""

from dataclasses import replace

import pandas as pd

from probing.axes import SPLITS, Corpus, Split
from probing.errors import one_of
from probing.interface.checked_arguments import check_corpus

ALL = "all"


def as_test(corpus: Corpus, split: Split) -> Corpus:
    """The corpus with the sentences of ``split`` as its test split, of which analyses are; the others are empty."""
    check_corpus(corpus)
    one_of("split", split, (*SPLITS, ALL))
    chosen = [s for name in SPLITS for s in corpus.splits[name] if split in (name, ALL)]
    return replace(corpus, splits={"train": (), "dev": (), "test": tuple(chosen)})


def named_after(frame: pd.DataFrame, split: Split) -> pd.DataFrame:
    """The table with the name of the split whose sentences stood in the place of test."""
    if split != "test":
        frame["split"] = split
        where = "of all splits" if split == ALL else f"of {split}"
        frame.attrs["notes"] = [note.replace("of test", where) for note in frame.attrs["notes"]]
    return frame
