"""A request for a view: its body is read up to a limit and checked, or refused with a message."""

import json
from typing import NamedTuple

from starlette.requests import Request

from probing.view.forward_view import PARTS

BYTES_PER_CHARACTER = 12  # in JSON at most: a surrogate pair, each half written as \uXXXX
DRAINED_BYTES = 2**24  # read and dropped, so that a client that sends too much can still read why it is refused
FIELDS = ("text", "text_b", "parts")
EXAMPLE = '{"text": "The cat sat"}'


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


async def read(request: Request, characters: int) -> ViewRequest:
    """The checked body of a request; ``characters``: at most so many per text. Raises RequestError."""
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
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        seen = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise RequestError(400, f"the body is not JSON ({seen}); an object is expected; send {EXAMPLE}") from None
    return checked(found, characters)


def checked(found: object, characters: int) -> ViewRequest:
    """The request in a decoded body. Raises RequestError."""
    if not isinstance(found, dict):
        raise RequestError(400, f"the body is {_kind(found)}; an object is expected; send {EXAMPLE}")
    if unknown := sorted(found.keys() - set(FIELDS)):
        raise RequestError(400, f"no such field: {json.dumps(unknown)[:200]}; the fields are {', '.join(FIELDS)}")
    text, text_b = _text("text", found.get("text"), characters), found.get("text_b")
    if not text.strip():
        raise RequestError(400, f"text is empty; a few words are expected; send {EXAMPLE}")
    if text_b is not None and not _text("text_b", text_b, characters).strip():
        text_b = None
    return ViewRequest(text, text_b, _parts(found.get("parts")))


def _text(name: str, text: object, characters: int) -> str:
    if not isinstance(text, str):
        raise RequestError(400, f'{name} is {_kind(text)}; a string is expected; send {{"{name}": "The cat sat"}}')
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
