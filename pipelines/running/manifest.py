"""What the manifest of a run says: its configuration, and where its numbers come from."""

import json
import re
import shlex
import sys
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from typing import Any

from omegaconf import OmegaConf

from pipelines.running.config import Experiment
from pipelines.running.identity import outside_parts
from pipelines.shared.option_files import CONF
from pipelines.shared.options import option
from pipelines.shared.versions import code_version
from probing.axes import Corpus
from probing.data.corpus import fingerprint
from probing.distribution import as_typed
from probing.model.checkpoint import Checkpoint

# The options of a run that another program makes; of one from the command line those that were typed.
TYPED: ContextVar[Sequence[str]] = ContextVar("typed", default=())


def describe(experiment: Experiment, checkpoint: Checkpoint, corpus: Corpus) -> dict[str, object]:
    """Configuration, command and commit of a run; its checkpoint and corpus, with what they stand in for."""
    return {
        "config": OmegaConf.to_container(experiment.config),
        "command": as_typed(shlex.join(["python", "-m", "pipelines.run", *(TYPED.get() or sys.argv[1:])])),
        "inputs": inputs(experiment),
        "commit": code_version(CONF.parent),
        **({"outside_code": outside} if (outside := outside_parts(experiment)) else {}),
        "checkpoint": {
            "name": checkpoint.name,
            "revision": checkpoint.revision,
            **_stand_in(experiment.stand_ins, "model", checkpoint.name),
        },
        "data": {
            "name": corpus.name,
            **_stand_in(experiment.stand_ins, "data", corpus.name),
            "fingerprint": fingerprint(corpus),
            "sentences": {split: len(sentences) for split, sentences in corpus.splits.items()},
            "skipped": dict(corpus.skipped),
        },
    }


def inputs(experiment: Experiment) -> list[str]:
    """The options that name corpus, model and store, as every program takes them: ``data=ewt``, ``model.bos=off`` …

    Of a stand-in, those of what stands in.
    """
    found = []
    for group in ("data", "model", "store"):
        choice = experiment.choices[group]
        if group in experiment.stand_ins:
            choice = str(option(group, choice).get("stand_in") or choice)
        whole = OmegaConf.create({"outputs": "outputs", group: option(group, choice)})
        usual: Any = OmegaConf.to_container(whole, resolve=True)
        node: Any = OmegaConf.to_container(experiment.config[group])
        found += [f"{group}={choice}"] if group != "store" else []
        found += _changed(group, node, usual[group])
    return found


def _changed(prefix: str, node: Mapping[str, Any], usual: Mapping[str, Any]) -> list[str]:
    """The options of a group that are not the usual ones, also those of groups inside it."""
    found = []
    for key, value in node.items():
        if isinstance(value, Mapping):
            found += _changed(f"{prefix}.{key}", value, usual.get(key) or {})
        elif value != usual.get(key):
            found.append(f"{prefix}.{key}={_typed(value)}")
    return found


def _typed(value: object) -> str:
    """A value as one types it for Hydra."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, list):
        return f"[{','.join(map(_typed, value))}]"
    text = str(value)
    return text if re.fullmatch(r"[\w./+:@-]+", text) else json.dumps(text, ensure_ascii=False)


def _stand_in(stand_ins: Mapping[str, str], group: str, name: str) -> dict[str, object]:
    return {"requested": stand_ins.get(group, name), "stand_in": group in stand_ins}
