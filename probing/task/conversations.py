"""Tasks on prompts and chats: a label for each conversation, each message, each labelled span, or each word."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from probing.axes import SPLITS, Corpus, Kind, Labels, Level, Note, Places, Sentence
from probing.data.conversation import ASSISTANT, message_words, spans_of
from probing.errors import DataError, one_of
from probing.task.control_labels import shuffled
from probing.task.labels import (
    ANSWER,
    CONVERSATION_VECTORS,
    LABELLED,
    LAST_PROMPT,
    MESSAGES,
    PROMPT,
    RANGE_VECTORS,
    SPANS,
    Form,
    Gold,
    labels_of,
)
from probing.task.mentions import Entity, Mention
from probing.task.sentences import label_of
from probing.task.words import WordClasses

OF_A_PART = (PROMPT, ANSWER, LAST_PROMPT)


def answer_start(sentence: Sentence) -> int:
    """How many words come before the answer: the last message, if the assistant says it; else all words."""
    ends = message_words(sentence)
    return ends[-1][0] if sentence.messages[-1].role == ASSISTANT else len(sentence.words)


@dataclass(frozen=True)
class Conversation:
    """Predict the label of a conversation from one vector of it.

    ``vector``: ``mean`` over the subwords of all words (a chat template's are no words), ``all`` over every subword,
    the template's too; ``cls`` of a causal model is the last subword, ``last`` the last one of a word; ``prompt`` and
    ``answer`` are means over the words of these parts, ``last_prompt`` is the subword before the answer, or the last
    one where there is no answer: of a chat, the last one of what its template writes before an answer. The control is
    that of ``SentenceTask``. The surface baseline of a vector that has not seen the answer reads no word of it.
    """

    name: str
    vector: str = LAST_PROMPT
    level: ClassVar[Level] = "sentence"
    kind: ClassVar[Kind] = "class"
    metrics: ClassVar[tuple[str, ...]] = ("accuracy", "macro_f1")
    control_note: ClassVar[str] = "labels are shuffled over conversations, so that only memorising can predict them"
    memorised: ClassVar[bool] = True

    def __post_init__(self) -> None:
        one_of("task.vector", self.vector, CONVERSATION_VECTORS)

    @property
    def surface(self) -> str:
        """The baseline on words: those before the answer, or all."""
        return "bag of the words before" if self.vector in (PROMPT, LAST_PROMPT) else "bag of words"

    def gold(self, sentence: Sentence) -> Gold | None:
        """The label of one conversation, (1,)."""
        return label_of(sentence)

    def places(self, sentence: Sentence) -> Places:
        """The words of the part that has the vector, for ``last_prompt`` the answer's, as the only item of a sentence.

        An item is known by the first word of the answer, or by the place after the last word.
        """
        start = answer_start(sentence)
        span = (0, start) if self.vector == PROMPT else (start, len(sentence.words))
        return Places(np.array([start]), np.array([[span]]))

    def labels(self, corpus: Corpus) -> Labels:
        """(1,) class index per conversation. Raises: DataError, also for parts of what is no conversation."""
        found = labels_of(self, corpus, LABELLED)
        if self.vector not in OF_A_PART:
            return found
        for split in SPLITS:
            if other := [s.id for s in corpus.splits[split] if not s.messages]:
                raise DataError(f"task.vector={self.vector}: {other[0]} is no conversation; type data=prompts")
        places = {split: [self.places(s) for s in corpus.splits[split]] for split in SPLITS}
        return replace(found, places=places)

    def control(self, corpus: Corpus, labels: Labels, rng: np.random.Generator, form: Form = str) -> Labels:
        """The same labels on other conversations."""
        return shuffled(labels, rng)


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
    """Predict the label of a span from its vector; the control gives every type of its last word a random label."""

    needs: ClassVar[str] = SPANS
    vectors: ClassVar[tuple[str, ...]] = RANGE_VECTORS
    control_note: ClassVar[str] = "one random label per word type of a span's last word, the same in all splits"


@dataclass(frozen=True)
class SpanWord(WordClasses):
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
