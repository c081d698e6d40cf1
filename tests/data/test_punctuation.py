import pytest

from probing.axes import SPLITS, Corpus, Sentence
from probing.data.punctuation import check_punctuation, kept
from probing.errors import ConfigError, DataError

TAGGED = Sentence("1", ("so", ",", "go", "!"), upos=("ADV", "PUNCT", "VERB", "PUNCT"))
PARTLY = Sentence("2", ("go", "!"), upos=("_", "PUNCT"))
BARE = Sentence("3", ("go", "on", "!"))


def corpus(**splits: tuple[Sentence, ...]) -> Corpus:
    return Corpus("toy", dict.fromkeys(SPLITS, (TAGGED,)) | splits)


def test_a_word_is_punctuation_if_its_tag_says_so():
    assert [kept(s).tolist() for s in (TAGGED, PARTLY, BARE)] == [
        [True, False, True, False],
        [True, False],
        [True, True, True],
    ]


def test_words_without_a_tag_are_kept_and_counted():
    assert check_punctuation(corpus(), "depth", ("nspr", "root_accuracy")) == []
    assert check_punctuation(corpus(train=(BARE,)), "distance", ("uuas",)) == []  # train is not scored
    assert check_punctuation(corpus(dev=(TAGGED, BARE), test=(PARTLY,)), "distance", ("uuas",)) == [
        "3 of 7 dev words have no UPOS: punctuation=remove keeps them",
        "1 of 2 test words have no UPOS: punctuation=remove keeps them",
    ]


@pytest.mark.parametrize("split", ["dev", "test"])
def test_a_split_without_any_tag_is_refused(split):
    with pytest.raises(DataError, match=rf"punctuation=remove needs upos, and corpus toy has none in {split}; type"):
        check_punctuation(corpus(**{split: (BARE, BARE)}), "distance", ("uuas",))


def test_a_task_that_no_removal_concerns_is_refused():
    with pytest.raises(ConfigError, match="changes nothing for task=pos.*scored by accuracy, macro_f1; leave it out"):
        check_punctuation(corpus(), "pos", ("accuracy", "macro_f1"))
