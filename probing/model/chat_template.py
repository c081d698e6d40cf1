"""Chats as a model reads them: written out by the tokenizer's own chat template, with every message kept in sight.

The template is rendered once with marks in the place of what is said. What stands between the marks is the template's;
what is said must then stand between the same pieces when the chat itself is rendered.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from probing.axes import Corpus, Message, Sentence, Surface
from probing.data.conversation import ASSISTANT, TEXT, word_places
from probing.errors import DataError, ModelError, first_line, shown
from probing.model.align import as_read
from probing.model.files import CHAT_TEMPLATE
from probing.model.saved_tokenizer import by_transformers, read_tokenizer
from probing.model.subwords import Frame

if TYPE_CHECKING:
    from tokenizers import Tokenizer

# what a template is told that asks for the date: today's would make another text of the same chat every day
TODAY = datetime(2025, 1, 1)
_ASKS_DATE = re.compile(r"""\bstrftime_now\(\s*(["'])(.*?)\1\s*\)""")
_KEPT = 4  # tokenizers


def written_out(corpus: Corpus, folder: Path) -> Corpus:
    """The corpus with every chat as the model in ``folder`` reads it; a corpus without chats is returned as it is.

    A chat that does not end with a message of the assistant ends with the template's beginning of its answer. Raises:
    ModelError if the tokenizer has no chat template; DataError for a chat that the template refuses, or of which it
    does not write every message as it is, or not in order.
    """
    if not any(_is_chat(s) for sentences in corpus.splits.values() for s in sentences):
        return corpus
    tokenizer = _with_template(folder)
    splits = {
        split: tuple(replace(s, surface=_surface(tokenizer, s, folder)) if _is_chat(s) else s for s in sentences)
        for split, sentences in corpus.splits.items()
    }
    return replace(corpus, splits=splits)


def reading(
    sentences: Sequence[Sentence], tokenizer: "Tokenizer", frame: Frame, folder: Path
) -> tuple["Tokenizer", Sequence[Surface], Frame, bool]:
    """What ``subwords.tokenize`` is given: tokenizer and frame of plain texts or of chats, the texts, and whether they
    are read as they are written.

    In what a template has written special tokens are read as such, and none are added, as transformers does it.
    """
    texts, as_written = [*map(as_read, sentences)], any(sentence.surface is not None for sentence in sentences)
    if not any(text.contents is not None for text in texts):
        return tokenizer, texts, frame, as_written
    return _of_templates(folder), texts, replace(frame, prefix=(), suffix=()), as_written


@lru_cache(maxsize=_KEPT)
def _of_templates(folder: Path) -> "Tokenizer":
    backend = read_tokenizer(folder).backend
    backend.no_truncation()
    backend.no_padding()
    backend.encode_special_tokens = False
    return backend


def _is_chat(sentence: Sentence) -> bool:
    return bool(sentence.messages) and sentence.messages[0].role != TEXT


def _with_template(folder: Path) -> Any:
    """transformers' tokenizer, which must have a chat template."""
    try:
        tokenizer = by_transformers(folder)
    except Exception as error:
        raise ModelError(f"{folder}: transformers cannot build its tokenizer ({first_line(error)})") from error
    if not getattr(tokenizer, "chat_template", None):
        raise ModelError(
            f"{folder}: the tokenizer has no chat template ({CHAT_TEMPLATE}), so that it is not known how the model "
            "reads messages; choose a model that was trained on chats, or give each conversation as one text"
        )
    return tokenizer


def _surface(tokenizer: Any, sentence: Sentence, folder: Path) -> Surface:
    """What the model reads of one chat. Raises: DataError."""
    messages = sentence.messages
    what = f"{sentence.id} (roles {', '.join(message.role for message in messages)})"
    marks = [f"zq{number:06d}qz" for number in range(len(messages))]
    try:
        text = _rendered(tokenizer, messages)
        frame = _rendered(tokenizer, [m._replace(content=mark) for m, mark in zip(messages, marks, strict=True)])
    except Exception as error:  # templates are programs: they fail in as many ways as programs
        raise DataError(
            f"{what}: the chat template of {folder} refuses it: {shown(first_line(error))}; change its messages, or "
            "choose a model whose template takes them"
        ) from error
    pieces: list[str] = []
    rest = frame
    for mark in marks:
        before, found, rest = rest.partition(mark)
        if not found or mark in rest:
            raise DataError(
                f"{what}: the chat template of {folder} does not write message {len(pieces)} once and in its place; "
                "leave that message out, or choose another model"
            )
        pieces.append(before)
    contents = _contents(text, [*pieces, rest], [message.content for message in messages])
    if contents is None:
        raise DataError(
            f"{what}: the chat template of {folder} changes what messages say, so that their words cannot be found in "
            "what it writes; remove marks of its own, such as <think>, from them"
        )
    spans = [(at + first, at + last) for at, end in contents for first, last in word_places(text[at:end])]
    return Surface(text, tuple(spans), tuple(contents))


def _rendered(tokenizer: Any, messages: Sequence[Message]) -> str:
    turns = [{"role": message.role, "content": message.content} for message in messages]
    answers = messages[-1].role == ASSISTANT
    template = _ASKS_DATE.sub(lambda found: repr(TODAY.strftime(found[2])), tokenizer.get_chat_template())
    text = tokenizer.apply_chat_template(
        turns,
        chat_template=template,
        tokenize=False,
        add_generation_prompt=not answers,
        date_string=TODAY.strftime("%d %b %Y"),
    )
    return str(text)


def _contents(text: str, pieces: Sequence[str], said: Sequence[str]) -> list[tuple[int, int]] | None:
    """Start and end of what each message says in ``text``, with or without the white space at its ends; None: it is not
    there, one piece of the template before each message and one after the last.
    """
    if not text.startswith(pieces[0]):
        return None
    found, at = [], len(pieces[0])
    for content, (_, piece) in zip(said, pairwise(pieces), strict=True):
        ways = (content, content.strip(), content.lstrip(), content.rstrip())
        way = next((way for way in ways if text.startswith(way + piece, at)), None)
        if way is None:
            return None
        found.append((at, at + len(way)))
        at += len(way) + len(piece)
    return found if at == len(text) else None
