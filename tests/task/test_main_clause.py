"""Number and tense of the main clause, from FEATS or from Penn tags."""

from collections import Counter

import numpy as np
import pytest

from probing.axes import SPLITS, Corpus, Sentence
from probing.data.grammar import Grammar
from probing.errors import ConfigError, DataError
from probing.task.main_clause import MainClauseNumber, MainTense, feature

SUBJECT, OBJECT = MainClauseNumber("subject_number"), MainClauseNumber("object_number", role="object")
TENSE = MainTense("tense")
FIN_PAST, FIN_PRES = "Tense=Past|VerbForm=Fin", "Tense=Pres|VerbForm=Fin"


def tree(*rows: str) -> Sentence:
    """A sentence of rows ``word head relation feats xpos``."""
    words, heads, deprel, feats, xpos = zip(*(row.split() for row in rows), strict=True)
    shown = () if set(feats) == {"_"} else feats
    return Sentence("s", words, heads=tuple(map(int, heads)), deprel=deprel, feats=shown, xpos=xpos)


KEYS = tree(
    "keys 4 nsubj Number=Plur _",
    "to 3 case _ _",
    "cabinets 1 nmod Number=Sing _",
    f"opened 0 root {FIN_PAST} _",
    "door 4 obj Number=Sing _",
    f"creaks 5 acl:relcl {FIN_PRES} _",
)


def test_number_is_that_of_the_words_that_depend_on_the_root():
    assert (SUBJECT.gold(KEYS), OBJECT.gold(KEYS), TENSE.gold(KEYS)) == (["Plur"], ["Sing"], ["Past"])


def test_number_of_a_passive_subject_counts_and_that_of_another_clause_does_not():
    passive = tree("doors 3 nsubj:pass Number=Plur _", f"were 3 aux:pass {FIN_PAST} _", "opened 0 root Tense=Past _")
    other = tree(f"came 0 root {FIN_PAST} _", "men 3 nsubj Number=Plur _", f"saw 1 advcl {FIN_PAST} _")
    assert (SUBJECT.gold(passive), SUBJECT.gold(other)) == (["Plur"], [None])


def test_a_coordination_and_a_word_without_number_have_no_label():
    both = tree("Tom 3 nsubj Number=Sing _", "Ann 1 conj Number=Sing _", f"ran 0 root {FIN_PAST} _")
    you = tree("you 2 nsubj Person=2 _", f"ran 0 root {FIN_PAST} _")
    assert (SUBJECT.gold(both), SUBJECT.gold(you)) == ([None], [None])


def test_nouns_without_singular_are_plural():
    assert SUBJECT.gold(tree("scissors 2 nsubj Number=Ptan _", f"cut 0 root {FIN_PRES} _")) == ["Plur"]


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([f"has 2 aux {FIN_PRES} _", "seen 0 root Tense=Past|VerbForm=Part _"], "Pres"),
        ([f"was 2 cop {FIN_PAST} _", "old 0 root Degree=Pos _"], "Past"),
        (["could 3 aux VerbForm=Fin _", "have 3 aux VerbForm=Inf _", "seen 0 root Tense=Past|VerbForm=Part _"], None),
        (["Great 2 amod Degree=Pos _", "food 0 root Number=Sing _"], None),
        (["go 0 root Mood=Imp|VerbForm=Fin _", f"was 1 ccomp {FIN_PAST} _"], None),
    ],
)
def test_tense_is_that_of_the_finite_verb_of_the_main_clause(rows, found):
    assert TENSE.gold(tree(*rows)) == [found]


def test_penn_tags_serve_where_there_are_no_features():
    sentence = tree("guards 2 nsubj _ NNS", "opened 0 root _ VBD", "it 2 obj _ PRP")
    assert (SUBJECT.gold(sentence), OBJECT.gold(sentence), TENSE.gold(sentence)) == (["Plur"], [None], ["Past"])
    assert TENSE.gold(tree("can 2 aux _ MD", "open 0 root _ VB")) == [None]


def test_the_tags_of_the_bundled_corpus_give_each_task_labels_that_are_right():
    corpus = Grammar(train=200, dev=40, test=40).load()
    for task, classes in ((SUBJECT, ("Plur", "Sing")), (OBJECT, ("Plur", "Sing")), (TENSE, ("Past", "Pres"))):
        labels = task.labels(corpus)
        assert labels.classes == classes
        counts = Counter(np.concatenate(labels.values["train"]).tolist())
        assert min(counts[0], counts[1]) > 10
    sentences = corpus.splits["train"]
    was = [TENSE.gold(s) for s in sentences if "was" in s.words and "is" not in s.words]
    assert len(was) > 10 and set(map(tuple, was)) <= {("Past",), (None,)}


def test_a_corpus_without_the_forms_of_words_is_refused_before_anything_runs():
    bare = Sentence("s", ("a", "b"), heads=(2, 0), deprel=("nsubj", "root"))
    with pytest.raises(
        DataError, match=r"task=tense needs FEATS \(or the Penn Treebank's tags as XPOS\), and corpus bare"
    ):
        TENSE.labels(Corpus("bare", dict.fromkeys(SPLITS, (bare,))))
    flat = Sentence("s", ("a", "b"), xpos=("NN", "VBD"))
    with pytest.raises(DataError, match="task=tense needs heads"):
        TENSE.labels(Corpus("flat", dict.fromkeys(SPLITS, (flat,))))


def test_an_impossible_role_names_the_possible_ones():
    with pytest.raises(ConfigError, match=r"task\.role=verb: .* subject, object"):
        MainClauseNumber("x", role="verb")


def test_a_feature_with_several_values_is_none():
    assert feature("Gender=Fem,Masc|Number=Sing", "Gender") is None
