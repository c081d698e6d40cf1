import os
import re
import subprocess
import sys
from collections import Counter, defaultdict

import pytest

from probing.axes import SPLITS
from probing.data.corpus import fingerprint
from probing.data.grammar import HELD_OUT, LONGEST, SHORTEST, Grammar
from probing.data.inflection import inflect
from probing.data.lexicon import draw_held_out, entries
from probing.errors import ConfigError
from probing.rng import generator

CONTENT = ("NOUN", "VERB", "ADJ", "ADV", "PROPN")


@pytest.fixture(scope="module")
def corpus():
    return Grammar().load()


@pytest.fixture(scope="module")
def sentences(corpus):
    return [sentence for split in SPLITS for sentence in corpus.splits[split]]


def test_splits_have_their_sizes_and_share_no_sentence(corpus, sentences):
    assert {split: len(corpus.splits[split]) for split in SPLITS} == {"train": 3000, "dev": 600, "test": 600}
    assert len({s.words for s in sentences}) == len({s.id for s in sentences}) == 4200
    assert corpus.splits["train"][0].id == "train-0001"
    for split in SPLITS:
        labels = Counter(s.label for s in corpus.splits[split])
        assert labels["positive"] == labels["negative"]


def ancestors(heads, word):
    """Positions from a word to its root; longer than the sentence only if there is a cycle."""
    path = [word]
    while heads[path[-1] - 1] and len(path) <= len(heads):
        path.append(heads[path[-1] - 1])
    return path


def test_trees_are_projective_with_one_root_and_their_depth_varies(sentences):
    depths = Counter()
    for s in sentences:
        n = len(s.words)
        assert SHORTEST <= n <= LONGEST
        assert n == len(s.upos) == len(s.xpos) == len(s.heads) == len(s.deprel)
        assert [r for r, h in zip(s.deprel, s.heads, strict=True) if h == 0] == ["root"] and s.deprel.count("root") == 1
        paths = [ancestors(s.heads, word) for word in range(1, n + 1)]
        assert max(map(len, paths)) <= n
        for word, head in enumerate(s.heads, start=1):
            if head:
                assert all(head in paths[between - 1] for between in range(min(word, head) + 1, max(word, head)))
        depths[max(map(len, paths)) - 1] += 1
    assert set(range(1, 8)) <= set(depths)
    assert max(depths.values()) < 0.6 * len(sentences)
    assert 10 < sum(len(s.words) for s in sentences) / len(sentences) < 14


def test_words_are_spelt_and_agree(sentences):
    plural = {"they", "i", "we", "these", "those"}
    for s in sentences:
        assert s.words[0][0].isupper() and s.upos[-1] == "PUNCT"
        for word, follower in zip(s.words, s.words[1:], strict=False):
            if word.lower() in ("a", "an"):
                assert (word.lower() == "an") == (follower[0] in "aeiou")
        for position, (head, relation) in enumerate(zip(s.heads, s.deprel, strict=True)):
            if not relation.startswith("nsubj") or s.xpos[position] in ("WDT", "WP"):
                continue
            joined = any(h == position + 1 and r == "conj" for h, r in zip(s.heads, s.deprel, strict=True))
            is_plural = joined or s.xpos[position] == "NNS" or s.words[position].lower() in plural
            verb_phrase = [head, *(i for i, h in enumerate(s.heads, start=1) if h == head and is_aux(s, i))]
            tags = {s.xpos[i - 1] for i in verb_phrase}
            assert ("VBZ" if is_plural else "VBP") not in tags, " ".join(s.words)


def is_aux(sentence, position):
    return sentence.deprel[position - 1] in ("aux", "aux:pass", "cop")


def test_same_seed_same_bytes_in_any_process_and_another_seed_another_corpus(corpus):
    program = "from probing.data.grammar import Grammar as G; from probing.data.corpus import fingerprint as f; "
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    command = [sys.executable, "-c", program + "print(f(G().load()))"]
    elsewhere = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.strip()
    assert fingerprint(corpus) == elsewhere != fingerprint(Grammar(seed=1).load())


def content_types(sentences):
    return {w.lower() for s in sentences for w, tag in zip(s.words, s.upos, strict=True) if tag in CONTENT}


def test_part_of_the_vocabulary_is_kept_out_of_train(corpus):
    drawn = draw_held_out(generator(0, "grammar", "held out"), HELD_OUT)
    forms = {
        word.text.lower() for _, kind, entry in entries() if entry in drawn for word in inflect(entry, kind).values()
    }
    train, test = content_types(corpus.splits["train"]), content_types(corpus.splits["test"])
    assert not forms & train
    assert 0.10 < len(forms & test) / len(test) < 0.20


def test_words_change_class_with_their_context(corpus):
    tags = tag_counts(corpus.splits["train"])
    assert set(tags["that"]) == {"SCONJ", "PRON", "DET"}
    assert set(tags["light"]) == set(tags["present"]) == {"NOUN", "VERB", "ADJ"}
    assert set(tags["back"]) == {"NOUN", "VERB", "ADJ", "ADV"}
    assert set(tags["well"]) == {"NOUN", "ADV", "INTJ"}
    assert set(tags["like"]) == {"ADP", "VERB"} and set(tags["can"]) == {"AUX", "NOUN"}
    assert sum(len(counts) > 1 for counts in tags.values()) > 100


def tag_counts(sentences):
    tags = defaultdict(Counter)
    for s in sentences:
        for word, tag in zip(s.words, s.upos, strict=True):
            tags[word.lower()][tag] += 1
    return tags


def test_the_commonest_tag_of_a_word_is_not_enough(corpus):
    tags = tag_counts(corpus.splits["train"])
    guess = {word: counts.most_common(1)[0][0] for word, counts in tags.items()}
    right = [
        guess.get(word.lower(), "NOUN") == tag
        for s in corpus.splits["test"]
        for word, tag in zip(s.words, s.upos, strict=True)
    ]
    assert 0.80 < sum(right) / len(right) < 0.90


def test_a_bag_of_words_is_not_enough_for_the_label(corpus):
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.linear_model import LogisticRegression

    texts = {split: [" ".join(s.words) for s in corpus.splits[split]] for split in SPLITS}
    labels = {split: [s.label for s in corpus.splits[split]] for split in SPLITS}
    bag = CountVectorizer(token_pattern=r"\S+").fit(texts["train"])
    model = LogisticRegression(max_iter=1000).fit(bag.transform(texts["train"]), labels["train"])
    assert 0.55 < model.score(bag.transform(texts["test"]), labels["test"]) < 0.75


def test_a_split_without_sentences_is_refused():
    with pytest.raises(ConfigError, match=re.escape("data.dev=0: must be greater than 0")):
        Grammar(dev=0).load()
