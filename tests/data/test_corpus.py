from dataclasses import replace

import pytest

from probing.axes import SPLITS, Corpus, Sentence
from probing.data.corpus import WITHHELD, fingerprint, load, subsample, text_fingerprint, unique_ids
from probing.data.grammar import Grammar
from probing.errors import ConfigError, DataError


def corpus_of(train: str, dev: str = "x", test: str = "y", label: str = "l") -> Corpus:
    """A corpus of one-word sentences, a word a letter; its ids count from 0 in every split."""
    texts = dict(zip(SPLITS, (train, dev, test), strict=True))
    splits = {s: tuple(Sentence(str(i), (w,), label=label) for i, w in enumerate(t)) for s, t in texts.items()}
    return Corpus("toy", splits)


class Given:
    """A source that gives what it was given."""

    stand_in = None

    def __init__(self, corpus: Corpus, max_sentences: int | None = None) -> None:
        self.corpus, self.max_sentences = corpus, max_sentences

    def load(self, text: str = "spaced") -> Corpus:
        return self.corpus


LETTERS = "abcdefghijklmnop"


def words(corpus: Corpus, split: str = "train") -> str:
    return "".join(s.words[0] for s in corpus.splits[split])


def test_labels_change_the_fingerprint_but_not_that_of_the_text():
    one, other = corpus_of("abc"), corpus_of("abc", label="m")
    assert fingerprint(one) != fingerprint(other)
    assert text_fingerprint(one) == text_fingerprint(other)


@pytest.mark.parametrize("other", [corpus_of("acb"), corpus_of("abd"), corpus_of("abc", test="z"), corpus_of("ab")])
def test_words_and_their_order_change_both_fingerprints(other):
    assert fingerprint(corpus_of("abc")) != fingerprint(other)
    assert text_fingerprint(corpus_of("abc")) != text_fingerprint(other)


def test_the_order_of_words_and_the_ends_of_sentences_count():
    texts = [[("a", "b"), ("c",)], [("b", "a"), ("c",)], [("a",), ("b", "c")], [("a b",), ("c",)], [("ab",), ("c",)]]
    texts.append([("a",), ("b",), ("c",)])
    corpora = [replace(corpus_of(""), splits={"train": tuple(map(sentence, t)), "dev": (), "test": ()}) for t in texts]
    assert len({text_fingerprint(c) for c in corpora}) == len({fingerprint(c) for c in corpora}) == len(texts)


def sentence(words: tuple[str, ...]) -> Sentence:
    return Sentence("s", words)


def test_fingerprints_are_those_of_an_equal_corpus():
    assert fingerprint(corpus_of("abc")) == fingerprint(corpus_of("abc"))
    assert fingerprint(replace(corpus_of("abc"), name="other")) == fingerprint(corpus_of("abc"))


def test_a_subsample_is_deterministic_in_order_and_named():
    corpus = corpus_of(LETTERS, dev="xyz")
    part = subsample(corpus, 5)
    assert part == subsample(corpus, 5)
    assert part.name == "toy-5"
    assert len(words(part)) == 5
    assert words(part) == "".join(sorted(words(part)))
    assert words(part) != LETTERS[:5]  # drawn, not cut off: a corpus is often sorted by genre
    assert words(part, "dev") == "xyz"


def test_a_larger_subsample_holds_the_smaller_one():
    corpus = corpus_of(LETTERS)
    assert set(words(subsample(corpus, 4))) < set(words(subsample(corpus, 9)))


@pytest.mark.parametrize("size", [0, -1])
def test_a_subsample_of_nothing_is_refused(size):
    with pytest.raises(ConfigError, match=rf"data\.max_sentences={size}: must be greater than 0"):
        subsample(corpus_of(LETTERS), size)


def test_loading_subsamples_as_the_option_says():
    assert load(Given(corpus_of(LETTERS), max_sentences=5)).name == "toy-5"
    assert load(Given(corpus_of(LETTERS))).name == "toy"
    assert [len(s) for s in load(Grammar(train=30, dev=20, test=20, max_sentences=7)).splits.values()] == [7, 7, 7]


def test_counts_of_a_subsample_are_those_of_its_sentences():
    def sentence(i):
        return Sentence(str(i), (str(i),), left_out=(("multiword ranges skipped", i), ("empty nodes skipped", 1)))

    whole = Corpus("toy", {split: tuple(map(sentence, range(9))) for split in SPLITS})
    whole = replace(whole, skipped={"multiword ranges skipped": 3 * 36, "empty nodes skipped": 27, "quotes": 5})
    part = subsample(whole, 4)
    kept = [int(s.id) for split in SPLITS for s in part.splits[split]]
    assert part.skipped == {
        "multiword ranges skipped": sum(kept),
        "empty nodes skipped": len(kept),
        "quotes (in the whole corpus, of which this is a part)": 5,
    }


def test_repeated_ids_are_numbered_and_counted():
    corpus = unique_ids(corpus_of("ab", dev="cd", test="e"))
    assert [s.id for split in SPLITS for s in corpus.splits[split]] == ["0", "1", "0#2", "1#2", "0#3"]
    assert corpus.skipped == {"sentence ids repeated, numbered": 3}
    assert unique_ids(corpus) == corpus


def test_a_number_never_repeats_an_id_that_is_there():
    splits = {"train": tuple(Sentence(i, (i,)) for i in ("a", "a", "a#2", "a")), "dev": (), "test": ()}
    ids = [s.id for s in unique_ids(Corpus("toy", splits)).splits["train"]]
    assert ids[0] == "a"
    assert ids[2] == "a#2"
    assert len(set(ids)) == 4


def test_sentences_that_occur_in_train_are_kept_and_counted():
    corpus = unique_ids(corpus_of("abc", dev="ax", test="bcy"))
    assert corpus.skipped["dev and test sentences that occur in train, kept"] == 3
    assert words(corpus, "test") == "bcy"


@pytest.mark.parametrize("empty", SPLITS)
def test_a_split_without_sentences_is_named(empty):
    with pytest.raises(DataError, match=rf"corpus toy: the {empty} split has no sentence.*data\.{empty}="):
        load(Given(corpus_of(**{"train": "a", "dev": "b", "test": "c"} | {empty: ""})))


def test_words_that_are_withheld_are_counted():
    corpus = load(Given(corpus_of("a_b_c", dev="x_y")))
    assert words(corpus) == "a_b_c"
    assert corpus.skipped[WITHHELD] == 3
    assert WITHHELD not in load(Given(corpus_of("ab"))).skipped


@pytest.mark.parametrize("mask", ["_", "____", "***"])
@pytest.mark.parametrize("split", SPLITS)
def test_a_split_without_its_text_is_refused(mask, split):
    corpus = corpus_of("abcd", "efgh", "ijkl")
    withheld = tuple(replace(s, words=(mask,)) for s in corpus.splits[split][:3])
    given = replace(corpus, splits={**corpus.splits, split: (*withheld, corpus.splits[split][3])})
    with pytest.raises(
        DataError, match=rf"3 of the 4 words of {split} are only '.': its text is withheld; add the text"
    ):
        load(Given(given))
    half = replace(corpus, splits={**corpus.splits, split: (*withheld[:2], *corpus.splits[split][2:])})
    assert len(load(Given(half)).splits[split]) == 4


def test_letters_and_digits_are_text_however_often_they_occur():
    corpus = load(Given(corpus_of("aaaa", "1111", "日日日")))
    assert [words(corpus, split) for split in SPLITS] == ["aaaa", "1111", "日日日"]


def test_the_source_of_a_text_changes_the_fingerprint_but_not_that_of_the_text():
    one = corpus_of("abc")
    splits = {split: tuple(replace(s, source="web") for s in of) for split, of in one.splits.items()}
    assert fingerprint(replace(one, splits=splits)) != fingerprint(one)
    assert text_fingerprint(replace(one, splits=splits)) == text_fingerprint(one)
