import numpy as np
import pytest
from omegaconf import OmegaConf

from pipelines.shared.option_files import CONF
from pipelines.shared.schema import checked
from probing.attention.heads.hypothesis import Hypothesis, check, hypothesis_from, queries_and_right_words
from probing.axes import Sentence
from probing.errors import ConfigError

# Ann lost her keys and she cried: Ann, her and she are one person (1), her keys (2) contain a mention of 1.
KEYS = Sentence(
    "keys",
    ("Ann", "lost", "her", "keys", "and", "she", "cried"),
    upos=("PROPN", "VERB", "PRON", "NOUN", "CCONJ", "PRON", "VERB"),
    heads=(2, 0, 4, 2, 7, 7, 2),
    deprel=("nsubj", "root", "nmod:poss", "obj", "cc", "nsubj", "conj"),
    lemmas=("Ann", "lose", "her", "key", "and", "she", "cry"),
    feats=("_", "_", "Poss=Yes|PronType=Prs", "Number=Plur", "_", "PronType=Prs", "_"),
    entities=(("1", (0,)), ("2", (2, 3)), ("1", (2,)), ("1", (5,))),
)
# A boy who lost his hat slept: the mention of the boy lies around "his".
HAT = Sentence(
    "hat",
    ("A", "boy", "who", "lost", "his", "hat", "slept"),
    upos=("DET", "NOUN", "PRON", "VERB", "PRON", "NOUN", "VERB"),
    heads=(2, 7, 4, 2, 6, 4, 0),
    deprel=("det", "nsubj", "nsubj", "acl:relcl", "nmod:poss", "obj", "root"),
    feats=("_", "_", "PronType=Rel", "_", "PronType=Prs", "_", "_"),
    entities=(("1", (0, 1, 2, 3, 4, 5)), ("1", (4,)), ("2", (4, 5))),
)
BOTH = (KEYS, HAT)
PRONOUNS = {"upos": "PRON", "feats": {"PronType": "Prs"}}


def pairs(sentence, **parts):
    """Query and right words, as words, of a hypothesis."""
    _, right = queries_and_right_words(Hypothesis("h", "?", **parts), sentence)
    return {(sentence.words[query], sentence.words[key]) for query, key in zip(*np.nonzero(right), strict=True)}


def test_pronouns_and_their_antecedents():
    parts = {"query": PRONOUNS, "relation": "same_entity"}
    assert pairs(KEYS, **parts, direction="before") == {("her", "Ann"), ("she", "Ann"), ("she", "her")}
    assert pairs(KEYS, **parts, direction="after") == {("her", "she")}
    assert pairs(KEYS, **parts, key={"upos": "PROPN"}) == {("her", "Ann"), ("she", "Ann")}
    assert pairs(HAT, **parts) == set()  # what lies around it is no other mention
    # "keys" heads a mention of 2 and of nothing else; "her" in it is not that mention's head
    assert pairs(KEYS, query={"form": ["keys"]}, relation="same_entity") == set()


def test_heads_dependents_and_the_link_between_them():
    assert pairs(KEYS, query={"upos": ["VERB"]}, relation="dependent", deprel=["obj"]) == {("lost", "keys")}
    assert pairs(KEYS, query={"upos": ["VERB"]}, relation="dependent", deprel="nsubj|obj", direction="before") == {
        ("lost", "Ann"),
        ("cried", "she"),
    }
    assert pairs(HAT, query={"upos": "DET"}, relation="head", deprel=["det"]) == {("A", "boy")}
    assert pairs(HAT, query={"upos": "DET"}, relation="head", key={"upos": "VERB"}) == set()
    assert pairs(HAT, query={"upos": "NOUN"}, relation="head", direction="after") == {("boy", "slept")}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"form": ["ANN", "and"]}, {"Ann", "and"}),  # case does not count in words
        ({"form": "h.*|ann"}, {"Ann", "her"}),
        ({"form": "he"}, set()),  # an expression fits the whole word
        ({"lemma": ["Lose"]}, {"lost"}),
        ({"upos": ["verb"]}, set()),  # but it does in tags
        ({"upos": "PR.*"}, {"Ann", "her", "she"}),
        ({"deprel": ["nsubj"], "upos": ["PRON"]}, {"she"}),
        ({"feats": {"PronType": ["Prs"]}}, {"her", "she"}),
        ({"feats": {"PronType": "Prs", "Poss": ["Yes"]}}, {"her"}),
        ({"xpos": "NN"}, set()),  # a column that the sentence lacks
        ({}, set(KEYS.words)),
    ],
)
def test_conditions_on_columns(query, expected):
    words, right = queries_and_right_words(Hypothesis("h", "?", query=query, key={"form": ".*"}), KEYS)
    assert {KEYS.words[i] for i in np.flatnonzero(words)} == expected
    assert right.sum() == len(expected) * 6  # every other word, never oneself


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"querry": {}},
            r"f\.yaml: querry: a hypothesis has no such key; use name, question, query, key, relation, deprel, dir",
        ),
        ({"name": None}, r"f\.yaml: the name of the hypothesis is missing"),
        ({"query": {"pos": "NOUN"}}, r"hypothesis h\.query\.pos: .*form, lemma, upos, xpos, deprel, feats"),
        ({"query": "PRON"}, r"query=PRON: not a set of conditions"),
        ({"key": {"feats": "PronType=Prs"}}, r"key\.feats=PronType=Prs: not a set of features"),
        ({"key": {"feats": {"Poss": True}}}, r"key\.feats\.Poss=True: YAML reads yes.*quotes"),
        ({"key": {"form": ["on", False]}}, r"key\.form=False: YAML reads"),
        ({"key": {"form": 7}}, r"key\.form=7: not text; give a list of words"),
        ({"key": {"form": []}}, r"key\.form=\[\]: an empty list"),
        ({"key": {"form": "(he"}}, r"key\.form=\(he: not a valid regular expression"),
        ({"relation": "child"}, r"relation=child: .*head, dependent, same_entity, any"),
        ({"direction": "left"}, r"direction=left: .*before, after, any"),
        (
            {"relation": "same_entity", "deprel": ["obj"]},
            r"=\['obj'\]: deprel needs a dependency, and relation is same",
        ),
        ({"relation": "head", "deprel": "("}, r"hypothesis h\.deprel=\(: not a valid regular expression"),
        ({"key": {}}, r"hypothesis h: every word would be a right answer"),
    ],
)
def test_what_cannot_be_meant_is_named(values, message):
    with pytest.raises(ConfigError, match=message):
        hypothesis_from({"name": "h", "question": "?", "key": {"upos": "NOUN"}} | values, "f.yaml")


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        (
            {"key": {"upos": ["NOUN", "NOUNS"]}},
            r"key\.upos=NOUNS: the corpus has no such name; it has .*CCONJ, DET, NOUN, PRON,",
        ),
        ({"relation": "head", "deprel": ["dobj"]}, r"hypothesis h\.deprel=dobj: .*it has acl:relcl, cc, conj, det"),
        ({"relation": "head", "deprel": "dobj.*"}, r"deprel=dobj\.\*: "),
        ({"query": {"feats": {"PronType": "Art"}}, "relation": "head"}, r"feats\.PronType=Art: .*it has Prs, Rel"),
        ({"key": {"xpos": "NN"}}, r"needs xpos; none of the 2 sentences has any"),
    ],
)
def test_names_that_the_corpus_lacks_are_named_with_those_it_has(parts, message):
    with pytest.raises(ConfigError, match=message):
        check(Hypothesis("h", "?", **parts), BOTH)


def test_annotation_that_the_corpus_lacks_is_named():
    bare = [Sentence("s", ("a", "b"))]
    with pytest.raises(ConfigError, match=r"entities \(column MISC, Entity=…\); none of the 1 sentences"):
        check(Hypothesis("h", "?", relation="same_entity"), bare)
    with pytest.raises(ConfigError, match="dependency tree"):
        check(Hypothesis("h", "?", relation="head"), bare)
    check(Hypothesis("h", "?", query=PRONOUNS, key={"form": "unheard"}, relation="same_entity"), BOTH)


@pytest.mark.parametrize("file", sorted((CONF / "hypothesis").glob("*.yaml")), ids=lambda file: file.stem)
def test_those_that_ship_can_be_read_and_met(file):
    node = OmegaConf.load(file)
    hypothesis = checked(Hypothesis, node, "hypothesis")
    assert hypothesis.name == file.stem
    values = {k: v for k, v in OmegaConf.to_container(node).items() if k != "_target_"}
    assert hypothesis_from(values, str(file)) == hypothesis
    check(hypothesis, BOTH)
    assert any(queries_and_right_words(hypothesis, sentence)[1].any() for sentence in BOTH)
