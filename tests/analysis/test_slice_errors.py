import numpy as np
import pytest

from probing.analysis.phenomena import Phenomenon, phenomenon_from, slices, usual_phenomena
from probing.analysis.slice_errors import slice_errors
from probing.axes import Sentence
from probing.errors import ConfigError, DataError


def sentence(text, upos=()):
    return Sentence("", tuple(text.split()), tuple(upos))


TRAIN = 2 * [  # every word at least twice
    sentence(text)
    for text in ("the play was not dull .", "the play was n't good ?", "the cast was good , but and only .")
]
USUAL = usual_phenomena(TRAIN)


def having(text, upos=()):
    found = slices(USUAL, [sentence(text, upos)])
    return {name for name, n in found.counts.items() if n}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the play was not dull .", {"negation", "short"}),
        ("the play was n't good .", {"negation", "short"}),
        ("the play wasn't good .", {"negation", "rare words", "short"}),
        ("the play was not only good .", set()),
        ("the play was good , but the cast was dull .", {"contrast", "long"}),
        ("the play was good ?", {"question", "short"}),
        ("the play was good , and Tom was dull .", {"names", "rare words", "long"}),
        ("The play was good .", {"short"}),
        ("THE PLAY WAS GOOD .", {"short"}),
        ("the play was zany .", {"rare words", "short"}),
    ],
)
def test_phenomena_by_rule(text, expected):
    assert having(text) == expected


def test_rare_is_what_is_rarer_than_in_three_quarters_of_train():
    one, two = sentence("a b c d"), sentence("a b c e")  # a quarter of the words of each is in no other sentence
    [rare] = [each for each in usual_phenomena([one, two, one, two]) if each.name == "rare words"]
    assert rare.holds(sentence("a x")) and not rare.holds(sentence("a b")) and rare.rule.startswith("more than 0 %")
    [rare] = [each for each in usual_phenomena([one, two]) if each.name == "rare words"]
    assert (
        rare.holds(sentence("a x")) and not rare.holds(sentence("a b c x")) and rare.rule.startswith("more than 25 %")
    )
    with pytest.raises(DataError, match="train has no sentence"):
        usual_phenomena([])


def test_a_word_of_a_sentence_of_train_is_seen_only_if_another_sentence_has_it():
    twice, usual, other = sentence("odd odd a b"), sentence("a b c d"), sentence("a b c d")
    train = [twice, usual, other, other, other]
    [new] = [each for each in usual_phenomena(train) if each.name == "rare words"]
    [of_train] = [each for each in usual_phenomena(train, of_train=True) if each.name == "rare words"]
    assert new.rule == of_train.rule and new.rule.startswith("more than 0 %")
    assert of_train.holds(twice) and not of_train.holds(
        usual
    )  # "odd" is in no other sentence, however often in its own
    assert not new.holds(twice) and new.holds(sentence("a b new"))
    assert slices(usual_phenomena(train, of_train=True), train).counts["rare words"] == 1


def test_names_are_those_of_the_tags_where_there_are_tags():
    assert "names" in having("tom was good .", ("PROPN", "AUX", "ADJ", "PUNCT"))
    assert "names" not in having("the Play was good .", ("DET", "NOUN", "AUX", "ADJ", "PUNCT"))


def test_a_phenomenon_of_ones_own_is_a_condition_on_columns():
    modal = phenomenon_from(
        {"name": "doubt", "question": "Might it be?", "words": {"form": ["might", "may"]}}, "a.yaml"
    )
    twice = phenomenon_from({"name": "two", "question": "?", "words": {"upos": "NOUN"}, "at_least": 2}, "a.yaml")
    assert modal.holds(sentence("it Might rain")) and not modal.holds(sentence("it rains"))
    assert twice.holds(sentence("cats chase dogs", ("NOUN", "VERB", "NOUN")))
    assert not twice.holds(sentence("cats chase it", ("NOUN", "VERB", "PRON")))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"name": "a", "question": "b", "words": {"form": ["c"]}, "why": 1},
            "a.yaml: why: a phenomenon has no such key",
        ),
        ({"name": "a", "question": "b"}, "a.yaml: words is missing; a phenomenon needs a line words"),
        ({"name": "a", "question": "b", "words": {"tag": ["c"]}}, "a.yaml: words.tag: no such column"),
        ({"name": "a", "question": "b", "words": {"form": ["c"]}, "at_least": 0}, "at_least=0: a whole number from 1"),
        ({"name": 3, "question": "b", "words": {"form": ["c"]}}, "name=3: one line of at most 500"),
        ({"name": "a" * 501, "question": "b", "words": {"form": ["c"]}}, "one line of at most 500 characters"),
        ({"name": "a\nb", "question": "b", "words": {"form": ["c"]}}, "one line of at most 500 characters"),
        ({"name": "not mine", "question": "b", "words": {"form": ["c"]}}, "name=not mine: this names other sentences"),
        ({"name": "all sentences", "question": "b", "words": {"form": ["c"]}}, "this names other sentences already"),
    ],
)
def test_a_wrong_file_is_refused_with_its_name(values, message):
    with pytest.raises(ConfigError, match=message):
        phenomenon_from(values, "a.yaml")


def test_two_phenomena_of_one_name_are_refused():
    with pytest.raises(ConfigError, match="phenomena: two have the name negation; give each its own"):
        slices((USUAL[0], USUAL[0]), TRAIN)


def by_first_word(word):
    return Phenomenon(word, "", lambda one: one.words[0] == word)


def test_error_rates_and_differences_are_those_counted_by_hand():
    sentences = [sentence(word) for word in ["a"] * 4 + ["b"] * 6]
    wrong = np.array([[1, 0]] * 3 + [[0, 0]] * 5 + [[1, 1]] * 2, dtype=bool)
    inside = slices([by_first_word("a"), by_first_word("c")], sentences).members
    found = slice_errors(("a", "c"), inside, wrong, (None, 5), np.random.default_rng(0))
    assert found.names == ("a", "c") and found.layers == (None, 5) and found.n_differences == 2
    assert found.counts.tolist() == [4, 0]
    np.testing.assert_allclose(found.rate[0], [3 / 4, 0])
    np.testing.assert_allclose(found.rest[0], [2 / 6, 2 / 6])
    assert found.n == 10 and found.overall[0].tolist() == [0.5, 0.2]
    assert (found.overall[1] < found.overall[0]).all() and (found.overall[0] < found.overall[2]).all()
    np.testing.assert_allclose(found.difference[0], [3 / 4 - 2 / 6, -2 / 6])
    assert np.isnan(found.rate[1]).all() and np.isnan(found.p[1]).all() and np.isnan(found.joint_low[1]).all()
    assert (found.low[0] < found.rate[0] + 1e-12).all() and found.high[0, 1] > 0.4  # no error in 4 is no proof
    assert (found.joint_low[0] < found.difference[0]).all() and (found.difference[0] < found.joint_high[0]).all()


def test_a_phenomenon_that_fails_is_found_where_it_fails():
    rng = np.random.default_rng(0)
    sentences = [sentence(rng.choice(["a", "b", "c", "d"])) for _ in range(300)]
    slices_found = slices([by_first_word(word) for word in "abcd"], sentences)
    wrong = rng.random((300, 3)) < 0.15
    wrong[:, 2] |= slices_found.members[:, 1] & (rng.random(300) < 0.5)
    found = slice_errors("abcd", slices_found.members, wrong, (1, 2, 3), np.random.default_rng(1))
    assert found.p[1, 2] < 0.01 and found.joint_low[1, 2] > 0
    assert (found.p[:, :2] > 0.05).all() and ((found.joint_low[:, :2] < 0) & (found.joint_high[:, :2] > 0)).all()


def test_errors_of_other_sentences_are_refused():
    with pytest.raises(DataError, match=r"errors of shape \(2, 1\); expected: \(6, 1\)"):
        slice_errors("a", np.zeros((6, 1), bool), np.zeros((2, 1), bool), (0,), np.random.default_rng(0))
