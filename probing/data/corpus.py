"""What every corpus shares: fingerprints, subsampling and checks."""

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from itertools import count
from typing import Protocol

from probing.axes import SPLITS, Corpus, Sentence, Split
from probing.data.surface_text import SPACED
from probing.errors import DataError, positive
from probing.rng import generator

WITHHELD = "words that are an underscore, kept: treebanks write one for a word that is withheld or missing"

REPEATED = "dev and test sentences that occur in train, kept"

IN_WHOLE = " (in the whole corpus, of which this is a part)"  # after counts that a subsample cannot make anew


class Source(Protocol):
    """A corpus to be read, as an option of conf/data describes it."""

    @property
    def stand_in(self) -> str | None:
        """The option of conf/data that runs instead where this corpus is not available; None: nothing does."""

    @property
    def max_sentences(self) -> int | None:
        """At most this many sentences of each split, drawn at random; None: all."""

    def load(self, text: str = SPACED) -> Corpus:
        """Read the corpus for a model that reads this ``text`` of it: spaced or as_written, which differ in treebanks.

        Raises DataError if it is malformed, UnavailableError if it is not available here.
        """


def load(source: Source, text: str = SPACED) -> Corpus:
    """Read a corpus for a model that reads this ``text`` of it, and draw a subsample if its option says so.

    What a reader of the scores must know is counted. Raises DataError (malformed, or a split without sentences),
    UnavailableError and ConfigError.
    """
    corpus = source.load(text)
    for split in SPLITS:
        if not corpus.splits.get(split):
            raise DataError(
                f"corpus {corpus.name}: the {split} split has no sentence; give it some with data.{split}=…"
            )
    if source.max_sentences is not None:
        corpus = subsample(corpus, source.max_sentences)
    return unique_ids(count_withheld(corpus))


def count_withheld(corpus: Corpus) -> Corpus:
    """Count the words that are an underscore: some treebanks write one where they may not share the text.

    Raises DataError if most words of a split are one sign, once or repeated: its text is missing.
    """
    n = 0
    for split, sentences in corpus.splits.items():
        words = [word for s in sentences for word in s.words]
        masks = Counter(word[0] for word in words if len(set(word)) == 1 and not word[0].isalnum())
        n += words.count("_")
        for sign, times in masks.most_common(1):
            if times > len(words) / 2:
                raise DataError(
                    f"corpus {corpus.name}: {times:,} of the {len(words):,} words of {split} are only {sign!r}: its "
                    "text is withheld; add the text as the README of the corpus says, then run again"
                )
    return replace(corpus, skipped={**corpus.skipped, WITHHELD: n}) if n else corpus


def check_max_sentences(max_sentences: int | None) -> None:
    """Raise ConfigError for a number of sentences below 1; None stands for all sentences."""
    if max_sentences is not None:
        positive("data.max_sentences", max_sentences)


def check_train_sentences(train_sentences: int | None) -> None:
    """Raise ConfigError for a number of training sentences below 1; None stands for all."""
    if train_sentences is not None:
        positive("data.train_sentences", train_sentences)


def subsample(corpus: Corpus, max_sentences: int) -> Corpus:
    """At most ``max_sentences`` of each split, drawn at random, in corpus order; the same ones for any seed of the run.

    The name says so (``ewt-500``), since a score on a part is not a score on the whole. What was left out of sentences
    is counted for those that remain; what was counted otherwise is said to be of the whole corpus.
    """
    check_max_sentences(max_sentences)
    splits: dict[Split, tuple[Sentence, ...]] = {}
    for split, sentences in corpus.splits.items():
        keep = generator(0, "subsample", split).permutation(len(sentences))[:max_sentences]
        splits[split] = tuple(sentences[i] for i in sorted(keep))
    before, after = (_left_out(of.values()) for of in (corpus.splits, splits))
    whole = {f"{reason}{IN_WHOLE}": n for reason, n in corpus.skipped.items() if reason not in before}
    part = {reason: after[reason] for reason in corpus.skipped if after[reason]}
    return replace(corpus, name=f"{corpus.name}-{max_sentences}", splits=splits, skipped={**part, **whole})


def _left_out(splits: Iterable[Iterable[Sentence]]) -> Counter[str]:
    found: Counter[str] = Counter()
    for sentences in splits:
        for sentence in sentences:
            found.update(dict(sentence.left_out))
    return found


def unique_ids(corpus: Corpus) -> Corpus:
    """Number repeated sentence ids and count them; count the sentences of dev and test that also occur in train.

    All are kept: natural corpora repeat themselves, and the score is for the corpus as it is.
    """
    seen: Counter[str] = Counter()
    taken = {s.id for sentences in corpus.splits.values() for s in sentences}
    skipped = Counter(corpus.skipped)
    splits = {}
    for split, sentences in corpus.splits.items():
        renamed = []
        for sentence in sentences:
            seen[sentence.id] += 1
            if seen[sentence.id] > 1:
                numbered = (f"{sentence.id}#{n}" for n in count(seen[sentence.id]))
                sentence = replace(sentence, id=next(n for n in numbered if n not in taken))
                taken.add(sentence.id)
                skipped["sentence ids repeated, numbered"] += 1
            renamed.append(sentence)
        splits[split] = tuple(renamed)
    known = {s.words for s in splits["train"]}
    repeats = sum(s.words in known for split in ("dev", "test") for s in splits[split])
    if repeats:
        skipped[REPEATED] += repeats
    return replace(corpus, splits=splits, skipped=dict(skipped))


def text_fingerprint(corpus: Corpus) -> str:
    """sha256 over words, their order, and the text as written where models read it: all that a representation depends
    on. Labels are not part of it.
    """
    return _digest("\x1f".join(s.words) + _written(s) for split in SPLITS for s in corpus.splits[split])


def fingerprint(corpus: Corpus) -> str:
    """sha256 over everything a score depends on: splits, ids, words, annotation, and the text as written if read."""
    return _digest(
        repr((split, s)) + _typed(s) + _written(s) + _from(s) + _said(s)
        for split in SPLITS
        for s in corpus.splits[split]
    )


def _typed(sentence: Sentence) -> str:
    """The types of its mentions as text; nothing where they have none."""
    return f"\x1c{sentence.entity_types!r}" if sentence.entity_types else ""


def _said(sentence: Sentence) -> str:
    """The messages of a conversation as text; nothing where there are none."""
    return f"\x19{[tuple(message) for message in sentence.messages]!r}" if sentence.messages else ""


def _written(sentence: Sentence) -> str:
    """The surface of a sentence as text; nothing where a model reads the words."""
    if sentence.surface is None:
        return ""
    text, spans, contents = sentence.surface
    return f"\x1d{(text, spans)!r}" + ("" if contents is None else f"\x1a{contents!r}")


def _from(sentence: Sentence) -> str:
    """The source of a sentence as text; nothing where its corpus names none."""
    return "" if sentence.source is None else f"\x1b{sentence.source!r}"


def _digest(parts: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.encode("utf-8", "surrogatepass") + b"\x1e")
    return digest.hexdigest()
