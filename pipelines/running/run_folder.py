"""The folder of a run: its path names what distinguishes the run from others."""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from pipelines.running.config import PROBES, Experiment, train_sentences
from pipelines.shared.option_files import CONF
from pipelines.shared.options import option
from probing.errors import ConfigError
from probing.model.checkpoint import row_name
from probing.result.folder import read_manifest
from probing.result.resampling import AUTO
from probing.result.without_effect import WITHOUT_EFFECT

LONGEST = 200  # characters; file systems allow 255, and a run that is not finished has a longer name
USUAL = {"attention": "rollout", "rollout": "residual", "store": "hdf5"}  # options that a folder's name leaves out
# options that the folder names elsewhere, or that say where input is found and not what is done with it
UNNAMED = {"name", "checkpoint", "revision", "stand_in", "untrained_seed", "folder", "attention"}


def run_folder(experiment: Experiment, corpus: str) -> Path:
    """``<outputs>/runs/<tag>/<model>/<data>/<task>/<probe>/seed<k>``, with every option that is not the usual one."""
    s, config, kept = experiment.settings, experiment.config, experiment.store.attention.sentences
    with_maps = set(experiment.analyses) != {PROBES}
    of_settings = {
        "layers": "" if s.probed_layers is None else "+".join(s.layers),
        "nulls": str(s.nulls) if s.nulls else "",
        "controls": "" if s.controls == 1 else str(s.controls),
        "resamples": "" if s.resamples == 1000 else str(s.resamples),
        "resampled": "" if s.resampled == AUTO else s.resampled,
        "punctuation": "" if s.punctuation == "keep" else s.punctuation,
        "train_sentences": str(train_sentences(experiment.data) or ""),
        "train_seed": str(s.train_seed) if s.train_seed else "",
    }
    of_analyses = {
        **named_analyses(experiment.analyses),
        "maps": "" if kept == 200 or not with_maps else str(kept),
    }
    last = f"seed{s.seed}" + _named(of_settings) + _difference("store", config.store, USUAL["store"])
    last += _named(of_analyses)
    if with_maps:
        last += _difference("rollout", config.rollout, USUAL["rollout"], prefix="rollout.")
    for name, node in config.analysis.items():
        last += _difference("analysis", node, str(name), prefix=f"{name}.")
    parts = [*labels(experiment, corpus).values(), last]
    return Path(s.outputs, "runs", s.tag, *map(shortened, parts))


def shortened(name: str) -> str:
    """``name``, or its start and a digest of all of it if it has more than LONGEST characters."""
    if len(name) <= LONGEST:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:12]
    return f"{name[: LONGEST - 13]}~{digest}"


def named_analyses(names: Iterable[str]) -> dict[str, str]:
    """How the folder of a run names its analyses: ``attention=<the largest set among them>``, ``analysis=<others>``.

    An empty text stands for what is not named: the usual set, or no others. Sets from outside of conf/ have no name
    here, so that a folder is called the same with and without the options that they come from.
    """
    further = set(names) - {PROBES}
    sets = {file.stem: set(_set_of(file)) for file in sorted((CONF / "attention").glob("*.yaml"))}
    inside = [name for name, analyses in sets.items() if analyses <= further]
    largest = max(inside, key=lambda name: len(sets[name]))
    others = "+".join(sorted(further - sets[largest]))
    return {"attention": "" if largest == USUAL["attention"] else largest, "analysis": others}


def _set_of(file: Path) -> list[str]:
    """The analyses that a set brings."""
    found: Any = OmegaConf.to_container(OmegaConf.load(file)) or {}
    return [option for entry in found.get("defaults", []) for option in entry.values()]


def labels(experiment: Experiment, corpus: str) -> dict[str, str]:
    """What rows call model, data, task and probe: the name, and every value that is not the default of its option."""
    config, choices = experiment.config, experiment.choices
    difference = {group: _difference(group, config[group], choices[group]) for group in ("task", "model", "probe")}
    return {
        "model": row_name(experiment.model) + difference["model"],
        "data": corpus,
        "task": experiment.task.name + difference["task"],
        "probe": experiment.probe.name + difference["probe"],
    }


def _named(values: Mapping[str, str]) -> str:
    return "".join(f",{name}={value}" for name, value in values.items() if value)


def _difference(group: str, node: DictConfig, choice: str, prefix: str = "") -> str:
    usual = option(group, choice)
    options = {str(key): value for key, value in node.items()}
    named = [key for key in options if key not in UNNAMED and f"{group}.{key}" not in WITHOUT_EFFECT]
    changed = {key: options[key] for key in named if options[key] != usual.get(key)}
    return "".join(f",{prefix}{key}={_short(value)}" for key, value in sorted(changed.items()))


def _short(value: Any) -> str:
    if isinstance(value, Mapping):  # a hypothesis, by its name
        value = value.get("name", "")
    text = "+".join(map(_short, value)) if hasattr(value, "__iter__") and not isinstance(value, str) else str(value)
    return "".join(c if c.isalnum() or c in "+-._" else "_" for c in text)


def is_done(folder: Path, run_id: str) -> bool:
    """Whether ``folder`` holds the finished run of this identity. Raises ConfigError if it holds anything else."""
    manifest = read_manifest(folder)
    if manifest is None:
        if folder.is_dir() and any(folder.iterdir()):
            raise ConfigError(f"{folder} exists, but holds no finished run; move it away or choose another tag=…")
        return False
    if manifest.get("run_id") != run_id:
        raise ConfigError(
            f"{folder} holds a run of another configuration, corpus, checkpoint, own code or version of this tool "
            f"({manifest.get('run_id')}; this run is {run_id}); choose another tag=… or delete that folder"
        )
    return True


def of_failed(folder: Path) -> str | None:
    """Which analyses of the finished run in ``folder`` failed, and how to compute them again; None if none did."""
    failed = (read_manifest(folder) or {}).get("failed")
    if not failed:
        return None
    names = ", ".join(failed)
    return f"analyses of this finished run failed ({names}); to compute them again, delete {folder} and run again"
