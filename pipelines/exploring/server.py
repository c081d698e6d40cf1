"""The explorer's server: the page and its JSON interface, for this machine and for that page alone.

Nothing is answered to a request that names another host (a foreign name made to point here) or another origin (a page
of another site), so that no web site that is open in the same browser can read or use the model.
"""

import json
import logging
import traceback
from collections.abc import Sequence
from typing import Any, Protocol

from anyio import CapacityLimiter, to_thread
from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipelines.exploring.api_description import PATHS, interface
from pipelines.exploring.request import Asked, Refused, read
from pipelines.shared.hide_folders import without_folders
from probing.errors import ProbingError, StoreError, UnavailableError

log = logging.getLogger("pipelines.exploring.server")
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "frame-ancestors 'none'",  # beside the page's own, which cannot say this
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Looker(Protocol):
    """What the server serves; called from several threads, ``view`` from one at a time."""

    def status(self) -> dict[str, Any]:
        """What GET /api/model answers; ``limits`` with its ``characters`` is always there."""

    def view(self, text: str, text_b: str | None, parts: Sequence[str] | None) -> tuple[dict[str, Any], dict[str, str]]:
        """The header and the packed arrays of a document. Raises Refused, ProbingError."""


def application(page: str, looker: Looker, port: int) -> ASGIApp:
    """The whole server as an ASGI application; ``page`` is HTML, ``port`` the one that it is reached at."""
    one_at_a_time = CapacityLimiter(1)

    async def index(_: Request) -> Response:
        return HTMLResponse(page)

    async def about(_: Request) -> Response:
        return JSONResponse(interface(port, looker.status()["limits"]))

    async def model(_: Request) -> Response:
        return JSONResponse(looker.status())

    async def view(request: Request) -> Response:
        asked = await read(request, int(looker.status()["limits"]["characters"]))
        async with one_at_a_time:
            if await request.is_disconnected():  # while it waited: nobody else shall wait for its answer
                return Response(status_code=499)
            answer = await to_thread.run_sync(_answer, looker, asked, abandon_on_cancel=True)
        return Response(answer, media_type="application/json")

    routes = [
        Route(path, endpoint, methods=[method])
        for (method, path), endpoint in zip(PATHS, (index, about, model, view), strict=True)
    ]
    told = {HTTPException: _told, Refused: _told, ProbingError: _told, ClientDisconnect: _told, Exception: _broken}
    found = Starlette(routes=routes, exception_handlers=told)
    found.router.redirect_slashes = False
    return _Guard(found, port)


class _Guard:
    """Refuses foreign hosts and origins before anything else is done; puts HEADERS on every answer."""

    def __init__(self, app: ASGIApp, port: int) -> None:
        self._app = app
        self._hosts = [f"127.0.0.1:{port}", f"localhost:{port}"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        refusal = self._refusal(Headers(scope=scope))
        app = JSONResponse({"error": refusal}, 403) if refusal else self._app
        await app(scope, receive, with_headers)

    def _refusal(self, headers: Headers) -> str | None:
        here = f"http://{self._hosts[0]}/"
        hosts, origins = headers.getlist("host"), headers.getlist("origin")
        if len(hosts) != 1 or hosts[0].lower() not in self._hosts:
            return f"the request is for the host {', '.join(hosts) or 'none'}; this server is {here} alone; open that"
        if any(origin.lower() not in [f"http://{host}" for host in self._hosts] for origin in origins):
            return f"the request comes from {', '.join(origins)}; only the page of {here} may send one; open that page"
        return None


def _answer(looker: Looker, asked: Asked) -> bytes:
    header, arrays = looker.view(asked.text, asked.text_b, asked.parts)
    document = {"header": header, "arrays": arrays}
    return json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def _told(_: Request, error: Exception) -> Response:
    """An error that is the request's, in JSON."""
    status, message, headers = 400, str(error), {}
    if isinstance(error, HTTPException):
        status, headers = error.status_code, dict(error.headers or {})
        message = f"{error.detail}; the addresses are {', '.join(' '.join(path) for path in PATHS)}; read /api"
    elif isinstance(error, Refused):
        status, headers = error.status, {"Retry-After": "1"} if error.status == 503 else {}
    elif isinstance(error, ProbingError):
        status = 500 if isinstance(error, StoreError | UnavailableError) else 400
        message = without_folders(message)
    return JSONResponse({"error": _encodable(message)}, status, headers)


def _broken(_: Request, error: Exception) -> Response:
    """A bug: the terminal gets all of it, the page its name."""
    trace = _encodable("".join(traceback.format_exception(error)).rstrip())
    log.error("the server goes on after this error:\n%s", trace)
    message = f"the view failed ({type(error).__name__}); see the explorer's terminal, and try another text"
    return JSONResponse({"error": _encodable(message)}, 500)


def _encodable(text: str) -> str:
    """``text`` with halves of surrogate pairs, which JSON can hold and UTF-8 cannot, spelled out."""
    return text.encode("utf-8", "backslashreplace").decode()
