"""Hypotheses from YAML files, which anyone may have written: a mapping, or an error that names file and line."""

from pathlib import Path
from typing import Any

import yaml
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from pipelines.shared.option_files import file_of, options
from probing.attention.heads.hypothesis import hypothesis_from
from probing.data.text import read_lines
from probing.errors import ConfigError, DataError, shown

DEEPEST, LONGEST = 20, 2**20  # levels of nesting, and characters of a file; a hypothesis has three levels


def read_hypothesis(name: str) -> dict[str, Any]:
    """The content of an option of the group hypothesis, or of a YAML file. Raises: ConfigError."""
    path = file_of("hypothesis", name) or Path(name)
    if not path.is_file():
        valid = ", ".join(options("hypothesis"))
        raise ConfigError(
            f"analysis.hypotheses.tested={name}: no such file; the options are {valid}, or give the path of a YAML file"
        )
    try:
        text = "\n".join(read_lines(path))
    except DataError as error:
        raise ConfigError(str(error)) from error
    if len(text) > LONGEST:
        raise ConfigError(f"{path}: {len(text):,} characters, too many for a hypothesis; at most {LONGEST:,} are read")
    values = {key: value for key, value in _mapping(path, text).items() if key != "_target_"}
    hypothesis_from(values, str(path))  # here a message can still name the file
    return values


def _mapping(path: Path, text: str) -> dict[str, Any]:
    try:
        _check_shape(path, text)
        content: Any = OmegaConf.to_container(OmegaConf.create(text))
    except ConfigError:
        raise
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}{_line(error)}: not YAML ({_reason(error)})") from error
    except (OmegaConfBaseException, ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: cannot be read as YAML ({str(error).splitlines()[0]})") from error
    return {str(key): value for key, value in content.items()}


def _check_shape(path: Path, text: str) -> None:
    """Refuse anything but a mapping of plain values: no aliases (they can grow without end), no placeholders."""
    depth, before = 0, None
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(before, yaml.DocumentStartEvent) and not isinstance(event, yaml.MappingStartEvent):
            raise ConfigError(f"{path}: a hypothesis has keys such as name, question, query, key; see conf/hypothesis")
        before = event
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        where = f"{path}:{event.start_mark.line + 1}"
        if depth > DEEPEST:
            raise ConfigError(f"{where}: nested too deeply; a hypothesis has three levels, see conf/hypothesis")
        if isinstance(event, yaml.ScalarEvent) and ("${" in event.value or event.value == "???"):
            raise ConfigError(f"{where}: {shown(event.value)}: a placeholder is not replaced here; write its value")
        if isinstance(event, yaml.AliasEvent):
            raise ConfigError(f"{where}: *{event.anchor} is an alias of YAML; write its value here instead")


def _line(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    return f":{mark.line + 1}" if mark is not None else ""


def _reason(error: yaml.YAMLError) -> str:
    return " ".join(str(getattr(error, "problem", None) or error).split())
