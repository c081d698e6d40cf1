"""A request for a view, a diagnosis or a removal: its body is read up to a limit and checked, or refused."""

import json
from collections.abc import Sequence
from typing import NamedTuple

from starlette.requests import Request

from probing.analysis.text_removal import Wanted
from probing.view.forward_view import PARTS

BYTES_PER_CHARACTER = 12  # in JSON at most: a surrogate pair, each half written as \uXXXX
DRAINED_BYTES = 2**24  # read and dropped, so that a client that sends too much can still read why it is refused
FIELDS = ("text", "text_b", "parts")
WHY_FIELDS = ("text", "label", "task")
REMOVE_FIELDS = ("text", "property", "layer", "method", "task")
EXAMPLE = '{"text": "The cat sat"}'
WHY_EXAMPLE = '{"text": "It was not boring", "label": "positive"}'
REMOVE_EXAMPLE = '{"text": "The cat sat", "property": "pos", "layer": 3}'
METHOD = "leace"  # of a removal, unless another is asked for


class RequestError(Exception):
    """A refused request: an HTTP status, and a message with what was seen, what is expected and what to send."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class ViewRequest(NamedTuple):
    """A checked request for a view; ``parts`` None: the default."""

    text: str
    text_b: str | None
    parts: tuple[str, ...] | None


class RemoveRequest(NamedTuple):
    """A checked request for the removal of a property; ``task`` None: of the run that has it."""

    text: str
    wanted: Wanted
    task: str | None


class WhyRequest(NamedTuple):
    """A checked request for a diagnosis; ``task`` None: the first classifier that there is."""

    text: str
    label: str
    task: str | None


async def read(request: Request, characters: int) -> object:
    """The decoded body of a request; ``characters``: at most so many per text. Raises RequestError."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        seen = kind or "missing"
        raise RequestError(
            415, f"the type of the body is {seen}; JSON is expected; send Content-Type: application/json"
        )
    limit, size, body = 2 * BYTES_PER_CHARACTER * characters + 1024, 0, bytearray()
    async for chunk in request.stream():
        size += len(chunk)
        if size <= limit:
            body += chunk
        elif size > DRAINED_BYTES:
            break
    if size > limit:
        raise RequestError(
            413, f"the body has more than {limit:,} bytes; send texts of at most {characters:,} characters"
        )
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        seen = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise RequestError(400, f"the body is not JSON ({seen}); an object is expected; send {EXAMPLE}") from None


def checked(body: object, characters: int) -> ViewRequest:
    """The request for a view in a decoded body. Raises RequestError."""
    found = _object(body, FIELDS, EXAMPLE)
    text, second = _words("text", found.get("text"), characters), found.get("text_b")
    text_b = None if second is None else _text("text_b", second, characters)
    return ViewRequest(text, text_b if text_b and text_b.strip() else None, _parts(found.get("parts")))


def checked_why(body: object, characters: int) -> WhyRequest:
    """The request for a diagnosis in a decoded body. Raises RequestError."""
    found = _object(body, WHY_FIELDS, WHY_EXAMPLE)
    text, label, task = (found.get(name) for name in WHY_FIELDS)
    return WhyRequest(
        _words("text", text, characters),
        _words("label", label, characters),
        None if task is None else _words("task", task, characters),
    )


def checked_remove(body: object, characters: int) -> RemoveRequest:
    """The request for a removal in a decoded body. Raises RequestError."""
    found = _object(body, REMOVE_FIELDS, REMOVE_EXAMPLE)
    text, name, layer, method, task = (found.get(field) for field in REMOVE_FIELDS)
    if type(layer) is not int or layer < 0:
        raise RequestError(400, f"layer is {_told(layer)}; a whole number from 0 on is expected; send {REMOVE_EXAMPLE}")
    wanted = Wanted(
        _words("property", name, characters),
        layer,
        METHOD if method is None else _words("method", method, characters),
    )
    return RemoveRequest(
        _words("text", text, characters), wanted, None if task is None else _words("task", task, characters)
    )


def _object(found: object, fields: Sequence[str], example: str) -> dict[str, object]:
    """The body, which is an object with no other fields than these."""
    if not isinstance(found, dict):
        raise RequestError(400, f"the body is {_kind(found)}; an object is expected; send {example}")
    if unknown := sorted(found.keys() - set(fields)):
        raise RequestError(400, f"no such field: {json.dumps(unknown)[:200]}; the fields are {', '.join(fields)}")
    return found


def _words(name: str, text: object, characters: int) -> str:
    """A text that is not empty."""
    found = _text(name, text, characters)
    if not found.strip():
        raise RequestError(400, f"{name} is empty; a few words are expected; send {_example(name)}")
    return found


def _example(name: str) -> str:
    return EXAMPLE if name in FIELDS else WHY_EXAMPLE if name in WHY_FIELDS else REMOVE_EXAMPLE


def _text(name: str, text: object, characters: int) -> str:
    if not isinstance(text, str):
        raise RequestError(400, f"{name} is {_kind(text)}; a string is expected; send {_example(name)}")
    if len(text) > characters:
        raise RequestError(
            413, f"{name} has {len(text):,} characters; at most {characters:,} are accepted; send a part of it"
        )
    if any("\ud800" <= c <= "\udfff" for c in text):
        raise RequestError(400, f"{name} has half a surrogate pair, which is not a character; send whole characters")
    return text


def _parts(parts: object) -> tuple[str, ...] | None:
    if parts is None:
        return None
    if not isinstance(parts, list) or any(part not in PARTS for part in parts):
        seen = f"[{', '.join(map(_told, parts))}]" if isinstance(parts, list) else _told(parts)
        raise RequestError(
            400, f"parts is {seen[:200]}; a list is expected; send some of {', '.join(PARTS)}, or leave it out"
        )
    return tuple(parts)


def _told(value: object) -> str:
    """A text as it is, anything else by its kind, because deeply nested values cannot be written again."""
    return json.dumps(value)[:200] if isinstance(value, str) else _kind(value)


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")
