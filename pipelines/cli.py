"""What every program shares: a help screen without heavy imports, and errors without tracebacks."""

import logging
import os
import sys
from collections.abc import Callable

from rich.console import Console
from rich.logging import RichHandler

from pipelines.config import CONF
from probing.errors import ConfigError, ProbingError

CONSOLE = Console()


def launch(program: Callable[[], object], doc: str, groups: tuple[str, ...]) -> None:
    """Run a Hydra program: ``--help`` in one screen; exit 1 for what went wrong, 2 for what was mistyped."""
    if {"--help", "-h"} & set(sys.argv[1:]):
        CONSOLE.print(help_screen(doc, groups), highlight=False, markup=False, soft_wrap=True)
        return
    logging.basicConfig(
        level=logging.WARNING,
        format="%(message)s",
        handlers=[RichHandler(console=CONSOLE, show_time=False, show_path=False)],
    )
    for name in ("probing", "pipelines"):
        logging.getLogger(name).setLevel(logging.INFO)
    for name in ("HF_HUB_DISABLE_PROGRESS_BARS", "TRANSFORMERS_NO_ADVISORY_WARNINGS"):
        os.environ.setdefault(name, "1")
    # Threads that spin while they wait slow each other down tenfold when processes share the cores.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    # Hydra would print a traceback of its own choosing; with this it hands the error on to be told in one line.
    os.environ.setdefault("HYDRA_FULL_ERROR", "1")
    sys.exit(_guarded(program))


def _guarded(program: Callable[[], object]) -> int:
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException

    try:
        program()
    except ProbingError as error:
        fail(str(error))
        return 2 if isinstance(error, ConfigError) else 1
    except (HydraException, OmegaConfBaseException) as error:
        fail(explain(error))
        return 2
    except KeyboardInterrupt:
        fail("interrupted; run the same command again to go on")
        return 130
    return 0


def fail(message: str) -> None:
    """Print an error, as plain text: it may quote a corpus."""
    Console(stderr=True).print(f"error: {message}", style="bold red", markup=False, highlight=False, soft_wrap=True)


def explain(error: Exception) -> str:
    """A configuration error in a few lines, with the valid names where a key is unknown."""
    cause = error.__cause__
    node = getattr(cause, "parent_node", None) if cause is not None else None
    message = str(error).strip()
    if node is not None and hasattr(node, "keys") and cause is not None and "not in struct" in str(cause):
        where = str(node._get_full_key("") or "the top level")
        keys = ", ".join(sorted(str(key) for key in node if key != "_target_" and key != "hydra"))
        return f"{message.splitlines()[0]}\nvalid under {where}: {keys}"
    return message


def help_screen(doc: str, groups: tuple[str, ...]) -> str:
    """``doc`` with the options of each group; config files are listed, not loaded."""
    lines = []
    for group in groups:
        options = sorted(p.stem for p in (CONF / group).glob("*.yaml") if not p.stem.startswith("_"))
        if options:
            lines.append(f"  {group + '=':12}{', '.join(options)}")
    return doc.strip().replace("{groups}", "\n".join(lines))
