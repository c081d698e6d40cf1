"""Type a text, see what each head does with it.  python -m pipelines.explore model=minilm

Serves one page at http://127.0.0.1:8765, to this machine alone, with a text box: head view, model view, heatmap,
neuron view, rollout and flow follow what is typed, and so does what trained probes predict. Programs ask
POST /api/view for the same; GET /api describes it. Ctrl-C ends it.

Options (group=option; every key of an option is set as group.key=value):
{groups}
  port        at 127.0.0.1 (default 8765); 0: any free one
  text        what the page opens with
  characters  of one text at most (5000)
  subwords    of one input at most (512); the model's window may allow fewer
  longest_flow longest_neurons   subwords up to which flow, and query and key vectors, are given (64, 128)
  runs        where trained probes are looked for (default: below outputs)
  open        open=true opens the browser
  strict      true: no stand-in for a model that cannot be had
  device threads outputs

Examples:
  python -m pipelines.explore
  python -m pipelines.explore model=bert port=0 open=true
  python -m pipelines.explore model.checkpoint=./my-model attention.residual_weight=0
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
from pipelines.shared.options import CONF, ModelParts, own_options, parts_of
from pipelines.shared.schema import check_machine, listed
from probing.errors import ConfigError, positive
from probing.model.checkpoint import row_name

if TYPE_CHECKING:
    import uvicorn
    from rich.status import Status

    from pipelines.exploring.session import ModelLooker

GROUPS = ("model", "attention")
HOST = "127.0.0.1"
TELL_S = 1.0  # for which a failure to load can still be read by pages that wait
LINGER_S = 1  # for which an answer may still be sent after Ctrl-C


@dataclass
class Settings:
    """The options of ``python -m pipelines.explore`` outside of the groups."""

    port: int = 8765
    text: str = "The cat sat on the mat because it was tired."
    characters: int = 5000
    subwords: int = 512
    longest_flow: int = 64
    longest_neurons: int = 128
    runs: Any = field(default_factory=lambda: ["outputs/runs"])
    open: bool = False
    strict: bool = False
    device: str = "auto"
    threads: int | None = None
    outputs: str = "outputs"

    def __post_init__(self) -> None:
        """Refuse impossible values before anything is loaded."""
        if self.port != 0 and not 1024 <= self.port < 2**16:
            raise ConfigError(f"port={self.port}: give 1024 to 65535, or 0 for any free one")
        self.runs = [str(run) for run in listed(self.runs)]
        for name in ("characters", "subwords", "longest_flow", "longest_neurons"):
            positive(name, getattr(self, name))
        if len(self.text) > self.characters:
            raise ConfigError(f"text has {len(self.text):,} characters, more than characters={self.characters}")
        check_machine(self.device, self.threads)


def explore(config: DictConfig) -> None:
    """Serve until Ctrl-C. Raises ProbingError, and what loading raises."""
    settings, resolved = own_options(Settings, config, GROUPS)
    parts = ModelParts(settings=settings, config=resolved, **parts_of(resolved, GROUPS))
    with listening(settings.port) as here:
        from pipelines.exploring.session import ModelLooker, preparation

        limits = {"characters": settings.characters, "subwords": settings.subwords}
        looker = ModelLooker(preparation(parts), limits, settings.text, row_name(parts.model))
        serve(here, looker, settings.open)


def listening(port: int) -> socket.socket:
    """A socket at ``port``, so that a port in use is known before anything is loaded. Raises ConfigError."""
    here = socket.socket()
    if os.name == "posix":  # elsewhere it would share the port with another program
        here.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        here.bind((HOST, port))
        here.listen(128)
    except OSError as error:
        here.close()
        raise ConfigError(f"port={port}: {error.strerror}; type port=0 for any free one, or another number") from error
    return here


def serve(here: socket.socket, looker: "ModelLooker", browser: bool) -> None:
    """Answer at once, load meanwhile, end on Ctrl-C. Raises what loading raised."""
    import uvicorn

    from pipelines.exploring.server import application
    from probing.view.bundle import page

    port = here.getsockname()[1]
    url = f"http://{HOST}:{port}/"
    config = uvicorn.Config(
        application(page([], live=True), looker, port),
        http="h11",
        ws="none",
        lifespan="off",
        loop="asyncio",
        log_config=None,
        log_level="critical",  # what goes wrong is said by the application
        access_log=False,
        proxy_headers=False,  # nobody stands before it
        server_header=False,
        timeout_graceful_shutdown=LINGER_S,
    )
    server, status = uvicorn.Server(config), CONSOLE.status("")
    threads = [threading.Thread(target=_load, args=(looker, server, status), daemon=True)]
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
    if looker.failure is not None:
        raise looker.failure
    _stop()


def _load(looker: "ModelLooker", server: "uvicorn.Server", status: "Status") -> None:
    looker.load(lambda stage: status.update(f"{stage} …"))
    status.stop()
    if looker.failure is None:
        found = looker.status()
        say(f"{found['model']} is ready after {found['seconds']} s")
    else:
        time.sleep(TELL_S)
        server.should_exit = True


def _stop() -> None:
    """End well, and at once: a thread that loads or looks cannot be told to stop, and must not outlive the modules."""
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
