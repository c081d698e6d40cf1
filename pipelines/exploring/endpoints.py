"""What each address of the explorer answers."""

import json
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Protocol

from anyio import CapacityLimiter, to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from pipelines.exploring.api_description import PATHS, interface
from pipelines.exploring.request import (
    RemoveRequest,
    ViewRequest,
    WhyRequest,
    checked,
    checked_remove,
    checked_why,
    read,
)


class Session(Protocol):
    """The model behind the server. Called from several threads; what computes from one at a time."""

    def status(self) -> dict[str, Any]:
        """The answer of GET /api/model; it always has ``limits`` with ``characters``."""

    def view(self, text: str, text_b: str | None, parts: Sequence[str] | None) -> tuple[dict[str, Any], dict[str, str]]:
        """The header and the packed arrays of a document. Raises RequestError, ProbingError."""

    def why(self, wanted: WhyRequest) -> dict[str, Any]:
        """The answer of POST /api/why. Raises RequestError, ProbingError."""

    def remove(self, wanted: RemoveRequest) -> dict[str, Any]:
        """The answer of POST /api/remove. Raises RequestError, ProbingError."""

    def file(self, number: int, name: str) -> tuple[bytes, str] | None:
        """A file of a diagnosis and its type; None if there is none."""


class Endpoints:
    """The answers of the server at ``port``; ``page`` is the HTML. One answer is computed at a time."""

    def __init__(self, page: str, session: Session, port: int) -> None:
        self._page, self._session, self._port = page, session, port
        self._one_at_a_time = CapacityLimiter(1)

    def routes(self) -> list[Route]:
        """The addresses, in the order of PATHS."""
        each = (self.index, self.description, self.model, self.view, self.why, self.remove, self.file)
        return [Route(path, endpoint, methods=[method]) for (method, path), endpoint in zip(PATHS, each, strict=True)]

    async def index(self, _: Request) -> Response:
        """The page."""
        return HTMLResponse(self._page)

    async def description(self, _: Request) -> Response:
        """What each address takes and gives."""
        return JSONResponse(interface(self._port, self._session.status()["limits"]))

    async def model(self, _: Request) -> Response:
        """The stage of loading, and what is there."""
        return JSONResponse(self._session.status())

    async def view(self, request: Request) -> Response:
        """The numbers of a text."""
        wanted = checked(await read(request, self._characters), self._characters)
        return await self._in_turn(request, partial(_document, self._session, wanted))

    async def why(self, request: Request) -> Response:
        """The diagnosis of a text."""
        wanted = checked_why(await read(request, self._characters), self._characters)
        return await self._in_turn(request, lambda: _as_json(self._session.why(wanted)))

    async def remove(self, request: Request) -> Response:
        """The effect of removing a property."""
        wanted = checked_remove(await read(request, self._characters), self._characters)
        return await self._in_turn(request, lambda: _as_json(self._session.remove(wanted)))

    async def file(self, request: Request) -> Response:
        """A file of a diagnosis."""
        found = self._session.file(request.path_params["number"], request.path_params["name"])
        if found is None:
            raise HTTPException(404, "this file is not kept, or not any more: ask why again")
        return Response(found[0], media_type=found[1])

    @property
    def _characters(self) -> int:
        return int(self._session.status()["limits"]["characters"])

    async def _in_turn(self, request: Request, answer: Callable[[], bytes]) -> Response:
        async with self._one_at_a_time:
            if await request.is_disconnected():  # while it waited: others need not wait for an answer that nobody reads
                return Response(status_code=499)
            found = await to_thread.run_sync(answer, abandon_on_cancel=True)
        return Response(found, media_type="application/json")


def _document(session: Session, wanted: ViewRequest) -> bytes:
    header, arrays = session.view(wanted.text, wanted.text_b, wanted.parts)
    return _as_json({"header": header, "arrays": arrays})


def _as_json(answer: dict[str, Any]) -> bytes:
    return json.dumps(answer, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
