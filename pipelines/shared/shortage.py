"""What the system did not give (memory, threads, a living process, a file), as one line that says what to do."""

import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import BrokenExecutor
from pathlib import Path
from types import TracebackType

from probing.errors import no_memory, shown

LESS = (
    "give this program more, or less to do at a time (a smaller model, fewer sentences, layers or parallel jobs), and "
    "run the same command again: what is finished is kept"
)
RAY = "ray"  # a package that starts processes, and can fail to
_SPARE = [bytearray(1 << 24)]  # given back when memory runs out, so that there is some to say so


def shortage(error: BaseException) -> str | None:
    """One line if ``error`` is about the machine and not about the input or the code; else None."""
    if raised_in(error, (RAY,)):
        return _of_ray(str(error).strip())
    if isinstance(error, BrokenExecutor):
        return (
            "a process of the sweep was killed, most often because memory ran out; run the same command again to make "
            "what is missing, with fewer jobs at a time: hydra.launcher.n_jobs=1"
        )
    if no_memory(error):
        _SPARE.clear()
        seen = next(iter(str(error).strip().splitlines()), "")
        return f"memory ran out{f' ({seen})' if seen else ''}; {LESS}"
    if isinstance(error, RuntimeError) and "can't start new thread" in str(error):
        return f"the system starts no further thread; type threads=1, or end other programs ({error})"
    if isinstance(error, OSError):
        return f"{error.filename or 'input or output'}: {error.strerror or error}"
    return None


def _of_ray(seen: str) -> str:
    advice = "run the same command again: what is finished is kept"
    if "existing cluster" in seen:  # its launcher always gives object_store_memory
        advice = (
            "type hydra.launcher.ray.init.address=local for a cluster of your own; to use the one that runs, leave out "
            "what is named, or type +hydra.launcher.ray.init.object_store_memory=null"
        )
    return f"Ray: {shown(seen)}; {advice}"


def raised_in(error: BaseException, packages: Sequence[str]) -> bool:
    """Whether ``error`` was raised by the code of one of ``packages``."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and str(trace.tb_frame.f_globals.get("__name__")).partition(".")[0] in packages


def memory_behind(error: BaseException) -> str:
    """Advice on memory, if lack of it is behind an error that does not say so; else empty."""
    if "memory ran out" in str(error) or not any(map(no_memory, causes(error))):
        return ""
    _SPARE.clear()
    return f"; memory ran out: {LESS}"


def uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """As ``sys.excepthook``: one line if memory runs out before a program begins, while libraries are loaded."""
    if no_memory(error):
        sys.stderr.write(f"error: {shortage(error)}\n")
    else:
        sys.__excepthook__(kind, error, trace)


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """``error`` and what it was raised from."""
    while error is not None:
        yield error
        error = error.__cause__


def missing_below(folder: Path, error: BaseException) -> str | None:
    """The file in ``folder`` that ``error`` says is not there, in words; None if it speaks of no such file."""
    for cause in causes(error):
        if isinstance(cause, FileNotFoundError):
            if not cause.filename:  # h5py names none
                return f"a file in {folder}"
            if folder.absolute() in Path(str(cause.filename)).absolute().parents:
                return str(cause.filename)
    return None
