"""The command that shows a sentence of a run with its attention heads and what its probes predict."""

import re
import shlex
from pathlib import Path

from probing.distribution import as_typed
from probing.report.load import Run

BEFORE_ID = " sentence="
PARTIAL = re.compile(r"^\.(.+)\.partial$")  # the folder of a run that is being written
PLAIN = re.compile(r"[\w./+-]+")


def view_command(run: Run) -> str:
    """``python -m pipelines.view data=… model=… runs=…`` (or ``probe view …``): corpus, model and probes.

    A run of an earlier version did not write down how its corpus and model are named on the command line: the options
    are then taken from the command that made it. Empty for a run that was made from Python: its corpus has no option.
    """
    options = run.manifest.get("inputs", [])
    if options is None:
        return ""
    if "inputs" not in run.manifest:
        options = _typed(run)
    return as_typed(shlex.join(["python", "-m", "pipelines.view", *options, f"runs={finished_folder(run.folder)}"]))


def _typed(run: Run) -> list[str]:
    """The options of the command that made the run; of a sweep, which has lists of values, the names of the parts."""
    typed = shlex.split(str(run.manifest.get("command", "")))
    found = [word for word in typed if re.match(r"(data|model|store)[.=]", word) and ("," not in word or "[" in word)]
    named = {part: f"{part}={run.name(part).partition(',')[0]}" for part in ("data", "model")}
    without = [option for part, option in named.items() if not any(word.startswith(part) for word in found)]
    return [*without, *found]


def sentence_option(name: str) -> str:
    """The id of a sentence as the value of ``sentence=``, for a shell and for Hydra."""
    if PLAIN.fullmatch(name):
        return name
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return shlex.quote(f'"{escaped}"')


def finished_folder(folder: Path) -> Path:
    """The folder that a run has when it is finished."""
    return folder.with_name(PARTIAL.sub(r"\1", folder.name))
