"""Properties that are computed from a sentence, on sentences that can be checked by eye."""

import pytest

from probing.axes import Corpus, Sentence
from probing.data.grammar import Grammar
from probing.errors import DataError
from probing.task.properties import PROPERTIES, coordination, head_sides, quarters, word_lengths

SENTENCE = Sentence(
    "s", ("The", "cats", "and", "a", "grasshopper"), heads=(2, 0, 5, 5, 2), deprel=("det", "root", "cc", "det", "conj")
)
BARE = Sentence("b", ("Rain",))


def test_properties_of_words():
    assert head_sides(SENTENCE) == ["after", "root", "after", "after", "before"]
    assert quarters(SENTENCE) == ["quarter 1", "quarter 1", "quarter 2", "quarter 3", "quarter 4"]
    assert word_lengths(SENTENCE) == ["from 3", "from 3", "from 3", "from 1", "from 8"]
    assert (head_sides(BARE), quarters(BARE), word_lengths(BARE)) == (None, ["quarter 1"], ["from 3"])


def test_a_sentence_is_coordinated_if_a_word_is():
    assert coordination(SENTENCE) == ["conj"]
    assert coordination(Sentence("s", ("Go",), heads=(0,), deprel=("root",))) == ["none"]
    assert coordination(BARE) is None


@pytest.mark.parametrize("level", PROPERTIES)
def test_every_property_of_the_bundled_corpus_has_classes_and_its_name_once(level):
    corpus = Grammar(name="grammar", train=60, dev=30, test=30).load()
    names = [task.name for task in PROPERTIES[level]]
    assert len(set(names)) == len(names) == 6
    for task in PROPERTIES[level]:
        assert (task.level, task.kind) == (level, "class")
        assert len(task.labels(corpus).classes) > 1


def test_a_corpus_without_the_annotation_is_refused():
    some = (BARE, Sentence("c", ("Fog", "and", "rain")))
    corpus = Corpus("plain", {split: some for split in ("train", "dev", "test")})
    known = {task.name: task for task in PROPERTIES["word"]}
    assert len(known["quarter"].labels(corpus).classes) == 3
    with pytest.raises(DataError, match="task=head_side needs heads"):
        known["head_side"].labels(corpus)
