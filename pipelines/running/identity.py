"""What a run is identified by: an explicit list of what changes a number, with a version.

Two runs are the same if everything listed here is equal. For a task, a probe, a rollout and an analysis, the list holds
the class and the options that differ from their defaults: so a new option with a default does not change the identity
of finished runs. Raise VERSION when the same list gives other numbers than before: after a change of a default, of a
method, or after the repair of a fault. A class from outside of this project has no VERSION: a digest of its code is
listed instead.
"""

import hashlib
import json
from dataclasses import MISSING, Field, fields
from typing import Any

from pipelines.running.config import GROUPS, PROBES, Experiment, train_sentences
from pipelines.running.own_code import own_code
from probing.axes import Corpus
from probing.data.corpus import fingerprint
from probing.model.checkpoint import Checkpoint

VERSION = 5
SETTINGS = ("seed", "layers", "nulls", "controls", "resamples", "resampled", "punctuation", "train_seed")
MODEL = ("precision", "long", "max_subwords", "text", "bos")
# option: the property of Store with its value
STORE = {"dtype": "stored_dtype", "batch_subwords": "batch_subwords", "pool": "pool"}
# not listed, because they change no number: tag, outputs, strict, names, folders; nor device and threads, which change
# the last digits only


def identify(experiment: Experiment, checkpoint: Checkpoint, corpus: Corpus) -> str:
    """A digest of twelve hexadecimal digits over everything that the numbers of this run depend on, except the code."""
    text = json.dumps(identity(experiment, checkpoint, corpus), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def identity(experiment: Experiment, checkpoint: Checkpoint, corpus: Corpus) -> dict[str, Any]:
    """The list itself, which can be written as JSON."""
    found = {
        "version": VERSION,
        # a share of 1 is how earlier versions said that all of train is used: their finished runs stay valid
        "settings": {name: getattr(experiment.settings, name) for name in SETTINGS} | {"train_share": 1.0},
        "task": described(experiment.task),
        "probe": described(experiment.probe),
        "model": {name: getattr(experiment.model, name) for name in MODEL},
        "store": {name: getattr(experiment.store, told) for name, told in STORE.items()},
        "analyses": {name: described(analysis) for name, analysis in experiment.analyses.items()},
        "checkpoint": checkpoint.revision,
        "corpus": fingerprint(corpus),
    }
    if (n := train_sentences(experiment.data)) is not None:
        found["train_sentences"] = n
    if set(experiment.analyses) != {PROBES}:  # every other analysis may read attention maps
        found |= {"rollout": described(experiment.rollout), "maps": experiment.store.attention.sentences}
    return found


def described(part: Any) -> dict[str, Any]:
    """The class of a part, and those of its options that differ from their defaults; of a class from outside of this
    project also a digest of its code.
    """
    changed = {f.name: getattr(part, f.name) for f in fields(part) if getattr(part, f.name) != _default(f)}
    code = own_code(type(part))
    return {"class": class_name(part), **({} if code is None else {"code": code}), **changed}


def outside_parts(experiment: Experiment) -> dict[str, str]:
    """The digest of the code of every part whose class is not of this project, by the name of the class."""
    parts = [getattr(experiment, group) for group in GROUPS] + [*experiment.analyses.values()]
    return {class_name(part): code for part in parts if (code := own_code(type(part))) is not None}


def class_name(part: Any) -> str:
    """The class of a part, as ``_target_`` names it."""
    return f"{type(part).__module__}.{type(part).__qualname__}"


def _default(option: "Field[Any]") -> Any:
    return option.default_factory() if option.default_factory is not MISSING else option.default
