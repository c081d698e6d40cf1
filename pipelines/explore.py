"""Type a text and see what each head attends to.  python -m pipelines.explore model=minilm

Serves one page with a text box at http://127.0.0.1:8765, for this machine only. Heads, model, heatmap, query and key
vectors, rollout, flow and the predictions of trained probes follow the text while it is typed. "Why?" diagnoses a text
with its right class, as python -m pipelines.diagnose does, by the probes of a run with task=sentiment or the like.
The view Removal takes a property (pos, tense …) out of a layer, for the runs with linear probes that it finds. Programs
get the same from POST /api/view, /api/why and /api/remove; GET /api describes them. Ctrl-C ends the program.

Options (group=option; every key of an option is set as group.key=value):
{groups}
  port        at 127.0.0.1 (default 8765); 0: any free port
  text        the text when the page opens
  characters  the most characters of a text (5000)
  subwords    the most subwords of an input (512); the model's window may allow fewer
  longest_flow     inputs with more subwords than this have no flow (64)
  longest_neurons  inputs with more subwords than this have no query and key vectors (128)
  runs        folders to search for trained probes (default: outputs/runs)
  probes      show probes trained on this corpus, or a list (default: natural text is preferred to generated text)
  open        open=true opens the browser
  strict      strict=true fails instead of using a stand-in for the model
  device threads outputs

Examples:
  python -m pipelines.explore
  python -m pipelines.explore model=bert port=0 open=true
  python -m pipelines.explore model.checkpoint=./my-model rollout=raw
"""

import asyncio
import os
import socket
import sys
import threading
import time
import webbrowser
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import hydra
from omegaconf import DictConfig

from pipelines.shared.cli import CONSOLE, job, launch, say
from pipelines.shared.machine_settings import MachineSettings
from pipelines.shared.option_files import CONF
from pipelines.shared.options import ModelParts, own_options, parts_of
from pipelines.shared.schema import listed
from probing.distribution import need
from probing.errors import ConfigError, positive
from probing.model.checkpoint import row_name
from probing.view.record import AUTO

if TYPE_CHECKING:
    import uvicorn
    from rich.status import Status

    from pipelines.exploring.session import ModelSession

GROUPS = ("model", "rollout")
HOST = "127.0.0.1"
FAILURE_S = 1.0  # after a failed load the server runs so much longer, so that waiting pages can show the error
SHUTDOWN_S = 1  # after Ctrl-C answers may still be sent for so long


@dataclass
class Settings(MachineSettings):
    """The options of ``python -m pipelines.explore`` that are in no group."""

    port: int = 8765
    text: str = "The cat sat on the mat because it was tired."
    characters: int = 5000
    subwords: int = 512
    longest_flow: int = 64
    longest_neurons: int = 128
    runs: Any = field(default_factory=lambda: ["outputs/runs"])
    probes: Any = "auto"
    open: bool = False

    def __post_init__(self) -> None:
        """Refuse impossible values before anything is loaded."""
        if self.port != 0 and not 1024 <= self.port < 2**16:
            raise ConfigError(f"port={self.port}: give 1024 to 65535, or 0 for any free port")
        self.runs = [str(run) for run in listed(self.runs)]
        self.probes = [str(name) for name in listed(self.probes)] or [AUTO]
        for name in ("characters", "subwords", "longest_flow", "longest_neurons"):
            positive(name, getattr(self, name))
        if len(self.text) > self.characters:
            raise ConfigError(f"text has {len(self.text):,} characters, more than characters={self.characters}")
        super().__post_init__()


def explore(config: DictConfig) -> None:
    """Serve until Ctrl-C. Raises ProbingError, and what loading raises."""
    settings, resolved = own_options(Settings, config, GROUPS)
    parts = ModelParts(settings=settings, config=resolved, **parts_of(resolved, GROUPS))
    for package in ("starlette", "uvicorn"):
        need(package)
    with listening(settings.port) as here:
        from pipelines.exploring.prepared_model import preparation
        from pipelines.exploring.session import ModelSession

        limits = {"characters": settings.characters, "subwords": settings.subwords}
        session = ModelSession(preparation(parts), limits, settings.text, row_name(parts.model))
        serve(here, session, settings.open)


def listening(port: int) -> socket.socket:
    """A socket at ``port``, so that a port in use is known before anything is loaded. Raises ConfigError."""
    here = socket.socket()
    if os.name == "posix":  # on Windows this would let two programs share the port
        here.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        here.bind((HOST, port))
        here.listen(128)
    except OSError as error:
        here.close()
        raise ConfigError(f"port={port}: {error.strerror}; type port=0 for any free port, or another number") from error
    return here


def serve(here: socket.socket, session: "ModelSession", browser: bool) -> None:
    """Answer requests from the start, load the model meanwhile, end on Ctrl-C. Raises what loading raised."""
    url = f"http://{HOST}:{here.getsockname()[1]}/"
    server, status = _server(here, session), CONSOLE.status("")
    threads = [threading.Thread(target=_load, args=(session, server, status), daemon=True)]
    if browser:
        threads.append(threading.Thread(target=webbrowser.open, args=(url,), daemon=True))
    say(f"{url}  (Ctrl-C ends it)")
    try:
        with status:
            for thread in threads:
                thread.start()
            asyncio.run(server.serve(sockets=[here]))
    except KeyboardInterrupt:
        pass
    if session.failure is not None:
        raise session.failure
    _stop()


def _server(here: socket.socket, session: "ModelSession") -> "uvicorn.Server":
    import uvicorn

    from pipelines.exploring.server import application
    from probing.view.bundle import page

    config = uvicorn.Config(
        application(page([], live=True), session, here.getsockname()[1]),
        http="h11",
        ws="none",
        lifespan="off",
        loop="asyncio",
        log_config=None,
        log_level="critical",  # the application reports errors itself
        access_log=False,
        proxy_headers=False,  # there is no proxy
        server_header=False,
        timeout_graceful_shutdown=SHUTDOWN_S,
    )
    return uvicorn.Server(config)


def _load(session: "ModelSession", server: "uvicorn.Server", status: "Status") -> None:
    session.load(lambda stage: status.update(f"{stage} …"))
    status.stop()
    if session.failure is None:
        found = session.status()
        say(f"{found['model']} is ready after {found['seconds']} s")
    else:
        time.sleep(FAILURE_S)
        server.should_exit = True


def _stop() -> None:
    """End at once: a thread that loads or computes cannot be stopped, and must not run while modules are torn down."""
    say("stopped")
    if threading.active_count() > 1:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


@hydra.main(config_path=str(CONF), config_name="explore", version_base="1.3")
def main(config: DictConfig) -> None:
    """One explorer."""
    job(lambda: explore(config))


if __name__ == "__main__":
    launch(main, __doc__, GROUPS)
