import numpy as np
import pytest

from probing.attention.heads.head_relations import ALL, HeadSyntax, TransposedSyntax, relations_of
from probing.attention.heads.select_on_dev import choose
from probing.axes import Sentence
from probing.errors import DataError

#  the → dog → barks ← .      dogs → chase ← cats ← (the, old)
BARKS = Sentence("1", ("the", "dog", "barks", "."), heads=(2, 3, 0, 3), deprel=("det", "nsubj", "root", "punct"))
CHASE = Sentence(
    "2", ("dogs", "chase", "the", "old", "cats"), heads=(2, 0, 5, 5, 2), deprel=("nsubj", "root", "det", "amod", "obj")
)
#  big, red → cats ← were (passive), → seen
SEEN = Sentence(
    "3",
    ("big", "red", "cats", "were", "seen"),
    heads=(3, 3, 5, 5, 0),
    deprel=("amod", "amod", "nsubj:pass", "aux:pass", "root"),
)
TREEBANK = (BARKS, CHASE, SEEN)


def pointing(places, sizes=None):
    """Attention (S, S) of words that each attend to one other, every word of sizes[w] subwords, specials around.

    Most weight goes to the special tokens and to oneself, and it is the key's second subword that gets the rest.
    """
    sizes = sizes or [1] * len(places)
    words = np.array([-1, *np.repeat(np.arange(len(places)), sizes), -1])
    attention = np.zeros((len(words), len(words)))
    attention[:, 0] = 1
    for row, word in enumerate(words):
        if word >= 0:
            attention[row, [0, row]] = 0.4
            attention[row, np.flatnonzero(words == places[word])[-1]] += 0.2
    return words.tolist(), attention


def to_head(sentence):
    return [head - 1 if head else place for place, head in enumerate(sentence.heads)]


def to_first_dependent(sentence):
    return [sentence.heads.index(at) if at in sentence.heads else at - 1 for at in range(1, len(sentence.heads) + 1)]


def to_next(sentence):
    return [min(place + 1, len(sentence.words) - 1) for place in range(len(sentence.words))]


@pytest.fixture
def planted(maps_by_hand, strongest_of):
    """HeadSyntax over the treebank: head 2.1 attends to heads, 1.0 to the first dependent, the others to the right."""

    def planted(split, sizes=None, **options):
        words, attention = [], []
        for sentence in TREEBANK:
            of = sizes and [sizes] * len(sentence.words)
            layout, right = pointing(to_next(sentence), of)
            heads, dependents = (pointing(way(sentence), of)[1] for way in (to_head, to_first_dependent))
            words.append(layout)
            attention.append(np.array([[dependents, right], [right, heads]]))
        found = strongest_of([len(s.words) for s in TREEBANK], [maps_by_hand(words, attention)], 2, 2)
        return HeadSyntax(TREEBANK, found, split, **options)

    return planted


def accuracy(counted, probe="attention"):
    """Per target, mean over all questions, (L, H) or (1,)."""
    return {t.target: t.sums.sum(axis=0) / t.items.sum() for t in counted.tallies() if t.probe == probe}


@pytest.mark.parametrize("sizes", [None, 2], ids=["whole words", "words of two subwords"])
def test_the_planted_heads_are_found(planted, sizes):
    found = accuracy(planted("dev", sizes))
    for relation in (ALL, "det", "nsubj", "nsubj:pass", "amod", "obj", "aux:pass"):
        assert found[f"{relation} dep→head"][1, 1] == 1.0
    assert found[f"{ALL} head→dep"][0, 0] == 1.0
    assert found["nsubj head→dep"][0, 0] == 1.0
    assert found["obj head→dep"][0, 0] == 0.0  # chase attends to its subject, the first of its dependents
    choices, _ = choose(planted("dev", sizes).tallies(), planted("test", sizes).tallies(), least=2)
    of = {choice.target: choice for choice in choices}
    assert (of["amod dep→head"].layer, of["amod dep→head"].head) == (2, 1)
    assert of["amod dep→head"].head_test.sums.sum() == of["amod dep→head"].head_test.items.sum() == 3


def test_questions_are_counted_once_without_root_and_punctuation(planted):
    items = {t.target: t.items.tolist() for t in planted("dev").tallies()}
    assert items[f"{ALL} dep→head"] == [2, 4, 4]
    assert items[f"{ALL} head→dep"] == [2, 2, 2]
    assert items["amod dep→head"] == [0, 1, 2]
    assert items["amod head→dep"] == [0, 1, 1]  # big and red answer one question
    assert not [target for target in items if target.startswith(("root", "punct"))]


def test_offsets_by_hand(planted):
    # det: the → dog is +1, the → cats is +2; the other way round -1 and -2
    counted = planted("dev")
    by_offset = {o: accuracy(counted, f"offset{o:+d}") for o in (-2, -1, 1, 2)}
    assert {o: found["det dep→head"].item() for o, found in by_offset.items()} == {-2: 0, -1: 0, 1: 0.5, 2: 0.5}
    assert {o: found["det head→dep"].item() for o, found in by_offset.items()} == {-2: 0.5, -1: 0.5, 1: 0, 2: 0}
    # all: the, dog | dogs, old | red, were attach to the next word, ten questions in all
    assert by_offset[1][f"{ALL} dep→head"].item() == 0.6
    # cats are modified by the word before them and the one before that
    assert by_offset[-1]["amod head→dep"].item() == 1.0
    assert by_offset[-2]["amod head→dep"].item() == 0.5


def test_the_word_that_attends_most_to_a_dependent(maps_by_hand, strongest_of):
    """Clark et al. (2019): chase gives each of its two dependents more than any other word does, one of them most."""
    attention = np.zeros((1, 1, 5, 5))
    attention[0, 0, 1] = [0.2, 0.1, 0.1, 0.1, 0.5]  # chase: cats gets most, dogs less
    attention[0, 0, [0, 2, 3, 4], [0, 2, 3, 4]] = 0.9  # the others attend to themselves
    attention[0, 0, [0, 2, 3, 4], 3] += 0.1
    attention[0, 0, 4] = [0.05, 0.05, 0.3, 0.2, 0.4]  # cats gives its determiner and its adjective most
    found = strongest_of([5], [maps_by_hand([list(range(5))], attention[:, 0][:, None, None])])
    of = {t.target: t for t in HeadSyntax([CHASE], found, "dev").tallies() if t.probe == "attention"}
    of |= {t.target: t for t in TransposedSyntax([CHASE], found, "dev").tallies() if t.probe == "attention"}
    hits = {target: (tally.sums.sum(), tally.items.sum()) for target, tally in of.items()}
    assert hits["nsubj head→dep"] == (0, 1)  # chase attends most to cats
    assert hits["nsubj head→dep (transposed)"] == (1, 1)  # but no other word attends more to dogs
    assert hits["obj head→dep"] == hits["obj head→dep (transposed)"] == (1, 1)
    assert hits[f"{ALL} head→dep (transposed)"] == (4, 4)
    assert hits["amod head→dep (transposed)"] == (1, 1)


def test_transposed_maps_read_one_way_are_maps_read_the_other_way(maps_by_hand, strongest_of):
    rng = np.random.default_rng(0)
    drawn = [rng.random((2, 3, len(s.words), len(s.words))) for s in TREEBANK]
    words = [list(range(len(s.words))) for s in TREEBANK]
    sizes = [len(s.words) for s in TREEBANK]
    plain, turned = (
        strongest_of(sizes, [maps_by_hand(words, of)], 2, 3) for of in (drawn, [d.swapaxes(-1, -2) for d in drawn])
    )
    found = {
        t.target.split()[0]: t.sums
        for t in TransposedSyntax(TREEBANK, plain, "dev").tallies()
        if t.probe == "attention"
    }
    for tally in HeadSyntax(TREEBANK, turned, "dev").tallies():
        if tally.probe == "attention" and tally.target.endswith("dep→head"):
            np.testing.assert_array_equal(found[tally.target.split()[0]], tally.sums)


def test_subtypes_can_be_merged(planted):
    assert relations_of(TREEBANK) == ["amod", "aux:pass", "det", "nsubj", "nsubj:pass", "obj"]
    merged = {t.target: t.items.tolist() for t in planted("dev", subtypes=False).tallies()}
    assert merged["nsubj dep→head"] == [1, 1, 1]
    assert "nsubj:pass dep→head" not in merged
    assert merged["aux head→dep"] == [0, 0, 1]


def test_relations_can_be_limited(planted):
    targets = {t.target for t in planted("dev", relations=("obj",)).tallies()}
    assert targets == {f"{ALL} dep→head", f"{ALL} head→dep", "obj dep→head", "obj head→dep"}


def test_a_corpus_without_trees_is_refused_and_a_sentence_without_one_asks_nothing(strongest_of):
    with pytest.raises(DataError, match="test: none of its 1 sentences has syntactic heads.*data=ewt"):
        HeadSyntax([Sentence("s", ("a", "b"))], strongest_of([2]), "test")
    counted = HeadSyntax([Sentence("s", ("a", "b")), BARKS], strongest_of([2, len(BARKS.words)]), "dev")
    assert next(counted.tallies()).items.tolist() == [0, 0]  # no maps
