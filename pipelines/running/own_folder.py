"""A folder of its own for a run whose checkpoint or corpus has the same name as that of another run."""

import hashlib
from dataclasses import replace
from pathlib import Path

from omegaconf import DictConfig

from pipelines.running.one_run import Run
from probing.data.corpus import fingerprint
from probing.errors import DataError, shown
from probing.result.folder import read_manifest


def apart(this: Run) -> Run:
    """The run in a folder that no run of another checkpoint or corpus has: the usual one, or one that ends in a digest.

    So ``a/best`` and ``b/best`` can be runs of one tag. Whichever comes second has the digest, and keeps it.
    """
    identity = (this.checkpoint.revision, fingerprint(this.corpus))
    digest = hashlib.sha256("\n".join(identity).encode()).hexdigest()[:6]
    own = this.folder.with_name(f"{this.folder.name}~{digest}")
    taken = _identity(this.folder) not in (None, identity)
    return replace(this, folder=own) if taken or own.exists() else this


def clash(this: Run, usual: Path) -> str:
    """Why this run is not in its ``usual`` folder: what differs from the run there, and how to tell the two apart."""
    revision, content = _identity(usual) or ("", "")
    found, names = [], []
    if content != fingerprint(this.corpus):
        found += _other_options(usual, this.experiment.config.data) or ["the files have other content"]
        names.append("data.name=…")
    if revision != this.checkpoint.revision:
        found.append(f"the weights: {revision[:15]}… there, {this.checkpoint.revision[:15]}… here")
        names.append("model.name=…")
    return (
        f"{usual} holds a run of another model or corpus of the same name ({'; '.join(found)}); this run is in "
        f"{this.folder}. To give it a name of its own in tables and figures, type {' and '.join(names)}"
    )


def _other_options(folder: Path, now: DictConfig) -> list[str]:
    """The options of the corpus that differ from those of the run in ``folder``."""
    config = (read_manifest(folder) or {}).get("config")
    then = config.get("data") if isinstance(config, dict) else None
    if not isinstance(then, dict):
        return []
    changed = {key: old for key, old in then.items() if key in now and old != now[key]}
    return [f"data.{key}: {shown(old)} there, {shown(now[key])} here" for key, old in changed.items()]


def _identity(folder: Path) -> tuple[str, str] | None:
    """Revision of the checkpoint and fingerprint of the corpus of the run in ``folder``; None if it does not say."""
    try:
        manifest = read_manifest(folder) or {}
        return manifest["checkpoint"]["revision"], manifest["data"]["fingerprint"]
    except (DataError, KeyError, TypeError):
        return None  # whoever reads the run finds out what is wrong with it
