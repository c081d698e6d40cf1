"""A random sample of the training sentences, so that one can see how much scores depend on the sentences of train."""

import numpy as np
from numpy.typing import NDArray

from probing.axes import SPLITS, Labels, Note
from probing.rng import generator


def drawn(n_sentences: int, share: float, seed: int) -> NDArray[np.bool_]:
    """Which of the training sentences are in the sample, (N,): the nearest whole number to their share, at least one.

    With one seed, a smaller sample is a part of a larger one. Sentences are drawn one by one, not by documents.
    """
    found = np.zeros(n_sentences, dtype=bool)
    order = generator(seed, "training sample").permutation(n_sentences)
    found[order[: max(1, round(share * n_sentences))]] = True
    return found


def items_of(labels: Labels, share: float, seed: int) -> NDArray[np.bool_]:
    """Which items take part, in the order of splits and sentences: all of dev and test, and the sample of train."""
    lengths = {split: [len(values) for values in labels.values[split]] for split in SPLITS}
    flags = {split: np.ones(len(of_split), dtype=bool) for split, of_split in lengths.items()}
    flags["train"] = drawn(len(lengths["train"]), share, seed)
    return np.concatenate([np.repeat(flags[split], lengths[split]) for split in SPLITS])


def sample_note(labels: Labels, share: float, seed: int) -> Note:
    """How many training sentences are in the sample."""
    n = len(labels.values["train"])
    n_drawn = int(drawn(n, share, seed).sum())
    return Note("sample", f"probes: trained on {n_drawn:,} of the {n:,} sentences of train (train_seed={seed})")
