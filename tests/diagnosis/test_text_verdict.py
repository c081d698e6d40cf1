"""The verdict on one text: each rule from measurements that only it explains."""

import numpy as np
import pytest

from probing.attention.interventions.layer_answers import Answer
from probing.data.minimal_pair import Edit
from probing.data.text_edits import text_edits
from probing.diagnosis.edited_texts import EditedText, text_sentence
from probing.diagnosis.one_text import Neighbour, TextEvidence
from probing.diagnosis.text_verdict import last_right, name_of, verdict

CLASSES = ("negative", "positive")
TEXT = "It was not boring"


def answers(right: str, probability: float = 0.8) -> list[Answer]:
    """One layer per letter: ``r`` gives the label (class 1), ``w`` the other class."""
    sides = {"r": [1 - probability, probability], "w": [probability, 1 - probability]}
    return [Answer(layer, np.log(sides[letter]), 0.1 * layer) for layer, letter in enumerate(right)]


def evidence(right: str, predicted: int = 0, **changes) -> TextEvidence:
    """The label is positive; the last layer is read. No word changes the answer, and no edit is known."""
    sentence = text_sentence(TEXT)
    given = {
        "answers": answers(right),
        "shorter": np.full(len(sentence.words), predicted),
        "neighbours": [],
        "edits": [],
        **changes,
    }
    return TextEvidence(
        sentence=sentence,
        label=1,
        predicted=predicted,
        log_probabilities=np.log([0.9, 0.1] if predicted == 0 else [0.1, 0.9]),
        explained=(CLASSES[predicted], CLASSES[1 - predicted]),
        methods=(),
        parts=(),
        notes=(),
        read_layer=len(right) - 1,
        **given,
    )


def edited(right: str) -> EditedText:
    [edit] = [one for one in text_edits(TEXT, True).edits if one.kind == "drop negation"]
    assert isinstance(edit, Edit) and edit.sure == "likely"
    return EditedText(edit, 0, 0, np.log([0.9, 0.1]), answers(right))


def told(found: TextEvidence, own_head: bool = True):
    return verdict(found, CLASSES, own_head)


def test_a_right_answer_needs_no_rule():
    found = told(evidence("www", predicted=1))
    assert (found.kind, found.rules) == ("right", ())


def test_information_that_the_head_does_not_use():
    found = told(evidence("wwr"))
    assert found.kind == "unused" and "layer 2" in found.says and "train the head again" in found.repair
    assert found.rules[0].against == ("this probe is wrong in 20 % of test",)
    assert told(evidence("wwr"), own_head=False).kind == "undecided"  # a probe that is read has no head above it


def test_information_that_is_lost_from_a_layer_on():
    found = told(evidence("wrrw"))
    assert found.kind == "lost" and last_right(evidence("wrrw")) == 2
    assert "none from layer 3 on does" in found.says and "read layer 2 instead" in found.repair
    assert found.rules[1].against == ("2 of 4 probes are wrong here; the others err in up to 20 % of test",)


def test_a_minimal_pair_that_no_layer_tells_apart():
    found = told(evidence("www", edits=[edited("www")]))
    assert found.kind == "not told apart" and "“It was boring”" in found.says
    apart = told(evidence("www", edits=[edited("wrw")]))
    assert apart.kind == "undecided"
    [rule] = [one for one in apart.rules if one.kind == "not told apart"]
    assert rule.against == ("“It was boring” (drop negation) has another answer in layers 1",)


def test_a_word_that_outweighs_the_rest():
    found = told(evidence("www", shorter=np.array([0, 0, 0, 1])))
    assert found.kind == "outweighed" and "“boring”" in found.says


@pytest.mark.parametrize(
    ("n_same", "probability", "kind"), [(8, 0.95, "doubtful label"), (7, 0.95, "undecided"), (8, 0.8, "undecided")]
)
def test_a_label_against_its_neighbours_and_all_probes(n_same, probability, kind):
    near = [Neighbour("t", CLASSES[n >= n_same], 0.1) for n in range(10)]
    assert told(evidence("www", answers=answers("www", probability), neighbours=near)).kind == kind


def test_a_word_is_doubted_by_words_and_the_same_word_says_only_how_train_labels_it():
    near = [Neighbour("[not] t", "negative", 0.1, "Not") for _ in range(7)]
    near += [Neighbour("[no] t", "negative", 0.1, "no") for _ in range(3)]
    found = told(evidence("www", answers=answers("www", 0.95), neighbours=near, word=2))
    assert found.kind == "doubtful label" and "the label of this word is in doubt" in found.says
    assert found.repair.endswith("if the label stands, add training sentences in which “not” is positive")
    assert found.rules[-1].reasons[0] == "10 of the 10 nearest training words are negative"
    assert found.rules[-1].against == ("7 of these 10 are the same word, and say only how train labels it",)
    others = told(evidence("www", answers=answers("www", 0.95), neighbours=near[7:], word=2))
    assert others.kind == "doubtful label" and "if the label stands" not in others.repair
    assert others.rules[-1].against == ()


def test_what_outweighs_a_word_may_be_a_negation_but_another_label_may_be_right_without_it():
    negation = np.array([0, 0, 1, 0])
    assert told(evidence("www", shorter=negation)).kind == "undecided"  # of the text: the label itself changes
    found = told(evidence("www", shorter=negation, word=3))
    assert found.kind == "outweighed" and "“not”" in found.says
    assert found.repair == "train on more sentences in which this word is near one with the label positive"
    [rule] = [one for one in found.rules if one.kind == "outweighed"]
    assert rule.against == ("in a sentence without it, another label of the word may be right",)
    [rule] = [one for one in found.rules if one.kind == "not told apart"]
    assert rule.against == ("no edit is made for one word",)


def test_without_any_sign_nothing_is_decided_and_all_rules_say_why():
    found = told(evidence("www"))
    assert found.kind == "undecided" and "would settle it" in found.repair
    assert [rule.kind for rule in found.rules] == ["unused", "lost", "not told apart", "outweighed", "doubtful label"]
    assert not any(rule.applies for rule in found.rules)
    assert all(rule.against for rule in found.rules)


def test_a_class_of_the_head_that_the_corpus_lacks_has_no_name():
    assert name_of(CLASSES, 1) == "positive"
    assert name_of(CLASSES, -2) == "a class that the corpus does not have"
