from collections import Counter

import pytest

from probing.data.derivation import Part, Rule, Sampler, read_rules
from probing.data.inflection import inflect
from probing.rng import generator


def test_a_rule_is_read_with_its_marks_and_repeated_for_its_names():
    rules = read_rules("Np-<show|item>#  2  det:the# *<>#   ! the play\n               1  nmod:poss:Owner~ *<>.sg")
    assert rules == [
        Rule("Np-show", "", 2, (Part("det", "the", "", "#"), Part("", "show", "", "#"))),
        Rule("Np-item", "", 2, (Part("det", "the", "", "#"), Part("", "item", "", "#"))),
        Rule("Np-show", "", 1, (Part("nmod:poss", "Owner", "", "~"), Part("", "show", "", "sg"))),
        Rule("Np-item", "", 1, (Part("nmod:poss", "Owner", "", "~"), Part("", "item", "", "sg"))),
    ]
    (rule,) = read_rules("Verdict±.pl  1  cop:be.pl *hit∓.pl")
    assert (rule.symbol, rule.form, rule.parts[1]) == ("Verdict", "pl", Part("", "hit", "∓", "pl"))


def test_a_line_that_is_no_rule_is_refused():
    with pytest.raises(ValueError, match="'nsubj' is not part of a rule"):
        read_rules("Claim  1  nsubj Thing *Verdict")
    with pytest.raises(ValueError, match="'Claim  nsubj:Thing"):
        read_rules("Claim  nsubj:Thing *Verdict")


def sampler(text):
    lexicon = {
        "be": [inflect("is/are/was/were", "AUX/finite")],
        "it": [inflect("it/they", "PRON/PRP")],
        "not": [inflect("not", "PART/RB")],
        "good+": [inflect("great", "adj")],
        "good-": [inflect("dull", "adj")],
    }
    return Sampler(read_rules(text), lexicon, generator(0, "test"))


@pytest.mark.parametrize(("sign", "adjective"), [(+1, "dull"), (-1, "great")])
def test_a_flipped_polarity_and_a_shared_number_reach_the_words(sign, adjective):
    tree = sampler("Text±  1  nsubj:it# *Is±#\nIs±#  1  cop:be# advmod:not *good∓").sentence(sign)[0].tree("past")
    assert tree.word.text == adjective
    assert [relation for relation, _ in tree.left] == ["nsubj", "cop", "advmod"] and not tree.right
    subject, copula = (child.word.text for _, child in tree.left[:2])
    assert (subject == "it") == (copula in ("is", "was"))


def test_rules_are_drawn_in_proportion_to_their_weight():
    draws = sampler("Text  1  *good±\n  3  *not")
    counts = Counter(draws.sentence(+1)[0].tree("past").word.text for _ in range(4000))
    assert set(counts) == {"great", "not"}
    assert abs(counts["not"] / 4000 - 0.75) < 0.03
