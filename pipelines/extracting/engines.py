"""What starts workers: processes of this machine, or a launcher of Hydra."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from pipelines.extracting.extract_settings import Settings
from pipelines.shared.cli import say
from pipelines.shared.machine import device_of
from pipelines.shared.option_files import CONF
from probing.errors import ConfigError

PAUSE_S = 0.2
BASIC = "basic"  # Hydra's launcher where none is chosen
LOCAL = (BASIC, "joblib", "submitit_local")  # all workers run on this machine
RAY = "ray"  # these too, unless it is told the address of a cluster
ADDRESS = "hydra.launcher.ray.init.address="
HERE = "local"  # an address that is this machine


class Command(NamedTuple):
    """What starts a worker, and the file that its output goes to."""

    words: list[str]
    log: Path


def workers_of(settings: Settings, typed: Sequence[str], key: str, logs: Path) -> list[Command]:
    """The command of each worker; ``typed``: the arguments of this program. Threads share the cores of this machine."""
    from joblib import cpu_count

    threads = (
        [] if any(one.startswith("threads=") for one in settings.options) else share(cpu_count(), settings.workers)
    )
    # options of the run are typed one by one again: a second list of them would replace the first
    own = [one for one in typed if not one.startswith("options=")]
    common = [sys.executable, "-m", "pipelines.extract", *own, *settings.options, *threads, f"key={key}"]
    return [Command([*common, f"worker={n}"], logs / f"worker{n}.log") for n in range(settings.workers)]


def share(cores: int, workers: int) -> list[str]:
    """The option that gives each of the workers its share of the cores."""
    return [f"threads={max(1, cores // workers)}"]


def on_this_machine(launcher: str, typed: Sequence[str]) -> bool:
    """Whether all workers of ``launcher`` run on this machine; ``typed``: the arguments of this program."""
    if launcher == RAY:
        addresses = [one.partition("=")[2] for one in typed if one.lstrip("+").startswith(ADDRESS)]
        return (addresses or [os.environ.get("RAY_ADDRESS", HERE)])[-1] in (HERE, "null")
    return launcher in LOCAL


def check_gpus(settings: Settings, device: str) -> None:
    """Raise ConfigError if more workers are to run on this machine than it has GPUs, and they are to use them."""
    if device_of(device) != "cuda":
        return
    import torch

    if settings.workers > (n := torch.cuda.device_count()):
        raise ConfigError(
            f"workers={settings.workers}: each takes a GPU of its own, and this machine has {n}; type workers={n}, or "
            "device=cpu"
        )


def environment() -> dict[str, str]:
    """The variables of a worker: it finds the same modules as this process."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(CONF.parent), *filter(None, sys.path)])}


def run_processes(commands: Sequence[Command]) -> list[int]:
    """Run workers on this machine; returns their exit codes. The first one's output is shown, the others' are kept."""
    running = [_process(command, shown=number == 0) for number, command in enumerate(commands)]
    try:
        while any(process.poll() is None for process in running):
            time.sleep(PAUSE_S)
    finally:  # also if this program is interrupted
        for process in running:
            process.terminate()
    return [process.wait() for process in running]


def _process(command: Command, shown: bool) -> "subprocess.Popen[bytes]":
    if shown:
        return subprocess.Popen(command.words, env=environment())
    with command.log.open("wb") as log:
        return subprocess.Popen(command.words, env=environment(), stdout=log, stderr=subprocess.STDOUT)


def run_launcher(settings: Settings, typed: Sequence[str], key: str, outputs: Path) -> int:
    """Run workers as jobs of the launcher of Hydra that was chosen; returns the exit code."""
    jobs = f"worker={','.join(map(str, range(settings.workers)))}"
    folder = f"hydra.sweep.dir={outputs.absolute()}"
    words = [sys.executable, "-m", "pipelines.extract", "-m", *typed, jobs, f"key={key}", folder]
    return subprocess.run(words, env=environment(), check=False).returncode


def last_error(log: Path) -> str:
    """The error that a worker ended with, as it is in its output; the output of the first one has been shown."""
    if not log.exists():
        return "see above"
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return next((line for line in reversed(lines) if line.startswith("error: ")), f"see {log}")


def report_failures(commands: Sequence[Command], codes: Sequence[int]) -> None:
    """A line on each worker that did not end well."""
    for number, (command, code) in enumerate(zip(commands, codes, strict=True)):
        if code:
            say(f"worker {number} ended with exit code {code}: {last_error(command.log)}", "bold yellow")
