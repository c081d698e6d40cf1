"""Agreement: whose number is read where, and which labels have an attractor."""

import numpy as np
import pytest

from probing.axes import SPLITS, Corpus, Sentence
from probing.data.grammar import Grammar
from probing.data.subject_verb import agreements
from probing.errors import ConfigError, DataError
from probing.rng import generator
from probing.task.verb_agreement import WITH, WITHOUT, VerbAgreement

TASK = VerbAgreement("agreement")


def tree(*rows: str) -> Sentence:
    """A sentence of rows ``word xpos head relation``."""
    words, xpos, heads, deprel = zip(*(row.split() for row in rows), strict=True)
    return Sentence("s", words, xpos=xpos, heads=tuple(map(int, heads)), deprel=deprel)


def keys(*verb: str) -> Sentence:
    before = ["The DT 2 det", "keys NNS 6 nsubj", "near IN 5 case", "the DT 5 det", "door NN 2 nmod"]
    return tree(*before, *verb)


FELL = keys("fell VBD 0 root")


def test_the_number_is_that_of_the_subject_at_the_place_of_the_verb():
    assert TASK.gold(FELL) == [None] * 5 + ["Plur"]
    assert TASK.conditions(FELL) == [None] * 5 + [WITH]
    [found] = agreements(FELL)
    assert (found.subject, found.verb, found.attractors) == (1, 5, (4,))


def test_the_word_before_the_verb_has_the_label_if_that_is_read_unless_it_is_the_subject():
    before = VerbAgreement("agreement", read_at="before")
    assert before.gold(FELL) == [None] * 4 + ["Plur", None]
    assert before.gold(tree("Keys NNS 2 nsubj", "fell VBD 0 root")) == [None, None]


def test_a_noun_of_the_same_number_is_no_attractor():
    sentence = tree("Keys NNS 4 nsubj", "near IN 3 case", "doors NNS 1 nmod", "fell VBD 0 root")
    assert TASK.conditions(sentence)[3] == WITHOUT


@pytest.mark.parametrize("verb", ["open VBP 0 root", "were VBD 0 root", "was VBD 0 root"])
def test_a_verb_that_tells_the_number_has_a_label_only_if_all_have(verb):
    assert TASK.gold(keys(verb)) == [None] * 6
    assert VerbAgreement("agreement", verbs="all").gold(keys(verb))[5] == "Plur"


def test_the_finite_verb_may_be_an_auxiliary():
    before = ["The DT 2 det", "keys NNS 7 nsubj", "near IN 5 case", "the DT 5 det", "door NN 2 nmod"]
    assert TASK.gold(tree(*before, "could MD 7 aux", "fall VB 0 root")) == [None] * 5 + ["Plur", None]


def test_a_coordination_and_a_subject_behind_its_verb_have_no_label():
    both = tree("Tom NNP 4 nsubj", "and CC 3 cc", "Ann NNP 1 conj", "fell VBD 0 root")
    behind = tree("Down RB 2 advmod", "fell VBD 0 root", "keys NNS 2 nsubj")
    assert not any(TASK.gold(both) + TASK.gold(behind))
    assert [*agreements(both), *agreements(behind)] == []


@pytest.fixture(scope="module")
def corpora():
    return [Grammar(train=300, dev=100, test=300, modifiers=times).load() for times in (1, 20)]


def test_more_modifiers_give_more_attractors_and_the_form_of_the_verb_never_tells(corpora):
    shares = []
    for corpus in corpora:
        labels = [
            (s.words[i], g, c)
            for s in corpus.splits["test"]
            for i, (g, c) in enumerate(zip(TASK.gold(s), TASK.conditions(s), strict=True))
            if g
        ]
        shares.append(np.mean([condition == WITH for _, _, condition in labels]))
        assert not {word for word, _, _ in labels} & {"is", "are", "was", "were", "has", "have", "does", "do"}
    assert shares[1] > 1.5 * shares[0]


def test_modifiers_change_nothing_unless_they_are_asked_for(corpora):
    assert Grammar(train=300, dev=100, test=300).load().splits == corpora[0].splits != corpora[1].splits


def test_labels_and_control_have_the_shape_of_the_words(corpora):
    labels = TASK.labels(corpora[1])
    assert labels.classes == ("Plur", "Sing")
    control = TASK.control(corpora[1], labels, generator(0))
    assert [len(v) for v in control.values["test"]] == [len(s.words) for s in corpora[1].splits["test"]]


def test_what_is_missing_is_named():
    bare = Sentence("s", ("a", "b"), heads=(2, 0), deprel=("nsubj", "root"))
    with pytest.raises(DataError, match="task=agreement needs Penn tags in XPOS, and corpus bare has none"):
        TASK.labels(Corpus("bare", dict.fromkeys(SPLITS, (bare,))))
    with pytest.raises(ConfigError, match=r"task\.read_at=after: .* verb, before"):
        VerbAgreement("agreement", read_at="after")
    with pytest.raises(ConfigError, match=r"task\.verbs=some: .* unmarked, all"):
        VerbAgreement("agreement", verbs="some")
    with pytest.raises(ConfigError, match=r"data\.modifiers=0: must be greater than 0"):
        Grammar(modifiers=0)
