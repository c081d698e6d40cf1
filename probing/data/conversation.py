"""Conversations out of JSON records: a text or the messages of a chat, with labels of all, of messages and of spans."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import accumulate, pairwise
from typing import Any, NamedTuple

from probing.axes import Message, Sentence, Surface
from probing.errors import DataError, shown

TEXT, ASSISTANT = "text", "assistant"  # roles: of a text without roles; of the model in a chat
_WORD = re.compile(r"\S+")
_SPAN = '{"characters": [0, 4], "label": "…"} or {"words": [0, 1], "label": "…"}'


class Span(NamedTuple):
    """A labelled range of words of a conversation: from ``start`` to ``end`` (exclusive)."""

    start: int
    end: int
    label: str


def conversation(record: Mapping[str, object], where: str, name: str, source: str | None = None) -> Sentence:
    """The conversation of one record, named ``name``; its words are what stands between white space.

    ``text``, or ``messages`` with ``role`` and ``content`` and perhaps ``label``; ``label``: of the whole; ``spans``:
    each with a label and ``characters`` or ``words`` (from, to; from 0, the end exclusive) of the text, or of the
    message whose number from 0 is ``message``. A range of characters stands for all words that it has characters of.
    source: the key of what says where the conversation comes from. Raises DataError that begins with ``where``.
    """
    messages = _messages(record, where)
    places = [word_places(message.content) for message in messages]
    words = [m.content[start:end] for m, found in zip(messages, places, strict=True) for start, end in found]
    if not words:
        raise DataError(f"{where}: there is no word in it; give it some text, or remove the line")
    labelled = sorted(_spans(record, where, messages, places))
    text = messages[0].content if messages[0].role == TEXT else None
    return Sentence(
        id=name,
        words=tuple(words),
        label=_label(record, where),
        entities=tuple((f"span {n}", tuple(range(s.start, s.end))) for n, s in enumerate(labelled)),
        entity_types=tuple(span.label for span in labelled),
        surface=None if text is None else Surface(text, tuple(places[0])),
        messages=messages,
        source=None if source is None else _source(record, source, where),
    )


def word_places(content: str) -> list[tuple[int, int]]:
    """Start and end of each word, which is what stands between white space.

    >>> word_places("So it is.")
    [(0, 2), (3, 5), (6, 9)]
    """
    return [found.span() for found in _WORD.finditer(content)]


def message_words(sentence: Sentence) -> list[tuple[int, int]]:
    """First word and end (exclusive) of each message of a conversation, among all of its words.

    >>> message_words(Sentence("s", ("Hi", "you", "Ho"), messages=(Message("user", "Hi you"), Message("user", "Ho"))))
    [(0, 2), (2, 3)]
    """
    counts = (len(word_places(message.content)) for message in sentence.messages)
    return list(pairwise(accumulate(counts, initial=0)))


def spans_of(sentence: Sentence) -> list[Span]:
    """The labelled spans of a conversation, in order of their first word."""
    labelled = zip(sentence.entities, sentence.entity_types, strict=True)
    return [Span(at[0], at[-1] + 1, label) for (_, at), label in labelled]


def with_answer(sentence: Sentence, answer: str) -> Sentence:
    """A conversation, as its model reads it, with what the model answers."""
    assert sentence.surface is not None  # texts have one from the start, chats from their template
    (text, spans, contents), places = sentence.surface, word_places(answer)
    inside = [(len(text) + start, len(text) + end) for start, end in places]
    if contents is not None:
        contents = (*contents, (len(text), len(text) + len(answer)))
    return replace(
        sentence,
        words=(*sentence.words, *(answer[start:end] for start, end in places)),
        surface=Surface(text + answer, (*spans, *inside), contents),
        messages=(*sentence.messages, Message(ASSISTANT, answer, answer=True)),
    )


def _messages(record: Mapping[str, object], where: str) -> tuple[Message, ...]:
    given = [key for key in ("text", "messages") if record.get(key) is not None]
    if len(given) != 1:
        raise DataError(f"{where}: {' and '.join(given) or 'neither text nor messages'}; give each line one of the two")
    if given == ["text"]:
        return (Message(TEXT, _text(record["text"], f"{where}: text")),)
    found = record["messages"]
    if not isinstance(found, list) or not found:
        raise DataError(f'{where}: messages must be a list such as [{{"role": "user", "content": "…"}}]')
    return tuple(_message(one, f"{where}: message {number}") for number, one in enumerate(found))


def _message(given: Any, where: str) -> Message:
    if not isinstance(given, dict) or not isinstance(given.get("role"), str) or not given["role"]:
        raise DataError(f"{where} has no role; give each message a role and a content, both of them text")
    if given.get("tool_calls") is not None:
        raise DataError(f"{where} has tool_calls, which are not read; write them into its content, or leave them out")
    role = given["role"]
    if role == TEXT:
        raise DataError(f"{where} has the role text, which no chat has; for a text without roles, give text alone")
    return Message(role, _text(given.get("content"), f"{where}: content"), _label(given, where))


def _text(value: object, what: str) -> str:
    if not isinstance(value, str):
        raise DataError(f"{what} must be a text, this is {shown(repr(value))[:60]}")
    return value


def _label(record: Mapping[str, Any], where: str) -> str | None:
    """The label as one line of text; None where there is none."""
    value = record.get("label")
    if isinstance(value, bool):
        return str(value).lower()
    if value is not None and not isinstance(value, str | int | float):
        raise DataError(f"{where}: a label must be a text or a number, this is {shown(repr(value))[:60]}")
    return " ".join(str(value).split()) or None if value is not None else None


def _source(record: Mapping[str, object], source: str, where: str) -> str:
    value = record.get(source)
    if not isinstance(value, str | int) or not str(value).strip():
        names = ", ".join(map(repr, record))
        raise DataError(f"{where}: no source in {source!r}; this line has {names}: set data.source=…, or leave it out")
    return str(value).strip()


def _spans(
    record: Mapping[str, object],
    where: str,
    messages: Sequence[Message],
    places: Sequence[Sequence[tuple[int, int]]],
) -> list[Span]:
    given = record.get("spans")
    if given is None:
        return []
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise DataError(f"{where}: spans must be a list of {_SPAN}")
    first = [0, *accumulate(map(len, places))]
    found = []
    for number, one in enumerate(given):
        what = f"{where}: span {number}"
        at = one.get("message", 0 if len(messages) == 1 else None)
        if type(at) is not int or not 0 <= at < len(messages):
            raise DataError(f"{what}: message={shown(at)}; a number from 0 to {len(messages) - 1} is expected")
        label = _label(one, what)
        if label is None:
            raise DataError(f"{what} has no label; give it one, or remove the span")
        start, end = _words_of(one, what, messages[at].content, places[at])
        found.append(Span(first[at] + start, first[at] + end, label))
    return found


def _words_of(span: Mapping[str, Any], what: str, content: str, places: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """First word and end of a span in its message."""
    given = [key for key in ("characters", "words") if key in span]
    if len(given) != 1:
        raise DataError(f"{what}: {' and '.join(given) or 'no range'}; write {_SPAN}")
    edges, size = span[given[0]], len(content) if given == ["characters"] else len(places)
    whole = isinstance(edges, list) and len(edges) == 2 and all(type(edge) is int for edge in edges)
    if not whole or not 0 <= edges[0] < edges[1] <= size:
        raise DataError(f"{what}: {given[0]}={shown(edges)} is outside of its text, which has {size:,} {given[0]}")
    if given == ["words"]:
        return edges[0], edges[1]
    inside = [n for n, (start, end) in enumerate(places) if start < edges[1] and end > edges[0]]
    if not inside:
        raise DataError(f"{what}: characters={shown(edges)} are white space; give a range that has part of a word")
    return inside[0], inside[-1] + 1
