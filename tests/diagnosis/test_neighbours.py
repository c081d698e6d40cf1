"""The nearest items of train, held against all distances."""

import numpy as np
from scipy.spatial.distance import cdist

from probing.axes import Sentence
from probing.diagnosis.edited_texts import text_sentence
from probing.diagnosis.neighbours import marked, neighbours


def test_neighbours_are_the_nearest_of_all_sentences_of_train(small_texts, small_subject):
    found = small_texts[0].evidence
    vectors, own = small_subject.train_vectors, small_subject.vector(small_subject.subwords([found.sentence]))
    centre, spread = vectors.mean(axis=0), vectors.std(axis=0)
    distances = cdist(((own - centre) / spread)[None], (vectors - centre) / spread, "cosine")[0]
    train = small_subject.study.corpus.splits["train"]
    nearest = np.argsort(distances, kind="stable")[:10]
    np.testing.assert_allclose([near.distance for near in found.neighbours], distances[nearest], atol=1e-5)
    expected = [(" ".join(train[n].words), train[n].label) for n in nearest]
    assert [(near.text, near.label) for near in found.neighbours] == expected


def test_nearest_words_are_those_of_train_in_their_sentences(word_subject):
    vectors, items = word_subject.train_vectors, word_subject.with_vector("train")
    subwords = word_subject.subwords([text_sentence("they watch the light")])
    own, found = word_subject.vector(subwords, 1), neighbours(word_subject, subwords, 1)
    spread = vectors.std(axis=0)
    distances = cdist(
        ((own - vectors.mean(axis=0)) / spread)[None], (vectors - vectors.mean(axis=0)) / spread, "cosine"
    )
    nearest = np.argsort(distances[0], kind="stable")[:10]
    np.testing.assert_allclose([near.distance for near in found], distances[0][nearest], atol=1e-5)
    train = word_subject.study.corpus.splits["train"]
    for near, row in zip(found, nearest, strict=True):
        sentence, at = train[items.sentences[row]], items.words[row]
        if distances[0][row] < distances[0][nearest[-1]]:  # of equal distances either may stand
            assert near.label in {sentence.upos[at]} and near.word == sentence.words[at]
            assert near.text == " ".join([*sentence.words[:at], f"[{near.word}]", *sentence.words[at + 1 :]])


def test_marked_words_stand_in_brackets():
    assert marked(Sentence("s", ("a", "b", "b")), 2) == "a b [b]" and marked(Sentence("s", ("a", "b")), None) == "a b"
