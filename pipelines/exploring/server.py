"""The explorer's server: the page and its JSON interface, for this machine and this page only.

Requests for another host (another site's name that points to this machine) or from another origin (a page of another
site) are refused, so that no web site in the same browser can read or use the model.
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
from pipelines.exploring.request import RequestError, ViewRequest, read
from pipelines.shared.hide_folders import without_folders
from probing.errors import ProbingError, StoreError, UnavailableError, no_memory

log = logging.getLogger("pipelines.exploring.server")
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "frame-ancestors 'none'",  # besides the page's own policy, which cannot contain this
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Session(Protocol):
    """The model behind the server. Called from several threads; ``view`` from one at a time."""

    def status(self) -> dict[str, Any]:
        """The answer of GET /api/model; it always has ``limits`` with ``characters``."""

    def view(self, text: str, text_b: str | None, parts: Sequence[str] | None) -> tuple[dict[str, Any], dict[str, str]]:
        """The header and the packed arrays of a document. Raises RequestError, ProbingError."""


def application(page: str, session: Session, port: int) -> ASGIApp:
    """The server as an ASGI application; ``page`` is the HTML, ``port`` the server's own."""
    one_at_a_time = CapacityLimiter(1)

    async def index(_: Request) -> Response:
        return HTMLResponse(page)

    async def description(_: Request) -> Response:
        return JSONResponse(interface(port, session.status()["limits"]))

    async def model(_: Request) -> Response:
        return JSONResponse(session.status())

    async def view(request: Request) -> Response:
        wanted = await read(request, int(session.status()["limits"]["characters"]))
        async with one_at_a_time:
            if await request.is_disconnected():  # while it waited: others need not wait for an answer that nobody reads
                return Response(status_code=499)
            answer = await to_thread.run_sync(_answer, session, wanted, abandon_on_cancel=True)
        return Response(answer, media_type="application/json")

    routes = [
        Route(path, endpoint, methods=[method])
        for (method, path), endpoint in zip(PATHS, (index, description, model, view), strict=True)
    ]
    refusals = dict.fromkeys((HTTPException, RequestError, ProbingError, ClientDisconnect), _refusal)
    app = Starlette(routes=routes, exception_handlers={**refusals, Exception: _server_error})
    app.router.redirect_slashes = False
    return _HostCheck(app, port)


class _HostCheck:
    """Refuses other hosts and origins before anything else is done; adds HEADERS to every answer."""

    def __init__(self, app: ASGIApp, port: int) -> None:
        self._app = app
        self._hosts = [f"127.0.0.1:{port}", f"localhost:{port}"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        error = self._error(Headers(scope=scope))
        app = JSONResponse({"error": error}, 403) if error else self._app
        await app(scope, receive, with_headers)

    def _error(self, headers: Headers) -> str | None:
        here = f"http://{self._hosts[0]}/"
        hosts, origins = headers.getlist("host"), headers.getlist("origin")
        if len(hosts) != 1 or hosts[0].lower() not in self._hosts:
            return f"the request is for the host {', '.join(hosts) or 'none'}; this server is {here} only; open that"
        if any(origin.lower() not in [f"http://{host}" for host in self._hosts] for origin in origins):
            return f"the request comes from {', '.join(origins)}; only the page of {here} may send one; open that page"
        return None


def _answer(session: Session, wanted: ViewRequest) -> bytes:
    header, arrays = session.view(wanted.text, wanted.text_b, wanted.parts)
    document = {"header": header, "arrays": arrays}
    return json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def _refusal(_: Request, error: Exception) -> Response:
    """The JSON answer to a request that cannot be served."""
    status, message, headers = 400, str(error), {}
    if isinstance(error, HTTPException):
        status, headers = error.status_code, dict(error.headers or {})
        message = f"{error.detail}; the addresses are {', '.join(' '.join(path) for path in PATHS)}; read /api"
    elif isinstance(error, RequestError):
        status, headers = error.status, {"Retry-After": "1"} if error.status == 503 else {}
    elif isinstance(error, ProbingError):
        status = 500 if isinstance(error, StoreError | UnavailableError) else 400
        message = without_folders(message)
    return JSONResponse({"error": _encodable(message)}, status, headers)


def _server_error(_: Request, error: Exception) -> Response:
    """The JSON answer for a bug: the terminal shows the traceback, the page the name of the error."""
    if no_memory(error):
        log.error("the server continues; memory ran out (%s)", _encodable(str(error)))
        return JSONResponse({"error": "memory ran out on this text; send a shorter one, or fewer parts"}, 500)
    trace = _encodable("".join(traceback.format_exception(error)).rstrip())
    log.error("the server continues after this error:\n%s", trace)
    message = f"the view failed ({type(error).__name__}); the explorer's terminal says more; try another text"
    return JSONResponse({"error": _encodable(message)}, 500)


def _encodable(text: str) -> str:
    """``text`` with escapes for halves of surrogate pairs, which JSON can contain and UTF-8 cannot."""
    return text.encode("utf-8", "backslashreplace").decode()
