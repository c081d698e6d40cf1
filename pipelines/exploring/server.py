"""The explorer's server: the page and its JSON interface, for this machine and this page only.

Requests for another host (another site's name that points to this machine) or from another origin (a page of another
site) are refused, so that no web site in the same browser can read or use the model.
"""

import logging
import traceback

from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipelines.exploring.api_description import ADDRESSES
from pipelines.exploring.endpoints import Endpoints, Session
from pipelines.exploring.request import RequestError
from pipelines.shared.hide_folders import without_folders
from probing.errors import ProbingError, StoreError, UnavailableError, no_memory

log = logging.getLogger("pipelines.exploring.server")
SANDBOX = "allow-scripts allow-downloads allow-popups allow-popups-to-escape-sandbox"
WHY = "/why/"
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "frame-ancestors 'none'",  # besides the page's own policy, which cannot contain this
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
# pages of a diagnosis: shown in a frame of the page, without access to it or to this server's interface
FRAMED = {
    **HEADERS,
    "X-Frame-Options": "SAMEORIGIN",
    "Content-Security-Policy": f"frame-ancestors 'self'; sandbox {SANDBOX}",
}


def application(page: str, session: Session, port: int) -> ASGIApp:
    """The server as an ASGI application; ``page`` is the HTML, ``port`` the server's own."""
    endpoints = Endpoints(page, session, port)
    refusals = dict.fromkeys((HTTPException, RequestError, ProbingError, ClientDisconnect), _refusal)
    app = Starlette(routes=endpoints.routes(), exception_handlers={**refusals, Exception: _server_error})
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
                MutableHeaders(scope=message).update(FRAMED if scope["path"].startswith(WHY) else HEADERS)
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


def _refusal(_: Request, error: Exception) -> Response:
    """The JSON answer to a request that cannot be served."""
    status, message, headers = 400, str(error), {}
    if isinstance(error, HTTPException):
        status, headers = error.status_code, dict(error.headers or {})
        message = f"{error.detail}; the addresses are {', '.join(ADDRESSES)}; read /api"
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
    message = f"the answer failed ({type(error).__name__}); the explorer's terminal says more; try another text"
    return JSONResponse({"error": _encodable(message)}, 500)


def _encodable(text: str) -> str:
    """``text`` with escapes for halves of surrogate pairs, which JSON can contain and UTF-8 cannot."""
    return text.encode("utf-8", "backslashreplace").decode()
