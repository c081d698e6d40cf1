"""The verdict on one text: each rule from measurements that only it explains."""

from dataclasses import replace

import numpy as np
import pytest

from probing.analysis.text_parts import Part
from probing.attention.interventions.layer_answers import Answer
from probing.data.minimal_pair import Edit
from probing.data.text_edits import text_edits
from probing.diagnosis.edited_texts import EditedText, text_sentence
from probing.diagnosis.neighbours import Neighbour
from probing.diagnosis.one_text import TextEvidence
from probing.diagnosis.text_rules import name_of, outweighing, settled_layer, speaking_heads
from probing.diagnosis.text_verdict import verdict

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
        "label_without": np.full(len(sentence.words), 0.2),
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
    assert (found.layer, found.word) == (None, None)
    assert found.rules[0].against == ("this probe is wrong in 20 % of test",)
    near = [Neighbour("t", CLASSES[n >= 6], 0.1) for n in range(10)]
    taught = told(evidence("wwr", neighbours=near)).rules[0]
    assert taught.applies and taught.against[1:] == (
        "6 of the 10 nearest training sentences are negative: the head may answer as it was taught",
    )
    assert len(told(evidence("wwr", neighbours=near[1:])).rules[0].against) == 2
    assert len(told(evidence("wwr", neighbours=near[2:])).rules[0].against) == 1  # half of them is no majority
    assert told(evidence("wwr"), own_head=False).kind == "undecided"  # a probe that is read has no head above it


def test_layers_above_the_one_that_is_read_are_not_spoken_for():
    changes = {"edits": [replace(edited("wwwr"), answers=answers("wwwr", 0.8))], "read_layer": 2}
    found = told(replace(evidence("wwwr"), **changes), own_head=False)
    assert found.kind == "not told apart" and "the same answer in every layer up to layer 2, although" in found.says
    by_kind = {rule.kind: rule for rule in found.rules}
    assert by_kind["lost"].against == ("no probe on any layer up to layer 2 gives the label",)
    assert "in every layer up to layer 2, and the label loses nothing" in by_kind["not told apart"].reasons[0]
    assert "not every probe above layer 0 up to layer 2 gives negative" in by_kind["doubtful label"].against[-1]
    assert told(evidence("www")).rules[1].against == ("no probe on any layer gives the label",)


def test_information_that_is_lost_from_a_layer_on():
    found = told(evidence("wrrw"))
    assert (found.kind, found.layer) == ("lost", 2)
    assert "from layer 3 on the answer stays negative" in found.says
    assert "read layer 2 instead of layer 3, with a head that is trained as the probe there" in found.repair
    assert found.rules[1].against == (
        "2 of 4 probes are wrong here; probes on layers 1, 2 give it and err in up to 20 % of test",
    )
    earlier = told(evidence("wrwww"))
    assert (earlier.layer, settled_layer(evidence("wrwww"))) == (1, 2)
    assert "from layer 2 on the answer stays negative" in earlier.says


@pytest.mark.parametrize(
    ("errors", "kind", "layer"),
    [
        ((0.3, 0.12, 0.3, 0.1), "lost", 1),  # within the two points that are tolerated
        ((0.3, 0.13, 0.3, 0.1), "undecided", None),  # a worse probe that happens to be right is no evidence
        ((0.1, 0.1, 0.3, 0.1), "lost", 1),
        ((None, None, None, None), "undecided", None),
    ],
)
def test_only_a_probe_that_is_about_as_good_shows_what_is_lost(errors, kind, layer):
    given = [replace(one, error=error) for one, error in zip(answers("rrrw"), errors, strict=True)]
    found = told(evidence("rrrw", answers=given))
    assert (found.kind, found.layer) == (kind, layer)
    if errors[2] == 0.3:
        [rule] = [one for one in found.rules if one.kind == "lost"]
        assert "err in up to 30 % of test, and the one on layer 3 in 10 %: this may be chance" in rule.against[-1]


def test_a_minimal_pair_that_no_layer_tells_apart():
    found = told(evidence("www", edits=[edited("www")]))
    assert found.kind == "not told apart" and "“It was boring”" in found.says
    apart = told(evidence("www", edits=[edited("wrw")]))
    assert apart.kind == "undecided"
    [rule] = [one for one in apart.rules if one.kind == "not told apart"]
    assert rule.against == ("“It was boring” (drop negation) has another answer in layers 1",)


@pytest.mark.parametrize(
    ("of_edit", "kind", "said"),
    [
        (0.9, "not told apart", "has the same answer in every layer, and the label loses 0.8 nats of log-odds at most"),
        (0.95, "undecided", "the same answer in every layer, but the label loses 1.6 nats of log-odds at most (layer"),
        (0.7, "not told apart", "has the same answer in every layer, and the label loses nothing in any of them"),
    ],
)
def test_an_edit_that_moves_the_probes_is_told_apart_though_their_answer_is_the_same(of_edit, kind, said):
    """The text gets the wrong class with 0.8 in every layer; so would any edit that is right to get it."""
    found = told(evidence("www", edits=[replace(edited("www"), answers=answers("www", of_edit))]))
    assert found.kind == kind
    [rule] = [one for one in found.rules if one.kind == "not told apart"]
    assert any(said in line for line in (*rule.reasons, *rule.against))


def test_an_added_clause_says_nothing_of_what_is_told_apart():
    [added] = [one for one in text_edits(TEXT, True).edits if one.kind == "add contrast"]
    given = EditedText(replace(added, sure="likely"), 0, 0, np.log([0.9, 0.1]), answers("www"))
    assert given.should_differ(1)
    assert told(evidence("www", edits=[given])).kind == "undecided"


def test_a_word_that_outweighs_the_rest():
    found = told(evidence("www", shorter=np.array([0, 0, 0, 1])))
    assert found.kind == "outweighed" and "“boring”" in found.says
    several = evidence("www", shorter=np.array([1, 1, 1, 1]), label_without=np.array([0.6, 0.9, 0.99, 0.7]))
    found = told(several)
    assert outweighing(several) == ["It", "was", "boring"]  # a negation is none of them
    assert found.word == "was" and "each of “It”, “was”, “boring”" in found.says
    assert "leave “was” out of what is read" in found.repair


def test_heads_that_speak_most_for_the_wrong_answer():
    parts = [Part("head", 2, 1, 0.9, 0.0), Part("attention", 2, None, 0.8, 0.0), Part("head", 1, 0, -0.7, 0.0)]
    parts += [Part("head", 1, n, 0.1 * (5 - n), 0.0) for n in range(1, 4)]
    found = replace(evidence("www"), parts=parts)
    assert [part.name for part in speaking_heads(found)] == ["head 2.1", "head 1.1", "head 1.2"]


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
    assert found.rules[-1].against == ("7 of these 10 are the same word, which says only how train labels it",)
    others = told(evidence("www", answers=answers("www", 0.95), neighbours=near[7:], word=2))
    assert others.kind == "doubtful label" and "if the label stands" not in others.repair
    assert others.rules[-1].against == ()


def test_what_outweighs_a_word_may_be_a_negation_but_another_label_may_be_right_without_it():
    negation = np.array([0, 0, 1, 0])
    assert told(evidence("www", shorter=negation)).kind == "undecided"  # of the text: the label itself changes
    found = told(evidence("www", shorter=negation, word=3))
    assert found.kind == "outweighed" and "“not”" in found.says
    assert found.repair == "train on more sentences in which “not” is near a word with the label positive"
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
