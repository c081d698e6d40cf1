"""YAML files that anyone may have written: a mapping of plain values, or an error that names file and line."""

from pathlib import Path
from typing import Any

import yaml
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from pipelines.shared.option_files import file_of, options
from probing.data.text import read_lines
from probing.errors import ConfigError, DataError, shown

DEEPEST, LONGEST = 20, 2**20  # levels of nesting, and characters of a file; conditions on words have three levels


def read_mapping(group: str, name: str, where: str, keys: str) -> tuple[Path, dict[str, Any]]:
    """The file of an option of ``group``, or a YAML file by its path, and its content without ``_target_``.

    where: what was typed, for errors. keys: some that it should have. Raises: ConfigError.
    """
    path = file_of(group, name) or Path(name)
    if not path.is_file():
        valid = ", ".join(options(group))
        raise ConfigError(f"{where}: no such file; the options are {valid}, or give the path of a YAML file")
    try:
        text = "\n".join(read_lines(path))
    except DataError as error:
        raise ConfigError(str(error)) from error
    if len(text) > LONGEST:
        raise ConfigError(f"{path}: {len(text):,} characters, too many for a {group}; at most {LONGEST:,} are read")
    content = _mapping(path, text, f"a {group} has keys such as {keys}; see conf/{group}")
    return path, {key: value for key, value in content.items() if key != "_target_"}


def _mapping(path: Path, text: str, expected: str) -> dict[str, Any]:
    try:
        _check_shape(path, text, expected)
        content: Any = OmegaConf.to_container(OmegaConf.create(text))
    except ConfigError:
        raise
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}{_line(error)}: not YAML ({_reason(error)})") from error
    except (OmegaConfBaseException, ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: cannot be read as YAML ({str(error).splitlines()[0]})") from error
    return {str(key): value for key, value in content.items()}


def _check_shape(path: Path, text: str, expected: str) -> None:
    """Refuse anything but a mapping of plain values: no aliases (they can grow without end), no placeholders."""
    depth, before = 0, None
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(before, yaml.DocumentStartEvent) and not isinstance(event, yaml.MappingStartEvent):
            raise ConfigError(f"{path}: {expected}")
        before = event
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        where = f"{path}:{event.start_mark.line + 1}"
        if depth > DEEPEST:
            raise ConfigError(f"{where}: nested too deeply; {expected}")
        if isinstance(event, yaml.ScalarEvent) and ("${" in event.value or event.value == "???"):
            raise ConfigError(f"{where}: {shown(event.value)}: a placeholder is not replaced here; write its value")
        if isinstance(event, yaml.AliasEvent):
            raise ConfigError(f"{where}: *{event.anchor} is an alias of YAML; write its value here instead")


def _line(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    return f":{mark.line + 1}" if mark is not None else ""


def _reason(error: yaml.YAMLError) -> str:
    return " ".join(str(getattr(error, "problem", None) or error).split())
