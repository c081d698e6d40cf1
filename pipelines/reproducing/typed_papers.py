"""The command line of ``reproduce``: lists of papers and models, and options that go to every run."""

from collections.abc import Sequence
from dataclasses import fields

from pipelines.reproducing.paper_files import ALL, names
from pipelines.reproducing.settings import Settings
from pipelines.shared.typed_options import in_quotes, readable

LISTS = {"paper": "papers", "model": "models"}  # as typed: the key in conf/reproduce.yaml (paper and model are groups)
SWEEPS = ("-m", "--multirun")
OWN = (*(f.name for f in fields(Settings)), "hydra")


def as_lists(arguments: Sequence[str]) -> list[str]:
    """The arguments as Hydra can read them: ``model=a,b`` is a list, and with -m a sweep of one job each.

    Whatever is no option of this program, no switch and no option of Hydra goes to ``options``, for every run.
    Raises: ConfigError for a value that cannot be read.
    """
    swept = any(argument in SWEEPS for argument in arguments)
    own, further, follows = [], [], False
    for argument in arguments:
        name, equals, value = argument.partition("=")
        if follows or argument.startswith("-") or not equals:
            own.append(argument)
            follows = argument in ("--config-dir", "-cd", "--cfg", "-c", "--package", "-p")
        elif name in LISTS:
            own.append(f"{LISTS[name]}={listed(value, name, swept)}")
        elif name.lstrip("+~").partition(".")[0].partition("/")[0] in OWN:
            own.append(argument)
        else:
            further.append(argument)
    if further:
        own.append(f"options=[{','.join(map(in_quotes, further))}]")
    return readable(own)


def listed(value: str, name: str, swept: bool) -> str:
    """``a,b`` or ``[a,b]`` as a list, or as the values of a sweep."""
    given = [one.strip() for one in value.strip("[] ").split(",") if one.strip()]
    if swept and name == "paper" and given == [ALL]:
        given = names()
    return ",".join(given) if swept else f"[{','.join(given)}]"
