"""A request for a view: its body read within bounds and checked, or refused in a sentence."""

import json
from typing import Any, NamedTuple

from starlette.requests import Request

from probing.view.look import PARTS

BYTES_PER_CHARACTER = 12  # at most, in JSON: a surrogate pair, each half written as \uXXXX
DRAINED_BYTES = 2**24  # read and forgotten, so that a client that sends too much gets to read why it is refused
FIELDS = ("text", "text_b", "parts")
EXAMPLE = '{"text": "The cat sat"}'


class Refused(Exception):
    """A request that gets no answer: an HTTP status and what was seen, what is wanted, what to send."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Asked(NamedTuple):
    """A request for a view, checked; ``parts`` None: not said."""

    text: str
    text_b: str | None
    parts: tuple[str, ...] | None


async def read(request: Request, characters: int) -> Asked:
    """The request's body, checked; texts may have this many characters. Raises Refused."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        seen = kind or "of no stated type"
        raise Refused(415, f"the body is {seen}; JSON is wanted; send the header Content-Type: application/json")
    limit, size, body = 2 * BYTES_PER_CHARACTER * characters + 1024, 0, bytearray()
    async for chunk in request.stream():
        size += len(chunk)
        if size <= limit:
            body += chunk
        elif size > DRAINED_BYTES:
            break
    if size > limit:
        raise Refused(413, f"the body has more than {limit:,} bytes; send texts of at most {characters:,} characters")
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        seen = "nested too deep" if isinstance(error, RecursionError) else str(error)
        raise Refused(400, f"the body is not JSON ({seen}); an object is wanted; send {EXAMPLE}") from None
    return checked(found, characters)


def checked(found: Any, characters: int) -> Asked:
    """What a decoded body asks for. Raises Refused."""
    if not isinstance(found, dict):
        raise Refused(400, f"the body is {_kind(found)}; an object is wanted; send {EXAMPLE}")
    if unknown := sorted(found.keys() - set(FIELDS)):
        raise Refused(400, f"no such field: {json.dumps(unknown)[:200]}; the fields are {', '.join(FIELDS)}")
    text, text_b = _text("text", found.get("text"), characters), found.get("text_b")
    if not text.strip():
        raise Refused(400, f"text is empty; a few words are wanted; send {EXAMPLE}")
    if text_b is not None and not _text("text_b", text_b, characters).strip():
        text_b = None
    return Asked(text, text_b, _parts(found.get("parts")))


def _text(name: str, text: Any, characters: int) -> str:
    if not isinstance(text, str):
        raise Refused(400, f'{name} is {_kind(text)}; a string is wanted; send {{"{name}": "The cat sat"}}')
    if len(text) > characters:
        raise Refused(413, f"{name} has {len(text):,} characters; at most {characters:,} are taken; send a part of it")
    if any("\ud800" <= c <= "\udfff" for c in text):
        raise Refused(400, f"{name} holds half a surrogate pair, which is no character; send whole characters")
    return text


def _parts(parts: Any) -> tuple[str, ...] | None:
    if parts is None:
        return None
    if not isinstance(parts, list) or any(part not in PARTS for part in parts):
        seen = json.dumps(parts)[:200]
        raise Refused(400, f"parts is {seen}; a list is wanted; send some of {', '.join(PARTS)}, or leave it out")
    return tuple(parts)


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")
