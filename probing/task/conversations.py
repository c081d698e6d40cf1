"""Tasks on prompts and chats: a label for each conversation, each message, each labelled span, or each word."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from probing.axes import SPLITS, Corpus, Labels, Note, Places, Sentence
from probing.data.conversation import ASSISTANT, message_words, spans_of
from probing.errors import DataError, one_of
from probing.task.labels import (
    ANSWER,
    CONVERSATION_VECTORS,
    LAST_PROMPT,
    MESSAGES,
    PROMPT,
    RANGE_VECTORS,
    SPANS,
    Gold,
    labels_of,
)
from probing.task.mentions import Entity, Mention
from probing.task.sentences import SentenceTask
from probing.task.words import WordTask

OF_A_PART = (PROMPT, ANSWER, LAST_PROMPT)


def answer_start(sentence: Sentence) -> int:
    """How many words come before the answer: the last message, if the assistant says it; else all words."""
    ends = message_words(sentence)
    return ends[-1][0] if sentence.messages[-1].role == ASSISTANT else len(sentence.words)


@dataclass(frozen=True)
class Conversation(SentenceTask):
    """Predict the label of a conversation from one vector of it.

    ``vector``: ``mean`` over the subwords of all words (a chat template's are no words), ``all`` over every subword,
    the template's too; ``cls`` of a causal model is the last subword, ``last`` the last one of a word; ``prompt`` and
    ``answer`` are means over the words of these parts, ``last_prompt`` is the subword before the answer, or the last one
    where there is no answer: of a chat, the last one of what its template writes before an answer.
    """

    def __post_init__(self) -> None:
        one_of("task.vector", self.vector, CONVERSATION_VECTORS)

    def places(self, sentence: Sentence) -> Places:
        """The words of the part that has the vector, as the only item of a sentence; for ``last_prompt`` the answer's."""
        start, n = answer_start(sentence), len(sentence.words)
        first, end = (0, start) if self.vector == PROMPT else (start, n)
        return Places(np.array([min(first, n - 1)]), np.array([[[first, end]]]))

    def labels(self, corpus: Corpus) -> Labels:
        """(1,) class index per conversation. Raises: DataError, also for parts of what is no conversation."""
        found = super().labels(corpus)
        if self.vector not in OF_A_PART:
            return found
        for split in SPLITS:
            if other := [s.id for s in corpus.splits[split] if not s.messages]:
                raise DataError(f"task.vector={self.vector}: {other[0]} is no conversation; type data=prompts")
        places = {split: [self.places(s) for s in corpus.splits[split]] for split in SPLITS}
        return replace(found, places=places)


@dataclass(frozen=True)
class MessageTask(Entity):
    """Predict the label of a message from its vector; messages without a label, or without a word, are no items.

    The control gives every type of a message's last word one random label.
    """

    needs: ClassVar[str] = MESSAGES
    vectors: ClassVar[tuple[str, ...]] = RANGE_VECTORS
    control_note: ClassVar[str] = "one random label per word type of a message's last word, the same in all splits"

    def mentions(self, sentence: Sentence) -> list[Mention]:
        """The messages with a label and a word."""
        found = zip(sentence.messages, message_words(sentence), strict=True)
        return [Mention(m.role, m.label, start, end) for m, (start, end) in found if m.label and end > start]

    def labels(self, corpus: Corpus) -> Labels:
        """(N,) class indices per conversation. The notes say how many messages have no label."""
        every = sum(len(s.messages) for split in SPLITS for s in corpus.splits[split])
        used = sum(len(self.mentions(s)) for split in SPLITS for s in corpus.splits[split])
        text = f"{every - used:,} of {every:,} messages have no label or no word and are left out"
        return replace(super().labels(corpus), notes=(Note("skipped", text),) if used < every else ())


@dataclass(frozen=True)
class SpanTask(Entity):
    """Predict the label of a span from its vector. The control gives every type of a span's last word a random label."""

    needs: ClassVar[str] = SPANS
    vectors: ClassVar[tuple[str, ...]] = RANGE_VECTORS
    control_note: ClassVar[str] = "one random label per word type of a span's last word, the same in all splits"


@dataclass(frozen=True)
class SpanWord(WordTask):
    """Predict for each word the label of the span that it is in: of several, of the first.

    ``outside`` is the label of words in no span; None: they have none.
    """

    outside: str | None = None

    def gold(self, sentence: Sentence) -> Gold | None:
        """The label of each word, (W,); None for a conversation in which no word has one."""
        found = [self.outside] * len(sentence.words)
        for span in reversed(spans_of(sentence) if sentence.entity_types else []):
            found[span.start : span.end] = [span.label] * (span.end - span.start)
        return found if any(found) else None

    def labels(self, corpus: Corpus) -> Labels:
        """(W,) class indices per conversation, -1 for a word without a label."""
        return labels_of(self, corpus, SPANS, partly=True)
