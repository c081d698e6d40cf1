from collections import defaultdict
from functools import cache
from itertools import product

import pytest

from probing.data.derivation import Node, read_rules
from probing.data.english import RULES
from probing.data.grammar import LABELS, Grammar, write_down
from probing.data.inflection import pick
from probing.data.lexicon import entries, read_lexicon

LEXICON = read_lexicon()
RULES_OF = defaultdict(list)
for each in read_rules():
    RULES_OF[each.symbol].append(each)


class Reader:
    """Reads what the grammar writes: all derivations of a few words, found by trying every rule on every span."""

    def __init__(self, text, tense):
        self.words = ["a" if word == "an" else word for word in text.split()]
        self.tense = tense
        self.phrase = cache(self.phrase)

    def phrase(self, symbol, sign, form, start, end):
        """All trees of ``symbol`` over words[start:end]."""
        if symbol in RULES_OF:
            rules = [rule for rule in RULES_OF[symbol] if rule.form in ("", form)]
            return {tree for rule in rules for tree in self.rule(rule, sign, form, start, end)}
        if end - start != 1:
            return set()
        words = LEXICON.get(symbol) or LEXICON[symbol + "-+"[sign > 0]]
        return {Node(word) for word in (pick(w, form, self.tense) for w in words) if word.text == self.words[start]}

    def rule(self, rule, sign, form, start, end):
        """All trees of one rule, whatever its free numbers and its polarities that do not count."""
        at = [part.relation for part in rule.parts].index("")
        for number, doubtful in product([form] if form else ["sg", "pl"], (1, -1)):
            signs = {"": 0, "±": sign, "∓": -sign, "?": doubtful}
            for children in self.parts(rule.parts, signs, number, start, end):
                before, (_, head), after = children[:at], children[at], children[at + 1 :]
                yield Node(head.word, (*before, *head.left), (*head.right, *after))

    def parts(self, parts, signs, number, start, end):
        if not parts:
            yield from [()] if start == end else []
            return
        first, *rest = parts
        for middle in range(start + 1, end - len(rest) + 1):
            for form in ("sg", "pl") if first.form == "~" else (number if first.form == "#" else first.form,):
                for child in self.phrase(first.symbol, signs[first.sign], form, start, middle):
                    for others in self.parts(rest, signs, number, middle, end):
                        yield ((first.relation, child), *others)


def read(text, symbol="Text"):
    """All (label, tree) that the grammar gives a text."""
    return {
        (LABELS[sign], tree)
        for tense, sign in product(("present", "past"), LABELS)
        for tree in Reader(text, tense).phrase(symbol, sign, "", 0, len(text.split()))
    }


ANALYSED = """
positive  they/PRON/PRP/2/nsubj light/VERB/VBP/0/root that/DET/DT/5/det light/ADJ/JJ/5/amod light/NOUN/NN/2/obj
          ,/PUNCT/,/9/punct and/CCONJ/CC/9/cc I/PRON/PRP/9/nsubj like/VERB/VBP/2/conj that/PRON/DT/9/obj
          ./PUNCT/./2/punct

negative  we/PRON/PRP/2/nsubj think/VERB/VBP/0/root that/SCONJ/IN/8/mark that/DET/DT/5/det play/NOUN/NN/8/nsubj
          like/ADP/IN/7/case that/PRON/DT/5/nmod lacks/VERB/VBZ/2/ccomp charm/NOUN/NN/8/obj ./PUNCT/./2/punct

positive  Tom/PROPN/NNP/2/nsubj said/VERB/VBD/0/root it/PRON/PRP/5/nsubj was/AUX/VBD/5/cop dull/ADJ/JJ/2/ccomp
          ,/PUNCT/,/11/punct but/CCONJ/CC/11/cc that/PRON/DT/11/nsubj was/AUX/VBD/11/cop not/PART/RB/11/advmod
          true/ADJ/JJ/2/conj ./PUNCT/./2/punct

negative  the/DET/DT/2/det park/NOUN/NN/6/nsubj that/PRON/WDT/5/obj Rose/PROPN/NNP/5/nsubj visited/VERB/VBD/2/acl:relcl
          failed/VERB/VBD/0/root to/PART/TO/8/mark amuse/VERB/VB/6/xcomp us/PRON/PRP/8/obj ./PUNCT/./6/punct

positive  before/SCONJ/IN/4/mark the/DET/DT/3/det guard/NOUN/NN/4/nsubj rested/VERB/VBD/9/advcl ,/PUNCT/,/4/punct
          her/PRON/PRP$/7/nmod:poss play/NOUN/NN/9/nsubj:pass was/AUX/VBD/9/aux:pass loved/VERB/VBN/0/root
          by/ADP/IN/11/case everyone/PRON/NN/9/obl:agent ./PUNCT/./9/punct

positive  there/PRON/EX/2/expl was/VERB/VBD/0/root nothing/PRON/NN/2/nsubj dull/ADJ/JJ/3/amod about/ADP/IN/8/case
          Tom/PROPN/NNP/8/nmod:poss 's/PART/POS/6/case play/NOUN/NN/3/nmod ./PUNCT/./2/punct

negative  it/PRON/PRP/3/expl was/AUX/VBD/3/cop hard/ADJ/JJ/0/root to/PART/TO/5/mark like/VERB/VB/3/csubj
          the/DET/DT/7/det song/NOUN/NN/5/obj ./PUNCT/./3/punct

negative  the/DET/DT/3/det park/NOUN/NN/3/compound drive/NOUN/NN/7/nsubj is/AUX/VBZ/7/cop never/ADV/RB/7/advmod
          very/ADV/RB/7/advmod funny/ADJ/JJ/0/root when/ADV/WRB/11/advmod the/DET/DT/10/det locals/NOUN/NNS/11/nsubj
          drive/VERB/VBP/7/advcl back/ADV/RB/11/advmod ./PUNCT/./7/punct
"""


def in_columns(sentence):
    columns = zip(sentence.words, sentence.upos, sentence.xpos, sentence.heads, sentence.deprel, strict=True)
    return ["/".join(map(str, row)) for row in columns]


@pytest.mark.parametrize("analysed", ANALYSED.strip().split("\n\n"))
def test_tree_tags_relations_and_label_are_those_worked_out_by_hand(analysed):
    label, *rows = analysed.split()
    found = read(" ".join(row.split("/")[0] if row[0] != "/" else row for row in rows))
    rows[0] = rows[0][0].upper() + rows[0][1:]
    assert [(got, in_columns(write_down(tree, "", got))) for got, tree in found] == [(label, rows)]


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("the play was dull .", "negative"),
        ("the play was not dull .", "positive"),
        ("the play never bored us .", "positive"),
        ("the play failed to bore us .", "positive"),
        ("the play never failed to bore us .", "negative"),
        ("the play lacked charm .", "negative"),
        ("the play was without tedium .", "positive"),
        ("nobody enjoyed the play .", "negative"),
        ("it was hard to hate the play .", "positive"),
        ("I did not think that the play was dull .", "positive"),
        ("I doubted that the play was not dull .", "negative"),
        ("the play was dull , but it amused us .", "positive"),
        ("the play amused us , but it was dull .", "negative"),
        ("although the play amused us , it was dull .", "negative"),
        ("the play was dull although it amused us .", "negative"),
        ("Tom hated the play , but it amused us .", "positive"),
        ("Tom said that the play was dull , and that was true .", "negative"),
        ("Tom said that the play was dull , but that was wrong .", "positive"),
        ("we wanted to enjoy the play , but it was a bore .", "negative"),
        ("the play that bored the guard amused us .", "positive"),
    ],
)
def test_negation_and_contrast_flip_the_label_and_hearsay_does_not_count(text, label):
    assert {found for found, _ in read(text)} == {label}


def examples():
    symbol = ""
    for line in filter(None, RULES.splitlines()):
        symbol = symbol if line.startswith(" ") else line.split()[0]
        if "!" in line:
            rule, example = line.split("!", 1)
            yield f"{symbol} {rule[len(symbol) :] if rule.startswith(symbol) else rule}", example.strip()


@pytest.mark.parametrize(("rule", "example"), list(examples()))
def test_every_rule_derives_the_example_beside_it(rule, example):
    readers = [Reader(example, tense) for tense in ("present", "past")]
    assert any(
        next(reader.rule(one, sign, one.form or form, 0, len(reader.words)), None)
        for one, reader, sign, form in product(read_rules(rule), readers, (1, -1), ("sg", "pl"))
    )


def test_every_symbol_is_defined_and_every_class_used():
    classes = {name for name, _, _ in entries()}
    parts = {part for rules in RULES_OF.values() for rule in rules for part in rule.parts}
    used = {(part.symbol, part.sign) for part in parts if part.symbol not in RULES_OF}
    needed = {symbol + sign for symbol, mark in used for sign in ("+-" if mark and symbol not in classes else [""])}
    assert needed == classes
    assert RULES_OF.keys() - {"Text"} <= {part.symbol for part in parts}


def test_generated_sentences_read_back_as_their_own_tree_and_one_label():
    for sentence in Grammar(train=40, dev=1, test=1).load().splits["train"]:
        first, *others = sentence.words
        found = {analysis for start in {first, first.lower()} for analysis in read(" ".join([start, *others]))}
        assert {label for label, _ in found} == {sentence.label}, " ".join(sentence.words)
        assert any(write_down(tree, sentence.id, sentence.label) == sentence for _, tree in found)
