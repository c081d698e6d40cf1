"""The command line of every program: a help screen without heavy imports, and errors without tracebacks."""

import os
import sys
from _thread import interrupt_main
from collections.abc import Callable, Sequence
from io import TextIOWrapper
from textwrap import fill
from threading import Timer
from typing import TYPE_CHECKING

from rich.console import Console

from pipelines.shared.log_lines import show_lines
from pipelines.shared.option_files import check_added, options
from pipelines.shared.shortage import memory_behind, raised_in, shortage
from pipelines.shared.tab_completion import SWITCHES, hide_bases
from pipelines.shared.typed_options import explain, readable
from probing.distribution import as_typed
from probing.errors import ConfigError, ProbingError, shown

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

OF_HYDRA = ("hydra", "omegaconf", "antlr4")  # packages that read the options
# what programs set in the environment, unless it is set
VARIABLES = {
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TRANSFORMERS_NO_ADVISORY_WARNINGS": "1",
    # Threads that spin while they wait slow each other down tenfold when processes share the cores; but some 40 us of
    # spinning save a fifth of the time of a probe's many short products. Huge pages save page faults in large arrays.
    "OMP_WAIT_POLICY": "passive",
    "GOMP_SPINCOUNT": "20000",
    "THP_MEM_ALLOC_ENABLE": "1",
    # Hydra would print a traceback; with this it raises the error, which is then printed in one line.
    "HYDRA_FULL_ERROR": "1",
    # Ray would leave out lines that jobs have in common, put a number before the others, and send statistics.
    "RAY_DEDUP_LOGS": "0",
    "RAY_DISABLE_WORKER_LOG_PREFIX": "1",
    "RAY_USAGE_STATS_ENABLED": "0",
}


def console(stderr: bool = False) -> Console:
    """A terminal, or what the output goes to. Without a known width (COLUMNS=0) rich would print nothing."""
    found = Console(stderr=stderr)
    if found.width < 1:
        found.width = 80
    return found


CONSOLE = console()


class Failed(Exception):
    """A job of a sweep failed, and its error is printed; ``args`` holds the exit code."""


def launch(
    program: Callable[[], object],
    doc: str,
    groups: tuple[str, ...],
    read: Callable[[Sequence[str]], list[str]] = readable,
) -> None:
    """Run a Hydra program: ``--help`` fits one screen; exit code 1 for a failure, 2 for a mistyped option.

    read: makes of the arguments those that Hydra reads.
    """
    if {"--help", "-h"} & set(sys.argv[1:]):
        if code := guarded(lambda: _help(doc, groups)):
            sys.exit(code)
        return
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a character that the terminal does not have ends no program
    for name, value in VARIABLES.items():
        os.environ.setdefault(name, value)
    sys.unraisablehook = interrupt_again
    show_lines(say)
    try:
        code = guarded(lambda: _start(program, read))
    except KeyboardInterrupt:
        fail("interrupted; run the same command again to continue")
        code = 130
    sys.exit(code)


def _start(program: Callable[[], object], read: Callable[[Sequence[str]], list[str]]) -> None:
    sys.argv[1:] = read(sys.argv[1:])
    check_added(sys.argv[1:])
    if SWITCHES & set(sys.argv[1:]):
        hide_bases()
    program()


def _help(doc: str, groups: tuple[str, ...]) -> None:
    check_added(sys.argv[1:])
    say(help_screen(doc, groups))


def interrupt_again(ignored: "UnraisableHookArgs") -> None:
    """Deliver Ctrl-C once more if it arrived in a callback or a ``__del__``, where Python ignores every exception."""
    if ignored.exc_type is KeyboardInterrupt:
        Timer(0.01, interrupt_main).start()  # not from here: it would be ignored again
    else:
        sys.__unraisablehook__(ignored)


def job(work: Callable[[], object]) -> None:
    """Run one job of Hydra, in this process or in a launcher's.

    On an error a single run ends here, since Hydra would print the command line first. A sweep prints which job
    failed and continues with the others; Hydra raises the Failed of the first one when all are done.
    """
    from hydra.core.hydra_config import HydraConfig
    from hydra.types import RunMode

    show_lines(say)
    swept = HydraConfig.get().mode is RunMode.MULTIRUN
    name = " ".join(HydraConfig.get().overrides.task) if swept else ""
    if swept:
        say(f"\n{name}", "bold")
    code = guarded(work, f"job {name}: " if swept else "")
    if code and swept:
        raise Failed(code)
    if code:
        sys.exit(code)


def guarded(work: Callable[[], object], where: str = "") -> int:
    """Call ``work``; returns its exit code. An error is printed as one message on standard error."""
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException

    try:
        work()
    except Failed as error:
        fail("the sweep is incomplete: the failed jobs are named above; run it again to repeat only those")
        return int(error.args[0])
    except ProbingError as error:
        fail(f"{where}{error}{memory_behind(error)}")
        return 2 if isinstance(error, ConfigError) else 1
    except (HydraException, OmegaConfBaseException) as error:
        fail(where + explain(error))
        return 2
    except Exception as error:
        if line := shortage(error):
            fail(where + line)
            return 1
        if not raised_in(error, OF_HYDRA):  # for some mistyped overrides Hydra raises ValueError, TypeError …
            raise
        fail(f"{where}the options cannot be read ({shown(error)}); you typed: {shown(' '.join(sys.argv[1:]))}")
        return 2
    return 0


def say(text: str, style: str | None = None) -> None:
    """Print a line without markup: it may quote a corpus or a path."""
    CONSOLE.print(as_typed(text), style=style, markup=False, highlight=False, soft_wrap=True)


def fail(message: str) -> None:
    """Print an error, as plain text."""
    text = as_typed(f"error: {message}")
    console(stderr=True).print(text, style="bold red", markup=False, highlight=False, soft_wrap=True)


def help_screen(doc: str, groups: tuple[str, ...]) -> str:
    """``doc`` with the options of each group; the files are listed, not loaded."""
    indent = " " * 14
    named = [f"  {group + '=':12}{', '.join(options(group))}" for group in groups]
    lines = [fill(line, 100, subsequent_indent=indent, break_on_hyphens=False) for line in named]
    return doc.strip().replace("{groups}", "\n".join(lines))
