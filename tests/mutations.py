"""Small damages of a file's bytes, of a text, and of the values of a JSON document: what downloads and editors do."""

import copy
import json
from collections.abc import Iterator
from random import Random
from typing import Any

DEEP = 100_000
ODD: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1.5, 10**30, 10**400, float("nan"), float("inf"), -0.0),
    *("", "x", "x" * 5000, "é\u202e\n", "\ud800", "../../x", [], {}, [None], [[1]], {"a": 1}, {"": {"": []}}),
)


def damaged_bytes(content: bytes, rng: Random, times: int = 12) -> Iterator[tuple[str, bytes]]:
    """What is left by a broken download or a wrong encoding: (what was done, the new content)."""
    yield "empty", b""
    yield "blank", b" \n\n\t\n"
    yield "zeros", bytes(len(content))
    yield "a page of HTML", b"<!DOCTYPE html><html><body>404: not found</body></html>"
    yield "a pointer of Git LFS", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"
    yield "byte order mark", b"\xef\xbb\xbf" + content
    yield "deep", b"[" * DEEP
    yield "deep objects", b'{"a":' * DEEP
    yield "long line", b"x" * 1_000_000
    for _ in range(times):
        at = rng.randrange(max(1, len(content)))
        yield f"cut at {at}", content[:at]
        yield f"latin-1 at {at}", content[:at] + b"\xe9\xff" + content[at:]
        yield f"NUL at {at}", content[:at] + b"\0" + content[at:]
        yield f"flipped at {at}", content[:at] + bytes([content[at] ^ (1 << rng.randrange(8))]) + content[at + 1 :]
        end = min(len(content), at + rng.randrange(1, 200))
        yield f"lost {at} to {end}", content[:at] + content[end:]
        yield f"doubled {at} to {end}", content[:end] + content[at:]


def damaged_text(content: str, rng: Random, times: int = 12) -> Iterator[tuple[str, bytes]]:
    """The same, and text in another encoding, with lines lost, swapped or joined."""
    yield from damaged_bytes(content.encode(), rng, times)
    yield "UTF-16", content.encode("utf-16")
    yield "old Mac lines", content.replace("\n", "\r").encode()
    yield "Windows lines", content.replace("\n", "\r\n").encode()
    lines = content.splitlines(keepends=True)
    for _ in range(times):
        one, other = (rng.randrange(len(lines)) for _ in range(2))
        swapped = [*lines]
        swapped[one], swapped[other] = swapped[other], swapped[one]
        yield f"line {one} swapped with {other}", "".join(swapped).encode()
        yield f"line {one} lost", "".join(lines[:one] + lines[one + 1 :]).encode()
        yield f"line {one} twice", "".join(lines[:one] + [lines[one]] + lines[one:]).encode()
        yield f"line {one} joined", "".join([*lines[:one], lines[one].rstrip("\n"), *lines[one + 1 :]]).encode()
        yield f"line {one} indented", "".join([*lines[:one], "   " + lines[one], *lines[one + 1 :]]).encode()


def odd_documents(document: Any, most: int, rng: Random) -> Iterator[tuple[str, Any]]:
    """``document`` with one value replaced by an odd one, removed, or beside a key that nobody knows.

    most: places that are changed; of more, they are drawn.
    """
    yield from ((f"all of it {_short(value)}", value) for value in ODD)
    places = [*_places(document, ())]
    for place in rng.sample(places, min(most, len(places))):
        for value in ODD:
            yield f"{'.'.join(map(str, place))} = {_short(value)}", _changed(document, place, value)
        lost = copy.deepcopy(document)
        del _at(lost, place[:-1])[place[-1]]
        yield f"{'.'.join(map(str, place))} lost", lost
    if isinstance(document, dict):
        yield "another key", {**document, "another key": 1}


def as_json(document: Any) -> bytes:
    """JSON as a careless program writes it: NaN and Infinity, escapes, any size of a number."""
    return json.dumps(document).encode()


def _short(value: Any) -> str:
    return ascii(value)[:30] if not isinstance(value, int) or abs(value) < 10**30 else "a huge number"


def _places(document: Any, place: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    children = document.items() if isinstance(document, dict) else enumerate(document)
    for key, child in children:
        yield (*place, key)
        if isinstance(child, dict | list):
            yield from _places(child, (*place, key))


def _at(document: Any, place: tuple[Any, ...]) -> Any:
    for key in place:
        document = document[key]
    return document


def _changed(document: Any, place: tuple[Any, ...], value: Any) -> Any:
    changed = copy.deepcopy(document)
    _at(changed, place[:-1])[place[-1]] = value
    return changed
