"""The command line of ``reproduce``: lists of papers and models, and options that go to every run."""

from collections.abc import Sequence
from dataclasses import fields

from pipelines.reproducing.paper_files import ALL, names
from pipelines.reproducing.settings import Settings
from pipelines.shared.further_options import gathered

LISTS = {"paper": "papers", "model": "models"}  # as typed: the key in conf/reproduce.yaml (paper and model are groups)
SWEEPS = ("-m", "--multirun")
OWN = (*(f.name for f in fields(Settings)), "hydra")


def as_lists(arguments: Sequence[str]) -> list[str]:
    """The arguments as Hydra can read them: ``model=a,b`` is a list, and with -m a sweep of one job each.

    Whatever is no option of this program, no switch and no option of Hydra goes to ``options``, for every run.
    Raises: ConfigError for a value that cannot be read.
    """
    swept = any(argument in SWEEPS for argument in arguments)
    return gathered([in_list(argument, swept) for argument in arguments], OWN)


def in_list(argument: str, swept: bool) -> str:
    """``model=a,b`` as the list that conf/reproduce.yaml has; any other argument as it is."""
    name, equals, value = argument.partition("=")
    return f"{LISTS[name]}={listed(value, name, swept)}" if equals and name in LISTS else argument


def listed(value: str, name: str, swept: bool) -> str:
    """``a,b`` or ``[a,b]`` as a list, or as the values of a sweep."""
    given = [one.strip() for one in value.strip("[] ").split(",") if one.strip()]
    if swept and name == "paper" and given == [ALL]:
        given = names()
    return ",".join(given) if swept else f"[{','.join(given)}]"
