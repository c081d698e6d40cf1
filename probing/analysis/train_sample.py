"""A random sample of the training sentences: for learning curves, and to see how much scores depend on the sample."""

import numpy as np
from numpy.typing import NDArray

from probing.axes import SPLITS, Labels, Note
from probing.errors import ConfigError
from probing.rng import generator


def check_sample(labels: Labels, n_sentences: int | None) -> None:
    """Raise ConfigError for more training sentences than there are."""
    there = len(labels.values["train"])
    if n_sentences is not None and n_sentences > there:
        raise ConfigError(
            f"data.train_sentences={n_sentences}: train has {there:,} sentences; type data.train_sentences={there} or "
            "less, or leave it out to train on all"
        )


def drawn(n_sentences: int, n_drawn: int, seed: int) -> NDArray[np.bool_]:
    """Which of the training sentences are in the sample, (N,).

    With one seed, a smaller sample is a part of a larger one. Sentences are drawn one by one, not by documents.
    """
    found = np.zeros(n_sentences, dtype=bool)
    found[generator(seed, "training sample").permutation(n_sentences)[:n_drawn]] = True
    return found


def items_of(labels: Labels, n_drawn: int, seed: int) -> NDArray[np.bool_]:
    """Which items take part, in the order of splits and sentences: all of dev and test, and the sample of train."""
    lengths = {split: [len(values) for values in labels.values[split]] for split in SPLITS}
    flags = {split: np.ones(len(of_split), dtype=bool) for split, of_split in lengths.items()}
    flags["train"] = drawn(len(lengths["train"]), n_drawn, seed)
    return np.concatenate([np.repeat(flags[split], lengths[split]) for split in SPLITS])


def sampled(labels: Labels, n_drawn: int | None, seed: int) -> tuple[NDArray[np.bool_] | None, tuple[Note, ...]]:
    """``items_of`` and a note on how many training sentences are in the sample; None and no note for all of them."""
    if n_drawn is None:
        return None, ()
    n = len(labels.values["train"])
    text = f"probes: trained on {n_drawn:,} of the {n:,} sentences of train (train_seed={seed})"
    return items_of(labels, n_drawn, seed), (Note("sample", text),)
