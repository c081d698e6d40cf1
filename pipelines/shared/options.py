"""From Hydra's configuration to the parts of a program: every value checked, every typo named."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, TypeVar

from hydra.utils import get_class
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from probing.attention.flow.augmented import Rollout
from probing.data.corpus import Source
from probing.errors import ConfigError, one_of, positive
from probing.model.checkpoint import Model
from probing.store.key import Store

TEXTS = ("text", "text_b")  # options that hold running text
CONF = Path(__file__).resolve().parents[2] / "conf"
# what a stand-in takes over from the option that it stands in for
INHERITED = {"data": ("max_sentences",), "model": ("precision", "long", "max_subwords")}


@dataclass(frozen=True, kw_only=True)
class ModelParts:
    """What every program that runs a model reads with, built and checked; nothing is loaded yet.

    ``settings``: the program's own options, ``strict`` and ``device`` among them. ``stand_ins``: per group, what one
    stands in for.
    """

    settings: Any
    model: Model
    rollout: Rollout
    config: DictConfig
    stand_ins: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Parts(ModelParts):
    """The same with a corpus, and the store that keeps what the model made of it."""

    data: Source
    store: Store


ModelPartsT = TypeVar("ModelPartsT", bound=ModelParts)
PartsT = TypeVar("PartsT", bound=Parts)


def parts_of(config: DictConfig, groups: Sequence[str]) -> dict[str, Any]:
    """The part of each group, from its class and its options. Raises ConfigError."""
    for group in groups:
        if not config.get(group):
            raise ConfigError(f"{group} is missing; type {group}=… with one of {', '.join(options(group))}")
    parts = {group: checked(get_class(config[group]._target_), config[group], group) for group in groups}
    for group, part in parts.items():
        if getattr(part, "name", None) is not None:
            names_a_folder(f"{group}.name", part.name)
        if getattr(part, "stand_in", None) is not None:
            one_of(f"{group}.stand_in", part.stand_in, options(group))
    return parts


def own_options(cls: type, config: DictConfig, groups: Sequence[str]) -> tuple[Any, DictConfig]:
    """A program's own options as an instance of ``cls``, and the whole configuration but for texts, resolved.

    What a text holds is never read as the name of an option, ``${…}``, or as a value still to be set, ``???``; null
    is the default of ``cls``. Raises ConfigError, also for a text that is none.
    """
    known("", config, [*(f.name for f in fields(cls)), *groups])
    texts = [str(name) for name in config if name in TEXTS]  # ``in config`` is false of ???
    given = {name: text for name in texts if (text := _text(name, config)) is not None}
    rest = OmegaConf.masked_copy(config, [str(name) for name in config if name not in texts])
    resolved: Any = OmegaConf.create(OmegaConf.to_container(rest, resolve=True))
    top = {f.name: resolved[f.name] for f in fields(cls) if f.name in resolved}
    return replace(checked(cls, OmegaConf.create(top), ""), **given), resolved


def _text(name: str, config: DictConfig) -> str | None:
    text = "???" if OmegaConf.is_missing(config, name) else config[name]
    if text is not None and not isinstance(text, str):
        raise ConfigError(f'{name}={text}: a text is wanted; type {name}="{text}"')
    return text


def checked(cls: type, node: DictConfig, group: str) -> Any:
    """An instance of ``cls`` from ``node``; the class's own fields are the schema of its option."""
    schema = OmegaConf.structured(cls)
    OmegaConf.set_readonly(schema, False)
    values = {str(k): v for k, v in OmegaConf.to_container(node).items() if k != "_target_"}  # type: ignore[union-attr]
    prefix = f"{group}." if group else ""
    known(prefix, values, [f.name for f in fields(cls)])
    missing = [f"{prefix}{k}" for k, v in values.items() if v == "???"]
    if missing:
        raise ConfigError(f"not set: {', '.join(missing)}; type {' '.join(f'{key}=…' for key in missing)}")
    try:
        merged: Any = OmegaConf.to_container(OmegaConf.merge(schema, values))
    except OmegaConfBaseException as error:
        key = re.split(r"[.\[]", error.full_key or "")[0]
        seen = f"{prefix}{key}={values.get(key, '?')}"
        wanted = f"a list is wanted: {prefix}{key}=[…]" if "ListConfig" in str(error) else str(error).splitlines()[0]
        raise ConfigError(f"{seen}: {wanted}") from error
    return cls(**{f.name: merged[f.name] for f in fields(cls)})


def known(prefix: str, keys: Iterable[Any], valid: Sequence[str]) -> None:
    """Raise ConfigError for a key that nothing reads, as ``+task.vektor=mean`` would add."""
    for key in keys:
        if key not in valid:
            raise ConfigError(f"{prefix}{key}: no such option; the options are {', '.join(prefix + v for v in valid)}")


def check_machine(device: str, threads: int | None) -> None:
    """Raise ConfigError for a device that there is not, or no thread at all."""
    one_of("device", device, ("auto", "cpu", "cuda", "mps"))
    if threads is not None:
        positive("threads", threads)


def listed(value: Any) -> list[Any]:
    """One value as a list of it, None as none."""
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def names_a_folder(option: str, value: str) -> None:
    """Raise ConfigError unless ``value`` can be one part of a path."""
    if not value or value.startswith(".") or set(value) & set("/\\\0\n"):
        raise ConfigError(f"{option}={value!r}: it names a folder; use letters, digits, - and _")


def options(group: str) -> list[str]:
    """The options of a group: its files, but for those that others build on."""
    return sorted(path.stem for path in (CONF / group).glob("*.yaml") if not path.stem.startswith("_"))


def option(group: str, name: str) -> DictConfig:
    """What ``conf/<group>/<name>.yaml`` says, with the options of the same group that it builds on."""
    node: Any = OmegaConf.load(CONF / group / f"{name}.yaml")
    for parent in node.pop("defaults", []):
        if isinstance(parent, str) and parent != "_self_":
            node = OmegaConf.merge(option(group, parent), node)
    found: DictConfig = node
    return found


def with_stand_in(experiment: ModelPartsT, group: str, name: str) -> ModelPartsT:
    """The same experiment with option ``name`` of ``group``, which keeps what INHERITED lists."""
    node = option(group, name)
    for key in INHERITED[group]:
        node[key] = experiment.config[group][key]
    config = experiment.config.copy()
    wanted = config[group].name or config[group].get("checkpoint")
    config[group] = node
    part = checked(get_class(node._target_), node, group)
    stand_ins = {**experiment.stand_ins, group: str(wanted)}
    changed: dict[str, Any] = {"config": config, group: part, "stand_ins": stand_ins}
    return replace(experiment, **changed)
