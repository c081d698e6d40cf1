from probing.data.opposites import PAIRS, adjectives, good_words, opposites


def test_opposites_are_in_the_same_form_and_first_pairs_win():
    found = opposites()
    assert (found["good"], found["bad"]) == ("bad", "good")
    assert (found["loved"], found["hates"], found["bored"]) == ("hated", "loves", "delighted")
    assert (found["failures"], found["masterpiece"]) == ("successes", "disaster")
    assert found["amusing"] == "unfunny" and found["unfunny"] == "funny"


def test_a_word_and_its_opposite_are_never_both_good():
    assert [word for word, other in opposites().items() if (word in good_words()) == (other in good_words())] == []


def test_every_line_has_a_kind_and_two_words():
    lines = [line.split() for line in PAIRS.splitlines() if line]
    assert {len(line) for line in lines} == {3} and {line[0] for line in lines} == {"adj", "verb", "noun"}
    assert "good" in adjectives() and "hated" not in adjectives()
