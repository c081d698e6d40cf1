"""A causal model as a classifier: a prompt around the text, and which of some answers the model goes on with."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from probing.attention.interventions.readouts import HeadReadout
from probing.axes import Sentence, Surface
from probing.errors import ConfigError, DataError, ModelError, shown
from probing.model.align import as_read
from probing.model.class_names import match_classes
from probing.model.encoder import Encoder
from probing.model.saved_head import ModelHead
from probing.model.subwords import Subwords

if TYPE_CHECKING:
    import torch

NO_NEXT_WORD = (
    "{}: a prompt needs the head of a model that predicts the next word, and this one has none; choose a causal model, "
    "such as model=gpt2, or leave prompt out"
)

TEXT = "{text}"


@dataclass(frozen=True)
class Prompt:
    """prompt: what the model reads, with ``{text}`` where the text stands. answers: by class, what follows the prompt.

    A space between the two belongs to the answer: in most vocabularies a word begins with its space.
    Raises: ConfigError for a prompt without ``{text}``, and for fewer than two answers or an empty one.
    """

    prompt: str
    answers: dict[str, str]

    def __post_init__(self) -> None:
        if self.prompt.count(TEXT) != 1:
            raise ConfigError(
                f"prompt={shown(repr(self.prompt))}: {TEXT} is expected in it once, where the text stands; type "
                'prompt="Review: {text} Sentiment:", for example'
            )
        if len(self.answers) < 2 or not all(answer.strip() for answer in self.answers.values()):
            raise ConfigError(
                f"answers={shown(dict(self.answers))}: an answer for each of two classes or more is expected; type "
                "answers={positive: ' good', negative: ' bad'}, for example"
            )

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes, in the order of the answers."""
        return tuple(self.answers)

    def around(self, sentence: Sentence) -> Sentence:
        """The sentence inside the prompt. It has two words more: what stands before the text, and what stands after."""
        before, after = self.prompt.split(TEXT)
        text, spans, contents = as_read(sentence)
        if contents is not None:
            raise DataError(f"prompt=…: {sentence.id} is a conversation, which has a template of its own; give texts")
        inside = tuple((start + len(before), end + len(before)) for start, end in spans)
        whole = before + text + after
        ends = ((0, len(before.rstrip())), (len(before + text), len(whole.rstrip())))
        return Sentence(
            sentence.id, ("before", *sentence.words, "after"), surface=Surface(whole, (ends[0], *inside, ends[1]))
        )


def prompt_readout(
    encoder: Encoder, prompt: Prompt, sentences: Sequence[Sentence], labels: Sequence[int], classes: Sequence[str]
) -> tuple[Subwords, HeadReadout]:
    """The subwords of every sentence inside the prompt, and the model's answer as a readout of them.

    The readout gives the log-probability of the first subword of each answer after the last subword of the prompt, in
    nats, normalised over the answers, in their order. Subwords of the prompt belong to no word, as special ones do.
    labels (N,): indices into the corpus's ``classes``, which are matched with those of the answers by name; what is
    negative, or not one of them, has nothing to predict, nor has an input whose end is cut off (counted in the notes).
    Raises: ModelError if the model has no next-word head; ConfigError for a class without an answer, for answers that
    begin with the same subword, and where an answer changes how the end of the prompt is divided into subwords.
    """
    head = _next_word_head(encoder)
    numbers = _numbers(prompt, labels, classes)
    framed = [prompt.around(sentence) for sentence in sentences]
    ids, lengths = _answers(encoder, prompt, [as_read(sentence).text for sentence in framed])
    subwords = encoder.tokenize_sentences(framed)
    after = len(encoder.frame.suffix)
    whole = np.diff(subwords.offsets) == lengths + len(encoder.frame.prefix) + after
    flat = np.full(len(subwords.ids), -1, dtype=np.int64)
    flat[subwords.offsets[1:] - 1 - after] = np.where(whole, numbers, -1)
    gold = np.split(flat, subwords.offsets[1:-1])

    def logits(vectors: "torch.Tensor") -> "torch.Tensor":
        return head.logits(vectors)[:, ids]

    cut = f"{(~whole).sum():,} inputs are longer than the model's window, which cuts off the end of the prompt"
    notes = () if whole.all() else (cut,)
    name, last = "the model's answer to the prompt", encoder.n_layers - 1
    return _of_text(subwords), HeadReadout(name, last, logits, gold, "the sentence's class", "sentence", notes)


def _next_word_head(encoder: Encoder) -> ModelHead:
    if encoder.head is None or encoder.head.kind != "next" or not encoder.causal:
        raise ModelError(NO_NEXT_WORD.format(encoder.checkpoint.name))
    return encoder.head


def _numbers(prompt: Prompt, labels: Sequence[int], classes: Sequence[str]) -> NDArray[np.int64]:
    """The answer that is right for each sentence, (N,); -1: none."""
    matched, found = np.append(answers_of(prompt, classes), -1), np.asarray(labels, dtype=np.int64)
    return matched[np.where((found >= 0) & (found < len(classes)), found, -1)]


def answers_of(prompt: Prompt, classes: Sequence[str]) -> NDArray[np.int64]:
    """The number of the answer for each class of the corpus, (C,). Raises: ConfigError for a class without one."""
    try:
        return match_classes(classes, dict(enumerate(prompt.answers)))
    except ModelError as error:
        raise ConfigError(
            f"answers are given for {', '.join(prompt.answers)}, and the classes are {', '.join(classes)}; give an "
            "answer for each class, by its name"
        ) from error


def _answers(encoder: Encoder, prompt: Prompt, texts: Sequence[str]) -> tuple[list[int], NDArray[np.int64]]:
    """The first subword of each answer, (C,), and the number of subwords of each text, (N,). Raises: ConfigError."""
    plain = [encoding.ids for encoding in encoder.tokenizer.encode_batch(list(texts), add_special_tokens=False)]
    first: dict[int, str] = {}
    for name, answer in prompt.answers.items():
        longer = encoder.tokenizer.encode_batch([text + answer for text in texts], add_special_tokens=False)
        after = {_next(short, encoding.ids) for short, encoding in zip(plain, longer, strict=True)}
        number = after.pop()
        if after or number is None:
            raise ConfigError(
                f"answers.{name}={answer!r}: it changes how the end of the prompt is divided into subwords; begin the "
                "answer with a space, and end the prompt without one"
            )
        if number in first:
            raise ConfigError(
                f"answers.{name}={answer!r} begins with the same subword as answers.{first[number]}, "
                f"{encoder.tokenizer.id_to_token(number)!r}, so that they cannot be told apart; choose other answers"
            )
        first[number] = name
    return list(first), np.array([len(ids) for ids in plain], dtype=np.int64)


def _next(short: list[int], longer: list[int]) -> int | None:
    """What follows ``short`` in ``longer``; None if it does not go on so."""
    n = len(short)
    return longer[n] if longer[:n] == short and len(longer) > n else None


def _of_text(subwords: Subwords) -> Subwords:
    """The same, with the words of the texts alone; a subword with characters of both is the text's."""
    last = subwords.words if subwords.last_words is None else subwords.last_words
    n_words = (subwords.n_words - 2).astype(np.int32)
    most = np.repeat(n_words, np.diff(subwords.offsets))
    inside = (subwords.words >= 0) & (last >= 1) & (subwords.words <= most)
    first_word = np.where(inside, np.maximum(subwords.words, 1) - 1, -1).astype(np.int32)
    last_word = np.where(inside, np.minimum(last, most) - 1, -1).astype(np.int32)
    return replace(subwords, words=first_word, last_words=last_word, n_words=n_words)
