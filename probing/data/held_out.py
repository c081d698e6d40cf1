"""A dev set drawn from train, for corpora that come without one."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from probing.axes import Sentence, Split
from probing.errors import DataError
from probing.rng import generator

Sentences = tuple[Sentence, ...]
FRACTION = 0.1
FEWEST_DOCUMENTS = 10  # with fewer, a tenth of the sentences is less than a document
NO_DEV = "since there is no dev file"
NO_TRAIN = "since there is no train file and the dev file serves as train"
BY_SENTENCE = f"train sentences drawn at random as dev, {NO_DEV}"
BY_LABEL = f"train sentences drawn at random within each label as dev, {NO_DEV}"
BY_DOCUMENT = f"train sentences in whole documents drawn at random as dev, {NO_DEV}"


def with_dev(splits: Mapping[Split, Sentences], skipped: Counter[str], why: str = NO_DEV) -> dict[Split, Sentences]:
    """The splits, with a dev set out of train if there is none, counted in ``skipped``. Raises as ``hold_out``."""
    if "dev" in splits:
        return dict(splits)
    train, dev, how = hold_out(splits["train"])
    skipped[how.replace(NO_DEV, why)] = len(dev)
    return {**splits, "train": train, "dev": dev}


def hold_out(train: Sentences) -> tuple[Sentences, Sentences, str]:
    """Train and dev out of ``train``, split at random, and how (BY_SENTENCE, BY_LABEL or BY_DOCUMENT).

    About a tenth of the sentences is held out, the same ones for any seed of the run; both parts keep the order of the
    corpus. Files are often sorted by genre or label, so the end of a file is not a sample of it. With FEWEST_DOCUMENTS
    documents or more, whole documents are held out, and no document is on both sides. Otherwise single sentences are,
    with the same share of each label. Raises DataError for fewer than two sentences.
    """
    if len(train) < 2:
        raise DataError(
            f"train has {len(train)} sentence, too few to hold some out as dev; add some, or give dev with data.dev=…"
        )
    rng, n = generator(0, "held out dev"), max(1, int(len(train) * FRACTION))
    documents = {s.document for s in train}
    if None not in documents and len(documents) >= FEWEST_DOCUMENTS:
        held, how = _documents(train, n, rng), BY_DOCUMENT
    else:
        held, how = _sentences(train, n, rng), BY_SENTENCE if train[0].label is None else BY_LABEL
    parts = [tuple(s for i, s in enumerate(train) if (i in held) == wanted) for wanted in (False, True)]
    return parts[0], parts[1], how


def _documents(train: Sequence[Sentence], n: int, rng: np.random.Generator) -> set[int]:
    """Sentences of random documents until there are ``n``; a document that would make more than 2 n is left out."""
    members: dict[str | None, list[int]] = {}
    for i, sentence in enumerate(train):
        members.setdefault(sentence.document, []).append(i)
    held: set[int] = set()
    groups = list(members.values())
    for at in rng.permutation(len(groups)).tolist():
        if len(held) < n and len(held) + len(groups[at]) <= 2 * n:
            held.update(groups[at])
    return held


def _sentences(train: Sequence[Sentence], n: int, rng: np.random.Generator) -> set[int]:
    """``n`` random sentences: evenly spaced in a random order that is then sorted by label.

    One sentence of each label stays in train, so that dev has no label that train does not have.
    """
    order = sorted(rng.permutation(len(train)).tolist(), key=lambda i: train[i].label or "")  # stable
    first = {train[i].label: i for i in reversed(order)}
    rest = [i for i in order if first[train[i].label] != i] or order
    n = min(n, len(rest))
    places = (np.arange(n) + rng.random()) * len(rest) / n
    return {rest[int(place)] for place in places}
