"""Where the options of a group are found: in conf/, and in the folders that --config-dir and hydra.searchpath add."""

import re
import sys
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from itertools import zip_longest
from pathlib import Path

from hydra.core.hydra_config import HydraConfig

from probing.errors import ConfigError, shown

CONF = Path(__file__).resolve().parents[2] / "conf"
_SEARCHPATH = re.compile(r"[+~]{0,2}hydra\.searchpath=(.*)", re.DOTALL)
_SWITCHES = ("--config-dir", "-cd")


def folders() -> tuple[Path, ...]:
    """The folders of options, in the order in which they are searched: those of the running job, else those typed."""
    if not HydraConfig.initialized():
        return (CONF, *added(sys.argv[1:]))
    sources = [one for one in HydraConfig.get().runtime.config_sources if one.provider != "hydra" and one.path]
    return tuple(_folder(f"{one.schema}://{one.path}") for one in sources if one.schema in ("file", "pkg"))


def added(arguments: Sequence[str]) -> tuple[Path, ...]:
    """The folders that the arguments of a program add to conf/. Raises ConfigError for a package that is not there."""
    return tuple(_folder(place) for place in _places(arguments))


def _places(arguments: Sequence[str]) -> Iterator[str]:
    """Of hydra.searchpath first, as Hydra searches."""
    for argument in arguments:
        if found := _SEARCHPATH.fullmatch(argument):
            yield from filter(None, (place.strip(" '\"") for place in found[1].strip("[]").split(",")))
    for argument, following in zip_longest(arguments, arguments[1:], fillvalue=""):
        switch, _, value = argument.partition("=")
        if switch in _SWITCHES and (value or following):
            yield value or following


def _folder(place: str) -> Path:
    """The folder of ``file://…``, ``pkg://package.module`` or a path."""
    scheme, separator, rest = place.partition("://")
    if not separator or scheme == "file":
        return Path(rest if separator else place).absolute()
    package = rest.replace("/", ".")
    try:
        spec = find_spec(package)
    except (ImportError, ValueError) as error:
        raise ConfigError(f"hydra.searchpath: {shown(place)}: no such package ({shown(error)})") from error
    if spec is None or not spec.submodule_search_locations:
        raise ConfigError(f"hydra.searchpath: {shown(place)}: no such package; {ON_THE_PATH}")
    return Path(next(iter(spec.submodule_search_locations)))


ON_THE_PATH = "start in the folder that holds it, name that folder in PYTHONPATH, or install it with pip"


def options(group: str) -> list[str]:
    """The options of a group: its files, except those that only serve as a base of others."""
    files = (path for folder in folders() for path in (folder / group).glob("*.yaml"))
    return sorted({path.stem for path in files if not path.stem.startswith("_")})


def file_of(group: str, name: str) -> Path | None:
    """The file of an option, ``<folder>/<group>/<name>.yaml`` in the first folder that has it; None: there is none."""
    files = (folder / group / f"{name}.yaml" for folder in folders())
    return next(filter(Path.is_file, files), None)


def check_added(arguments: Sequence[str]) -> None:
    """Check the folders that the arguments add.

    Raises ConfigError for a switch without a folder, for a folder that is not there or has no options, and for an
    option that would have no effect because conf/ has another one of the same name.
    """
    for argument, following in zip_longest(arguments, arguments[1:], fillvalue=""):
        switch, equals, value = argument.partition("=")
        if switch in _SWITCHES and not (value if equals else following):
            raise ConfigError(f"{switch}: a folder with options is expected; type {switch} my_study/conf")
    groups = {path.name for path in CONF.iterdir() if path.is_dir()}
    for folder in added(arguments):
        if not folder.is_dir():
            raise ConfigError(f"{folder}: no such folder; a folder with options is expected, such as my_study/conf")
        files = [file for group in sorted(groups) for file in sorted((folder / group).glob("*.yaml"))]
        if not files:
            raise ConfigError(
                f"{folder}: no options in it; they are YAML files in folders named {', '.join(sorted(groups))}, such "
                f"as {folder.name}/task/mine.yaml{_advice(folder)}"
            )
        for file in files:
            ours = CONF / file.relative_to(folder)
            if ours.is_file() and ours.read_bytes() != file.read_bytes():
                raise ConfigError(
                    f"{file} would have no effect: this tool has an option {file.parent.name}={file.stem} of its own; "
                    "give yours another name"
                )


def _advice(folder: Path) -> str:
    return f"; type --config-dir {folder}/conf" if (folder / "conf").is_dir() else ""
