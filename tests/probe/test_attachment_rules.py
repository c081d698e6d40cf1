"""Rules of attachment: learnt per key, never out of the sentence, the control's habits among them."""

import numpy as np

from probing.probe.attachment_rules import by_rule
from probing.probe.baselines import Read, simple
from probing.probe.fit import Target
from probing.probe.surface import baselines

NOUN, VERB = "cat", "sat"


def made(test: list[str], gold: list[int]) -> tuple[Target, Read]:
    """Train: "the" attaches to the next word, a noun to the last word, which is its own head."""
    train = [["the", NOUN, "oh", "oh", VERB], ["the", NOUN, VERB]] * 3
    places = [np.array([1, 4, 4, 4, 4]), np.array([1, 2, 2])] * 3
    forms = {"train": train, "dev": train[:1], "test": [test]}
    values = {"train": places, "dev": places[:1], "test": [np.array(gold)]}
    items = {split: [np.arange(len(words)) for words in rows] for split, rows in forms.items()}
    return Target("word", "position", 0, values), Read(forms, items)


def test_each_type_takes_its_own_rule():
    target, read = made([NOUN, "the", VERB], [2, 2, 2])
    assert simple(target, read)["type_majority"]["test"][0].tolist() == [2, 2, 2]
    assert simple(target, read)["majority"]["test"][0].tolist() == [2, 2, 2]  # to the last word


def test_a_rule_that_leads_out_of_the_sentence_is_not_taken():
    target, read = made(["oh", "the"], [1, 0])
    assert simple(target, read)["type_majority"]["test"][0].tolist() == [1, 1]


def test_without_keys_the_rule_of_all_words_is_taken():
    target, _ = made(["new", NOUN], [1, 1])
    keys = {split: [()] * len(target.flat(split)) for split in target.values}
    assert by_rule(target, keys)["test"][0].tolist() == [1, 1]


def test_an_unknown_type_attaches_as_those_with_its_last_letters():
    target, read = made(["bathe", "bat", VERB], [1, 2, 2])  # …the: to the next word; …at: to the last one
    found = baselines(target, read, "usual place of the head")
    assert set(found) == {"majority", "type_majority", "surface"}
    assert found["surface"]["test"][0].tolist() == [1, 2, 2]


def test_a_head_without_a_vector_counts_for_no_rule():
    lost, found = [np.array([-1, -1])] * 10, [np.array([1, 2, 3, 3])] * 6
    long = [np.arange(1, 13).clip(max=11)]
    target = Target("word", "position", 0, {"train": lost + found, "dev": long, "test": long})
    keys = {split: [()] * len(target.flat(split)) for split in target.values}
    assert by_rule(target, keys)["test"][0].tolist() == [*range(1, 12), 11]  # the next word; the last one: itself
