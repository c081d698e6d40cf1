from collections import Counter

import pytest

from probing.axes import Corpus, Sentence
from probing.errors import ConfigError, DataError
from probing.task.mentions import DIFFERENT, SAME, Coreference, Entity, head_word, mentions_of, paired

# [Ann] 's [friend of [Bob]] said [he] saw [her] ; (Ann, her: one entity; friend, he: one entity)
WORDS = ("Ann", "'s", "friend", "of", "Bob", "said", "he", "saw", "her")
HEADS = (3, 1, 6, 5, 3, 0, 8, 6, 8)
ENTITIES = (("f", (0, 1, 2, 3, 4)), ("a", (0,)), ("b", (4,)), ("f", (6,)), ("a", (8,)))
TYPES = ("person", "person", "person", "animal", "")
TOLD = Sentence("s", WORDS, heads=HEADS, entities=ENTITIES, entity_types=TYPES)
BARE = Sentence("t", ("no", "marks"))


def corpus(*sentences: Sentence) -> Corpus:
    return Corpus("toy", dict.fromkeys(("train", "dev", "test"), sentences))


def test_the_head_of_a_mention_hangs_from_a_word_outside_of_it():
    assert [head_word(TOLD, m.start, m.end) for m in mentions_of(TOLD)] == [2, 0, 4, 6, 8]
    assert head_word(Sentence("t", WORDS), 0, 5) == 4


def test_a_mention_with_a_gap_is_left_out_and_counted():
    gapped = Sentence("g", WORDS, entities=(*ENTITIES, ("x", (1, 3))), entity_types=(*TYPES, "person"))
    assert mentions_of(gapped) == mentions_of(TOLD)
    [note] = Entity("entity").labels(corpus(gapped)).notes
    assert note == ("skipped", "3 mentions have other words between theirs and are left out")


def test_types_are_labels_and_a_mention_without_a_type_has_none():
    task = Entity("entity")
    found = task.labels(corpus(TOLD, BARE))
    assert found.classes == ("animal", "person")
    assert [v.tolist() for v in found.values["dev"]] == [[1, 1, 1, 0, -1], []]
    assert task.places(TOLD).words.tolist() == [2, 0, 4, 6, 8]
    assert task.places(TOLD).spans[0].tolist() == [[0, 5]]


def test_as_many_pairs_corefer_as_do_not_and_none_share_words():
    for sentence in (TOLD, Sentence("u", WORDS, entities=tuple(("e", (i,)) for i in range(4)))):
        pairs = paired(mentions_of(sentence))
        same = Counter(a.entity == b.entity for a, b in pairs)
        assert same[True] == same[False]
        assert all(a.end <= b.start for a, b in pairs)
        assert len(set(pairs)) == len(pairs)
    assert pairs == []  # all of one entity: there is no counterpart


def test_the_counterpart_is_nearly_as_far_apart():
    pairs = paired(mentions_of(TOLD))
    gaps = [b.start - a.end for a, b in pairs]
    assert [(a.start, b.start) for a, b in pairs[::2]] == [(0, 8), (0, 6)]  # Ann ← her, friend ← he
    assert gaps[::2] == [7, 1]
    assert gaps[1::2] == [5, 1]  # Ann … he; Bob … he


def test_labels_tell_whether_a_pair_corefers_and_notes_how_many_do():
    task = Coreference("coref")
    assert task.gold(TOLD) == [SAME, DIFFERENT] * 2
    found = task.labels(corpus(TOLD, BARE))
    assert found.classes == (DIFFERENT, SAME)
    assert [len(v) for v in found.values["test"]] == [4, 0]
    assert found.places["test"][0].words.tolist() == [8, 6, 6, 6]
    assert found.notes[0].text.startswith("coreference, train: 2 pairs of mentions of one sentence that corefer, of 2 ")


def test_one_vector_for_a_whole_sentence_is_a_caveat():
    texts = [note.text for note in Coreference("coref", vector="cls").labels(corpus(TOLD)).notes]
    assert "0.5 is all it can reach" in texts[-1]


@pytest.mark.parametrize(("task", "needs"), [(Entity("entity"), "types of entity"), (Coreference("coref"), "entity")])
def test_a_corpus_without_marks_is_refused_with_one_that_has_them(task, needs):
    with pytest.raises(DataError, match=f"needs {needs} marks, and corpus toy has none .* data=gum"):
        task.labels(corpus(BARE))
    with pytest.raises(ConfigError, match="task.vector"):
        type(task)("x", vector="first")
