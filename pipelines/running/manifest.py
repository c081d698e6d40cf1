"""What the manifest of a run says: its configuration, and where its numbers come from."""

import shlex
import sys
from collections.abc import Mapping

from omegaconf import OmegaConf

from pipelines.running.config import Experiment
from pipelines.running.identity import outside_parts
from pipelines.shared.option_files import CONF
from pipelines.shared.typed_command import as_typed
from pipelines.shared.versions import code_version
from probing.analysis.study import Study
from probing.axes import Corpus
from probing.data.corpus import fingerprint
from probing.model.checkpoint import Checkpoint
from probing.store.encoding import ROUNDED, WIDENED, precision
from probing.task.unseen_labels import unseen_counts


def describe(experiment: Experiment, checkpoint: Checkpoint, corpus: Corpus) -> dict[str, object]:
    """Configuration, command and commit of a run; its checkpoint and corpus, with what they stand in for."""
    return {
        "config": OmegaConf.to_container(experiment.config),
        "command": as_typed(shlex.join(["python", "-m", "pipelines.run", *sys.argv[1:]])),
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


def _stand_in(stand_ins: Mapping[str, str], group: str, name: str) -> dict[str, object]:
    return {"requested": stand_ins.get(group, name), "stand_in": group in stand_ins}


def measured(study: Study) -> dict[str, object]:
    """The store file of the hidden states, the labels and the layers that are probed.

    unseen: per label that train does not have, how many items of dev and test have it.
    """
    store, labels = study.hidden, study.labels
    return {
        "store": {
            "key": store.provenance["key"],
            "file": store.path.name,
            "bytes": store.path.stat().st_size,
            "dtype": store.dtype,
            "precision": precision(store.dtype),
            **{name: store.provenance[name] for name in (WIDENED, ROUNDED) if name in store.provenance},
        },
        "kind": labels.kind,
        "level": labels.level,
        "classes": list(labels.classes),
        "unseen": unseen_counts(labels),
        "layers": list(study.layers),
    }
