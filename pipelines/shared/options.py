"""The content of options, and the parts of a program that its configuration makes of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, TypeVar

from omegaconf import DictConfig, OmegaConf

from pipelines.shared.machine_settings import MachineSettings
from pipelines.shared.option_files import file_of, options
from pipelines.shared.schema import checked, known, names_a_folder, part_of
from probing.attention.flow.augmented import Rollout
from probing.data.corpus import Source
from probing.errors import ConfigError, one_of, shown
from probing.model.checkpoint import Model
from probing.store.key import Store

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

TEXTS = ("text", "text_b")  # options that hold running text
SettingsT = TypeVar("SettingsT", bound="DataclassInstance")


@dataclass(frozen=True, kw_only=True)
class ModelParts:
    """The parts of every program that runs a model, built and checked; nothing is loaded yet.

    ``settings``: the program's own options, among them ``strict`` and ``device``. ``config``: the configuration that
    the parts were built from. ``stand_ins``: per group, the name of what a stand-in replaces.
    """

    settings: Any
    model: Model
    rollout: Rollout = field(default_factory=Rollout)
    config: DictConfig
    stand_ins: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class CorpusParts(ModelParts):
    """The same with a corpus."""

    data: Source


@dataclass(frozen=True, kw_only=True)
class Parts(CorpusParts):
    """The same with a corpus, and with the store of the model's hidden states and attention maps."""

    store: Store


def parts_of(config: DictConfig, groups: Sequence[str]) -> dict[str, Any]:
    """One part per group, made of the group's class and options. Raises ConfigError."""
    for group in groups:
        if not config.get(group):
            raise ConfigError(f"{group} is missing; type {group}=… with one of {', '.join(options(group))}")
    parts: dict[str, Any] = {}
    for group in groups:
        part: Any = part_of(group, config[group])
        if getattr(part, "name", None) is not None:
            names_a_folder(f"{group}.name", part.name)
        if getattr(part, "stand_in", None) is not None:
            one_of(f"{group}.stand_in", part.stand_in, options(group))
        parts[group] = part
    return parts


def own_options(cls: type[SettingsT], config: DictConfig, groups: Sequence[str]) -> tuple[SettingsT, DictConfig]:
    """A program's own options as an instance of ``cls``, and the whole configuration without texts, resolved.

    The content of a text is never read as the name of an option, ``${…}``, or as a missing value, ``???``; null stands
    for the default of ``cls``. Raises ConfigError, also for a text that is not a string.
    """
    inherited = [f.name for f in fields(MachineSettings)] if issubclass(cls, MachineSettings) else []
    own = [f.name for f in fields(cls) if f.name not in inherited]
    known("", config, [*own, *inherited, *groups])
    texts = [str(name) for name in config if name in TEXTS]  # ``in config`` is false for ???
    given = {name: text for name in texts if (text := _text(name, config)) is not None}
    rest = OmegaConf.masked_copy(config, [str(name) for name in config if name not in texts])
    resolved: Any = OmegaConf.create(OmegaConf.to_container(rest, resolve=True))
    top = OmegaConf.masked_copy(resolved, [name for name in resolved if name not in groups])
    return replace(checked(cls, top, ""), **given), resolved


def _text(name: str, config: DictConfig) -> str | None:
    text = "???" if OmegaConf.is_missing(config, name) else config[name]
    if text is not None and not isinstance(text, str):
        raise ConfigError(f'{name}={text}: a text is expected; type {name}="{text}"')
    return text


def option(group: str, name: str) -> DictConfig:
    """The content of an option, ``<group>/<name>.yaml``, with the options that it is based on. Raises ConfigError."""
    path = file_of(group, name)
    if path is None:
        raise ConfigError(f"{group}={shown(name)}: no such option; choose one of {', '.join(options(group))}")
    node: Any = OmegaConf.load(path)
    for parent in node.pop("defaults", []):
        if isinstance(parent, str) and parent != "_self_":
            where, _, base = parent.rpartition("/")  # another group is written as /group/name
            node = OmegaConf.merge(option(where.strip("/") or group, base), node)
    found: DictConfig = node
    return found
