"""Length and word content: labels are those of the words, and of nothing else."""

import numpy as np
import pytest

from probing.axes import SPLITS, Corpus, Sentence
from probing.errors import ConfigError, DataError
from probing.task.surface_properties import Length, WordContent, by_frequency


def of_words(*texts: str) -> tuple[Sentence, ...]:
    return tuple(Sentence(f"s{i}", tuple(text.split())) for i, text in enumerate(texts))


def corpus_of(*train: str, other: tuple[str, ...] = ("x",)) -> Corpus:
    return Corpus("toy", {split: of_words(*(train if split == "train" else other)) for split in SPLITS})


@pytest.mark.parametrize(
    ("n", "found"),
    [(4, None), (5, "05-08"), (8, "05-08"), (9, "09-12"), (20, "17-20"), (21, "21-25"), (28, "26-28"), (29, None)],
)
def test_the_ranges_of_length_are_those_of_senteval_and_others_have_no_label(n, found):
    [sentence] = of_words("w " * n)
    assert Length("length").gold(sentence) == [found]


def test_ranges_of_ones_own_become_classes_in_their_order():
    labels = Length("length", bins=[1, 3, 10, 101]).labels(corpus_of("a", "a b", "a b c", "a " * 50, "a " * 101))
    assert labels.classes == ("001-002", "003-009", "010-100")
    assert np.concatenate(labels.values["train"]).tolist() == [0, 0, 1, 2, -1]


@pytest.mark.parametrize("bins", [[5, 9], [5, 9, 9], [9, 5, 12], [0, 5, 9], []])
def test_bins_that_are_no_ranges_are_refused(bins):
    with pytest.raises(ConfigError, match=r"task\.bins=.*at least three numbers of words"):
        Length("length", bins=bins)


def test_words_are_ranked_by_frequency_without_case_and_without_signs():
    assert by_frequency(of_words("b The the , , , ,", "a the b 3 3 3 3")) == ["the", "b", "a"]


def test_a_sentence_is_labelled_with_the_only_one_of_the_words():
    task = WordContent("word_content", words=["sea", "Sun"])
    gold = [task.gold(s) for s in of_words("The Sea shines", "the sun and the sea", "a moon", "sun , Sun , SUN")]
    assert gold == [["sea"], [None], [None], ["sun"]]


def test_the_words_are_those_of_train_after_the_most_frequent_ones():
    task = WordContent("word_content", skip=1, n_words=2)
    labels = task.labels(corpus_of("the b the", "the c d", "b", "c", other=("c d", "b c", "B")))
    assert labels.classes == ("b", "c")  # d is rarer
    assert np.concatenate(labels.values["train"]).tolist() == [0, 1, 0, 1]
    assert np.concatenate(labels.values["test"]).tolist() == [1, -1, 0]


def test_a_train_with_too_few_words_says_how_many_it_has():
    with pytest.raises(
        DataError, match=r"train of toy has 3 different words, and 100 after the first 200 are expected"
    ):
        WordContent("word_content").labels(corpus_of("a b c"))
