import runpy
from collections import Counter
from pathlib import Path

import pytest

from probing.data.grammar import Grammar
from probing.data.minimal_pair import NOWHERE
from probing.data.text_edits import text_edits
from probing.errors import DataError


def edits(text, kind, positive=None):
    """What edits of one kind make of a text: (text, flips, sure)."""
    found = text_edits(text, positive).edits
    return [(edit.text, edit.flips, edit.sure) for edit in found if edit.kind == kind]


SEED = "The movie was unexpectedly not boring"


def test_the_edits_of_a_text_whose_negation_stands_before_the_word_that_it_negates():
    found = {edit.kind: (edit.text, edit.flips, edit.sure) for edit in text_edits(SEED, positive=True).edits}
    assert found == {
        "drop negation": ("The movie was unexpectedly boring", True, "likely"),
        "swap antonym": ("The movie was unexpectedly not interesting", True, "likely"),
        "shorten": ("The movie was not boring", False, "likely"),
        "add intensifier": ("The movie was unexpectedly not really boring", False, "open"),
        "add contrast": ("The movie was unexpectedly not boring, but it is terrible", True, "likely"),
        "add concession": ("The movie was unexpectedly not boring, although it has flaws", False, "likely"),
    }


def test_words_are_aligned_to_those_of_the_original():
    by_kind = {edit.kind: edit for edit in text_edits(SEED, positive=True).edits}
    assert by_kind["drop negation"].source == (0, 1, 2, 3, 5)
    assert by_kind["swap antonym"].source == (0, 1, 2, 3, 4, 5)
    assert by_kind["add intensifier"].source == (0, 1, 2, 3, 4, NOWHERE, 5)
    for edit in by_kind.values():
        assert len(edit.words) == len(edit.source)
        assert [edit.text[start:end] for start, end in edit.surface.spans] == [*edit.words]
        assert edit.sentence("x").surface == edit.surface and edit.sentence("x").words == edit.words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It isn't good.", "It is good."),
        ("It isn’t good.", "It is good."),
        ("DON'T call it good", "DO call it good"),
        ("You can't call it good.", "You can call it good."),
        ("You won't find it dull.", "You will find it dull."),
        ("It cannot be good.", "It can be good."),
        ("It ca n't be good .", "It can be good ."),
        ("It does n't seem good .", "It does seem good ."),
        ("Never boring.", "Boring."),
        ("Not a great film", "A great film"),
        ("It has no charm", "It has some charm"),
        ("There was nothing good about it", "There was something good about it"),
        ("Nobody enjoyed it", "Everybody enjoyed it"),
        ("None of it is good", "Some of it is good"),
        ("It is hardly good", "It is good"),
        ("A film without charm", "A film with charm"),
        ("NOT GOOD!", "GOOD!"),
    ],
)
def test_a_negation_is_dropped_in_all_its_forms(text, expected):
    assert edits(text, "drop negation") == [(expected, True, "likely")]


@pytest.mark.parametrize(
    "text",
    ["No, it is good.", "It is not only good", "No doubt it is good", "It ain't good", "nothing but good", "Good."],
)
def test_what_is_no_negation_of_a_judgement_is_left_as_it_is(text):
    assert edits(text, "drop negation") == []
    assert text_edits(text).left_out["drop negation"] == "no negation that the rules can take away"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The play was dull.", ["The play was not dull."]),
        ("It's good", ["It's not good"]),
        (
            "It is good, but the end is weak.",
            ["It is not good, but the end is weak.", "It is good, but the end is not weak."],
        ),
        ("It never was dull.", []),
        ("Is it good?", []),
        ("What a bore it is", []),
        ("They loved it", []),
    ],
)
def test_a_negation_is_added_once_in_each_clause_that_has_a_form_of_be_and_no_negation(text, expected):
    assert [new for new, _, _ in edits(text, "add negation")] == expected


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("It does not rain.", "no word of judgement that the list knows follows in its clause"),
        ("It is not that it never was good", "another negation stands in its clause"),
        ("Is it not good?", "it is a question"),
        ("They said it was not good", "it may report what others say or expect"),
        ("It would not be good", "it may state a condition or a wish"),
        ("It is not good but it is short", "it has a contrast, and another part may decide the label"),
    ],
)
def test_a_rule_that_cannot_know_says_why(text, why):
    edit = next(edit for edit in text_edits(text).edits if edit.kind == "drop negation")
    assert edit.sure == "open" and why in edit.why.split("; ")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A good film", [("A bad film", True, "likely")]),
        ("An awful play.", [("An excellent play.", True, "likely")]),
        ("An interesting play.", [("A boring play.", True, "likely")]),
        ("BEST of all", [("WORST of all", True, "likely")]),
        ("I hated it", [("I loved it", True, "open")]),
        ("It bores", [("It delights", True, "open")]),
        ("A film", []),
    ],
)
def test_an_antonym_has_the_form_the_case_and_the_article_of_the_word(text, expected):
    assert edits(text, "swap antonym") == expected


def test_of_several_judgements_each_is_swapped_and_none_is_sure():
    assert edits("A good and funny film", "swap antonym") == [
        ("A bad and funny film", True, "open"),
        ("A good and unfunny film", True, "open"),
    ]


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("A very interesting film", "drop intensifier", [("An interesting film", False, "likely")]),
        ("An awful film", "add intensifier", [("A really awful film", False, "likely")]),
        ("It is not so bad", "drop intensifier", [("It is not bad", False, "open")]),
        ("So they went home", "drop intensifier", []),
        ("The best film", "add intensifier", []),
        ("It is (oddly enough) good.", "shorten", [("It is good.", False, "likely")]),
        ("It is surprisingly good.", "shorten", [("It is good.", False, "likely")]),
        ("It is hardly good.", "shorten", []),
    ],
)
def test_intensifiers_brackets_and_adverbs_keep_the_label(text, kind, expected):
    assert edits(text, kind) == expected


def test_the_clause_after_but_decides_and_the_one_before_it_does_not():
    text = "The cast is good, but the story is dull."
    assert edits(text, "drop contrast") == [("The cast is good.", True, "likely")]
    assert edits(text, "drop concession") == [("The story is dull.", False, "likely")]
    assert edits("The cast is not bad but the story is good.", "drop contrast")[0][2] == "open"  # both sides praise
    assert edits("Although it is long, it is good.", "drop concession") == [("It is good.", False, "likely")]
    assert edits("It is good, though it is long.", "drop concession") == [("It is good.", False, "likely")]
    assert edits("It is good though", "drop concession") == []


def test_an_added_clause_needs_the_label_and_is_written_as_the_text_is():
    assert edits("An awful play .", "add contrast", positive=False) == [
        ("An awful play , but it is wonderful .", True, "likely")
    ]
    assert text_edits("An awful play.").left_out["add contrast"] == "the label of the text is not given"


def test_the_original_is_the_text_as_it_is_written():
    found = text_edits("  An awful\tplay .\n", positive=False)
    assert found.original.words == ("An", "awful", "play", ".")
    assert found.original.surface.text == "  An awful\tplay .\n"
    for edit in found.edits:
        assert all(0 <= at < 4 or at == NOWHERE for at in edit.source)


def test_what_is_likely_by_rule_is_right_by_the_grammar_where_it_reads_the_new_text():
    read = runpy.run_path(str(Path(__file__).with_name("test_english.py")))["read"]
    other, n_read = {"positive": "negative", "negative": "positive"}, Counter()
    for sentence in Grammar(train=150, dev=1, test=1, seed=7).load().splits["train"]:
        for edit in text_edits(" ".join(sentence.words)).edits if len(sentence.words) <= 7 else ():
            first, *rest = edit.words
            got = {label for start in {first, first.lower()} for label, _ in read(" ".join([start, *rest]))}
            if got and edit.sure == "likely":
                assert got == {other[sentence.label] if edit.flips else sentence.label}, edit.text
                n_read[edit.kind] += 1
    assert len(n_read) >= 3 and n_read.total() >= 15, n_read


def test_no_text_stands_twice_and_none_is_the_original():
    texts = [edit.text for edit in text_edits("Good, good, not good but good!", positive=True).edits]
    assert len({*texts}) == len(texts) and "Good, good, not good but good!" not in texts


@pytest.mark.parametrize("text", ["", "  ", "?!", "…"])
def test_a_text_without_words_is_refused(text):
    with pytest.raises(DataError, match="the text has no words; type at least one"):
        text_edits(text)


@pytest.mark.parametrize(
    "text", ["a", "a an", "not", "but", "n't", "( a", "although", "no", "very", "’s", "不 好", "🙂"]
)
def test_odd_texts_give_texts(text):
    for edit in text_edits(text + " x", positive=False).edits:
        assert edit.text.strip() and len(edit.source) == len(edit.surface.spans)
