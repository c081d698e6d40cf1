"""Where a run lands: a folder whose path names what distinguishes it from other runs."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from pipelines.running.config import PROBES, Experiment
from pipelines.shared.options import CONF, option, options
from probing.errors import ConfigError
from probing.model.checkpoint import row_name
from probing.result.folder import read_manifest

# fields that the folder names elsewhere, or that say where input lies and not what is done with it
UNNAMED = {"name", "checkpoint", "stand_in", "untrained_seed"}


def run_folder(experiment: Experiment, corpus: str) -> Path:
    """``<outputs>/runs/<tag>/<model>/<data>/<task>/<probe>/seed<k>``; each part names what it sets apart."""
    s, kept = experiment.settings, experiment.store.attention.sentences
    with_maps = set(experiment.analyses) != {PROBES}
    unusual = {
        "layers": "" if s.probed_layers is None else "+".join(s.layers),
        "baselines": "+".join(s.baselines),
        "controls": "" if s.controls == 1 else str(s.controls),
        "resamples": "" if s.resamples == 1000 else str(s.resamples),
        "punctuation": "" if s.punctuation == "keep" else s.punctuation,
        "dtype": "" if experiment.store.dtype == "float16" else experiment.store.dtype,
        **named_analyses(experiment.analyses),
        "maps": "" if kept == 200 or not with_maps else str(kept),
    }
    last = f"seed{s.seed}" + "".join(f",{k}={v}" for k, v in unusual.items() if v)
    if with_maps:
        last += _difference("rollout", experiment.config.rollout, experiment.choices["rollout"], prefix="rollout.")
    for name, node in experiment.config.analysis.items():
        last += _difference("analysis", node, str(name), prefix=f"{name}.")
    return Path(s.outputs, "runs", s.tag, *labels(experiment, corpus).values(), last)


def named_analyses(names: Iterable[str]) -> dict[str, str]:
    """The analyses of a run as its folder names them: nothing for those of attention=rollout, which is usual."""
    asked = set(names) - {PROBES}
    presets = {name: set(_preset(name)) for name in options("attention")}
    inside = [name for name, brought in presets.items() if brought <= asked]
    largest = max(inside, key=lambda name: len(presets[name]))
    others = "+".join(sorted(asked - presets[largest]))
    return {"attention": "" if largest == "rollout" else largest, "analysis": others}


def _preset(name: str) -> list[str]:
    """The analyses that ``attention=<name>`` brings."""
    found: Any = OmegaConf.to_container(OmegaConf.load(CONF / "attention" / f"{name}.yaml")) or {}
    return [option for entry in found.get("defaults", []) for option in entry.values()]


def labels(experiment: Experiment, corpus: str) -> dict[str, str]:
    """What rows call model, data, task and probe: the name, and every value that is not the option's own."""
    config, choices = experiment.config, experiment.choices
    difference = {group: _difference(group, config[group], choices[group]) for group in ("task", "model", "probe")}
    return {
        "model": row_name(experiment.model) + difference["model"],
        "data": corpus,
        "task": experiment.task.name + difference["task"],
        "probe": experiment.probe.name + difference["probe"],
    }


def _difference(group: str, node: DictConfig, choice: str, prefix: str = "") -> str:
    own = option(group, choice)
    changed = {str(k): v for k, v in node.items() if k not in UNNAMED and v != own.get(k)}
    return "".join(f",{prefix}{key}={_short(value)}" for key, value in sorted(changed.items()))


def _short(value: Any) -> str:
    if isinstance(value, Mapping):  # a hypothesis, by its name
        value = value.get("name", "")
    text = "+".join(map(_short, value)) if hasattr(value, "__iter__") and not isinstance(value, str) else str(value)
    return "".join(c if c.isalnum() or c in "+-._" else "_" for c in text)


def is_done(folder: Path, run_id: str) -> bool:
    """Whether ``folder`` holds this very run; ConfigError if it holds another one."""
    manifest = read_manifest(folder)
    if manifest is None:
        if folder.is_dir() and any(folder.iterdir()):
            raise ConfigError(f"{folder} exists, but holds no finished run; move it away or choose another tag=…")
        return False
    if manifest.get("run_id") != run_id:
        raise ConfigError(
            f"{folder} holds a run of another configuration, corpus, checkpoint or version of this tool "
            f"({manifest.get('run_id')}; this run is {run_id}); choose another tag=… or delete that folder"
        )
    return True
