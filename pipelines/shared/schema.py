"""Options against the dataclass that they set: every value is checked, and every unknown key is refused."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from importlib import import_module
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, TypeVar, Union, get_args, get_origin, get_type_hints

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from pipelines.shared.option_files import ON_THE_PATH
from probing.errors import ConfigError, one_of, positive, shown

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

MOST_THREADS = 1024
LONGEST_NAME = 100  # characters; the name of a file in the store has two such names
T = TypeVar("T", bound="DataclassInstance")


def checked(cls: type[T], node: DictConfig, group: str) -> T:
    """An instance of ``cls`` from ``node``; the fields of the class are the schema.

    An option whose field is a list takes one value or a list. ``group``: the name before the dot of an option, or
    empty. The options of a field that is itself a dataclass stay a dictionary. Raises ConfigError for an unknown key, a
    missing or empty value, and a value of another type.
    """
    prefix = f"{group}." if group else ""
    given = {str(k): v for k, v in OmegaConf.to_container(node).items() if k != "_target_"}  # type: ignore[union-attr]
    known(prefix, given, [f.name for f in fields(cls)])
    # of a node of its own: the keys of a part of another would begin with its name
    unset = sorted(OmegaConf.missing_keys(OmegaConf.create(given)), key=lambda key: [*given].index(key.split(".")[0]))
    if missing := [f"{prefix}{key}" for key in unset]:
        raise ConfigError(f"not set: {', '.join(missing)}; type {' '.join(f'{key}=…' for key in missing)}")
    values = _values(cls, given, prefix)
    schema = OmegaConf.structured(cls)
    OmegaConf.set_readonly(schema, False)
    try:
        merged: Any = OmegaConf.to_container(OmegaConf.merge(schema, values))
    except OmegaConfBaseException as error:
        key = re.split(r"[.\[]", error.full_key or "")[0]
        raise ConfigError(f"{prefix}{key}={shown(given.get(key, '?'))}: {shown(str(error).splitlines()[0])}") from error
    return cls(**{f.name: merged[f.name] for f in fields(cls)})


def _values(cls: "type[DataclassInstance]", given: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """The values of the fields of ``cls``: lists where a list is expected, nothing empty, only keys that are fields."""
    known(prefix, given, [f.name for f in fields(cls)])
    hints = get_type_hints(cls)
    return {key: _value(f"{prefix}{key}", value, hints[key]) for key, value in given.items()}


def _value(option: str, value: Any, hint: Any) -> Any:
    optional = get_origin(hint) in (UnionType, Union) and NoneType in get_args(hint)
    if value is None and optional:
        return None
    [kind, *_] = [one for one in get_args(hint) if one is not NoneType] if optional else [hint]
    if get_origin(kind) is list:
        [item] = get_args(kind)
        return [_one(option, one, item) for one in listed(value)]
    if get_origin(kind) is dict and isinstance(value, dict):
        return {str(key): one for key, one in value.items()}  # data.labels={0: negative}: names, not numbers
    return _one(option, value, kind)


def _one(option: str, value: Any, kind: Any) -> Any:
    """A single value. OmegaConf checks its type afterwards, except for what it would accept or change silently."""
    if isinstance(kind, type) and is_dataclass(kind):
        if not isinstance(value, dict):
            raise ConfigError(
                f"{option}={shown(value)}: it is a group of options; type {option}.{fields(kind)[0].name}=…"
            )
        return _values(kind, value, f"{option}.")
    if kind not in (str, int, float, bool):
        return value
    if isinstance(value, list | dict):
        raise ConfigError(
            f"{option}={shown(value)}: a single value is expected here, neither a list nor a group of options"
        )
    if value is None:
        raise ConfigError(f"{option}=null: a value is expected")
    if value == "":
        raise ConfigError(f"{option}='': the value is empty")
    if isinstance(value, int | float) and kind is not str:
        _check_number(option, value, kind)
    return value


def _check_number(option: str, value: float, kind: type) -> None:
    if not math.isfinite(value):
        raise ConfigError(f"{option}={shown(value)}: a finite number is expected")
    if kind is bool and value not in (0, 1):
        raise ConfigError(f"{option}={shown(value)}: type {option}=true or {option}=false")
    if kind is int and abs(value) >= 2**63:
        raise ConfigError(f"{option}={shown(value)}: the number is too large")


def part_of(group: str, node: DictConfig) -> Any:
    """What an option of ``group`` builds: an instance of its ``_target_``. Raises ConfigError, also for a class that
    cannot be imported.
    """
    return checked(class_of(f"{group}._target_", node.get("_target_")), node, group)


def class_of(option: str, target: object) -> Any:
    """The dataclass that ``target`` names (package.module.Class). Raises ConfigError for anything else."""
    module, _, name = str(target).rpartition(".")
    if not isinstance(target, str) or not all(part.isidentifier() for part in (*module.split("."), name)):
        raise ConfigError(f"{option}={shown(target)}: the name of a class is expected, as in conf/")
    try:
        found = getattr(import_module(module), name)
    except Exception as error:  # a module may fail in any way while it is imported
        absent = isinstance(error, ModuleNotFoundError) and not target.startswith("probing.")
        advice = f"; {ON_THE_PATH}" if absent else ""
        raise ConfigError(f"{option}={shown(target)}: it cannot be imported ({shown(error)}){advice}") from error
    if not isinstance(found, type) or not is_dataclass(found):
        raise ConfigError(f"{option}={shown(target)}: it is not a dataclass, so it has no options; see conf/")
    return found


def known(prefix: str, keys: Iterable[object], valid: Sequence[str]) -> None:
    """Raise ConfigError for a key that nothing reads, such as that of ``+task.vektor=mean``."""
    for key in keys:
        if key not in valid:
            options = f"the options are {', '.join(prefix + v for v in valid)}" if valid else "there are none here"
            raise ConfigError(f"{prefix}{shown(key)}: no such option; {options}")


def check_machine(device: str, threads: int | None) -> None:
    """Raise ConfigError for an unknown device and for an impossible number of threads."""
    one_of("device", device, ("auto", "cpu", "cuda", "mps"))
    if threads is not None:
        positive("threads", threads)
        if threads > MOST_THREADS:
            raise ConfigError(f"threads={threads}: at most {MOST_THREADS}; leave it out for one per core")


def listed(value: Any) -> list[Any]:
    """A list as it is, None as an empty list, any other value as a list of one."""
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def names_a_folder(option: str, value: str) -> None:
    """Raise ConfigError unless ``value`` can be one part of a path."""
    if not value or value.startswith(".") or set(value) & set("/\\") or not value.isprintable():
        raise ConfigError(f"{option}={shown(repr(value))}: it names a folder or a file; use letters, digits, - and _")
    if len(value) > LONGEST_NAME:
        raise ConfigError(f"{option}={shown(value)}: it names a folder or a file; at most {LONGEST_NAME} characters")
