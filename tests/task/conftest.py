from collections.abc import Callable

import pytest

from probing.axes import SPLITS, Corpus, Sentence

TAGS = {"the": "DET", "dog": "NOUN", "dogs": "NOUN", "man": "NOUN", "saw": "VERB", "ran": "VERB", "mu": "_"}


@pytest.fixture
def treebank() -> Callable[..., Corpus]:
    """A corpus of sentences like ``"the dog ran"``, tagged word by word; heads chain every word to the next."""

    def corpus(
        *train: str, dev: tuple[str, ...] = ("the dog ran",), test: tuple[str, ...] = ("the man ran",)
    ) -> Corpus:
        texts = dict(zip(SPLITS, (train, dev, test), strict=True))
        return Corpus("toy", {split: tuple(map(_tagged, range(99), lines)) for split, lines in texts.items()})

    return corpus


def _tagged(number: int, line: str) -> Sentence:
    words = tuple(line.split())
    tags = tuple(TAGS.get(word, "X") for word in words)
    heads = (*range(2, len(words) + 1), 0)
    annotated = () if set(tags) == {"_"} else tags
    return Sentence(f"s{number}", words, upos=annotated, xpos=annotated, heads=heads, deprel=annotated)


@pytest.fixture
def reviews() -> Callable[..., Corpus]:
    """A corpus of sentences with these labels."""

    def corpus(train: list[str], dev: list[str], test: list[str]) -> Corpus:
        labels = dict(zip(SPLITS, (train, dev, test), strict=True))
        return Corpus(
            "toy",
            {
                split: tuple(Sentence(f"{split}-{i}", ("so", "so"), label=label) for i, label in enumerate(found))
                for split, found in labels.items()
            },
        )

    return corpus
