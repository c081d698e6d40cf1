"""A sweep over layers extracts once: its first job stores what all of its jobs read."""

from collections.abc import Sequence
from typing import Any

from pipelines.shared.typed_options import is_sweep, readable

STORED = "store.layers"


def with_layers_of_all_jobs(arguments: Sequence[str]) -> list[str]:
    """The arguments as Hydra can read them; for a sweep over ``layers``, with a ``store.layers`` that serves all jobs.

    Raises: ConfigError for a value that cannot be read.
    """
    found = readable(arguments)
    named = {argument.partition("=")[0].lstrip("+~"): argument for argument in found}
    if not is_sweep(found) or "layers" not in named or STORED in named:
        return found
    jobs = _values(named["layers"])
    if len(jobs) < 2:
        return found
    # models of a sweep may have other numbers of layers, and a layer that one of them lacks would be refused
    several_models = any(name.partition(".")[0] == "model" and len(_values(typed)) > 1 for name, typed in named.items())
    numbers = _numbers(jobs)
    stored = "all" if several_models or numbers is None else f"[{','.join(map(str, numbers))}]"
    return [*found, f"{STORED}={stored}"]


def _values(argument: str) -> list[Any]:
    """The value of an option in each job: one for an option that is not swept."""
    from hydra.core.override_parser.overrides_parser import OverridesParser

    parsed = OverridesParser.create().parse_override(argument)
    return list(parsed.sweep_iterator()) if parsed.is_sweep_override() else [parsed.value()]


def _numbers(jobs: Sequence[Any]) -> list[int] | None:
    """The layers that any of the jobs names; None if one reads all, or says what the job itself will refuse."""
    found = set[int]()
    for job in jobs:
        typed = str(job).strip("[]").replace(" ", "").split(",")
        if not all(one.isdecimal() for one in typed):
            return None
        found |= set(map(int, typed))
    return sorted(found)
