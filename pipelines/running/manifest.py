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
from probing.axes import Corpus
from probing.data.corpus import fingerprint
from probing.model.checkpoint import Checkpoint


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
