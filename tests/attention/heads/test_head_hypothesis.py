import numpy as np
import pytest

from probing.attention.heads.head_accuracy import RANDOM
from probing.attention.heads.head_hypothesis import HeadHypothesis
from probing.attention.heads.hypothesis import Hypothesis
from probing.attention.heads.select_on_dev import choose
from probing.axes import Sentence
from probing.errors import ConfigError

# Ann saw Bo . | Cy wept : verbs and names
SAW = Sentence("saw", ("Ann", "saw", "Bo", "."), upos=("PROPN", "VERB", "PROPN", "PUNCT"))
WEPT = Sentence("wept", ("Cy", "wept"), upos=("PROPN", "VERB"))
NAPPED = Sentence("napped", ("they", "napped"), upos=("PRON", "VERB"))  # no name to attend to
SENTENCES = (SAW, WEPT, NAPPED)
NAMES = Hypothesis("verb_name", "Do verbs attend to names?", query={"upos": "VERB"}, key={"upos": "PROPN"})


def towards(n, query, key, weight):
    """Attention (n + 1, n + 1) with [CLS] first: ``query`` gives ``weight`` to ``key`` and the rest to [CLS]."""
    attention = np.zeros((n + 1, n + 1))
    attention[:, 0] = 1
    attention[query + 1, 0], attention[query + 1, key + 1] = 1 - weight, weight
    return attention


@pytest.fixture
def held(maps_by_hand, strongest_of):
    """One layer, two heads: head 0 goes to names; head 1 to "." with .3, to nothing, and wherever there is no name."""

    def held(split="dev"):
        attention = [
            [[towards(4, 1, 2, 0.2), towards(4, 1, 3, 0.3)]],
            [[towards(2, 1, 0, 0.1), towards(2, 1, 0, 0.0)]],
            [[towards(2, 1, 0, 0.1), towards(2, 1, 0, 0.1)]],
        ]
        words = [[-1, 0, 1, 2, 3], [-1, 0, 1], [-1, 0, 1]]
        batches = [
            maps_by_hand([words[i] for i in numbers], [np.array(attention[i]) for i in numbers], numbers)
            for numbers in ([0, 2], [1])
        ]
        return HeadHypothesis(NAMES, SENTENCES, strongest_of([4, 2, 2], batches, 1, 2), split)

    return held


def test_every_head_is_held_against_it_and_the_planted_one_chosen(held):
    heads, *floors = held().tallies()
    assert heads.target == "hypothesis verb_name"
    assert heads.sums.tolist() == [[[1, 0]], [[1, 0]], [[0, 0]]]
    assert heads.items.tolist() == [1, 1, 0]
    found = {t.probe: t.sums[:, 0].tolist() for t in floors}
    assert found["offset-1"] == [1, 1, 0]
    assert found["offset+1"] == [1, 0, 0]
    assert found[RANDOM] == [pytest.approx(2 / 3), 1, 0]
    (choice,), _ = choose(held("dev").tallies(), held("test").tallies(), least=1)
    assert (choice.layer, choice.head, choice.offset) == (1, 0, -1)
    assert choice.head_test.sums.sum() / choice.head_test.items.sum() == 1.0


def test_coverage_counts_queries_without_a_right_answer_but_not_sentences_without_maps(held, strongest_of):
    coverage = held().coverage()
    assert coverage.metric == "coverage"
    assert (coverage.sums[:, 0].tolist(), coverage.items.tolist()) == ([1, 1, 0], [1, 1, 1])
    without_maps = HeadHypothesis(NAMES, SENTENCES, strongest_of([4, 2, 2]), "dev").coverage()
    assert without_maps.items.sum() == 0


def test_counter_examples_are_the_misses_the_heaviest_first(held):
    counted = held()
    assert counted.counter_examples(layer=1, head=0) == []
    first, second = counted.counter_examples(layer=1, head=1)
    assert (first.sentence, first.query, first.query_at, first.attended, first.attended_at) == ("saw", "saw", 1, ".", 3)
    assert first.weight == pytest.approx(0.3)
    assert first.right == ("Ann", "Bo")
    assert (second.sentence, second.attended, second.attended_at, second.weight) == ("wept", "", -1, 0.0)
    assert counted.counter_examples(layer=1, head=1, n=1) == [first]


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        (
            {"query": {"form": ["ran"]}, "key": {"upos": "VERB"}},
            r"the 3 sentences of dev: no word matches its query.*ran",
        ),
        (
            {"query": {"upos": "VERB"}, "key": {"form": ["Zoe"]}, "direction": "before"},
            r"3 words match its query .*VERB.*, but none has .* its key .*Zoe.*direction before\); relax key",
        ),
        ({"relation": "head", "deprel": ["obj"]}, r"hypothesis h matches nothing.*relation head.*deprel \['obj'\]"),
    ],
)
def test_a_hypothesis_that_matches_nothing_says_what_was_looked_for(parts, message, strongest_of):
    with pytest.raises(ConfigError, match=message):
        HeadHypothesis(Hypothesis("h", "?", **parts), SENTENCES, strongest_of([4, 2, 2]), "dev")
