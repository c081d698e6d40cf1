"""The machine that a program runs on: device, threads, time, and folders that processes share."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import Timeout

from pipelines.shared.cli import say
from probing.errors import ModelError
from probing.store.locks import FLOCK, lock_of


def device_of(name: str) -> str:
    """The device that the encoder runs on. Raises ModelError if it is not available."""
    import torch

    if name != "auto":
        available = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
        if not available[name]:
            raise ModelError(f"device={name} is not available; type device=cpu or device=auto")
        return name
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def probe_device(name: str) -> str:
    """The device that probes are fitted on: MPS has no float64, in which moments are summed."""
    device = device_of(name)
    return "cpu" if device == "mps" else device


def set_threads(threads: int | None) -> None:
    """Set the number of threads of this process, None: one per core. It decides the order of sums."""
    import torch
    from joblib import cpu_count  # which respects the limits of containers

    torch.set_num_threads(threads or cpu_count())


def peak_bytes() -> int:
    """The most memory that this process has had at once, in bytes; that of an accelerator is not in it."""
    import resource

    # in kilobytes on Linux, in bytes on macOS
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


@contextmanager
def alone(folder: Path, kind: str = FLOCK) -> Iterator[None]:
    """Lock ``folder`` while a run is made; waits if another process makes the same run. kind: of lock."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    lock = lock_of(folder.with_name(f".{folder.name}"), kind)
    try:
        held = lock.acquire(timeout=0)
    except Timeout:
        say(f"another process is making {folder}; waiting for it")
        held = lock.acquire()
    with held:
        yield


class Clock:
    """Seconds per stage; ``on_stage`` gets the name of each stage when it begins."""

    def __init__(self, on_stage: Callable[[str], None]) -> None:
        self.seconds: dict[str, float] = {}
        self._on_stage = on_stage

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time what happens inside."""
        self._on_stage(name)
        began = time.perf_counter()
        yield
        self.seconds[name] = round(time.perf_counter() - began, 3)
