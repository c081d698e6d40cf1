"""A folder of its own for a run whose checkpoint or corpus has the same name as that of another run."""

import hashlib
from dataclasses import replace
from pathlib import Path

from pipelines.running.one_run import Run
from probing.data.corpus import fingerprint
from probing.errors import DataError
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


def _identity(folder: Path) -> tuple[str, str] | None:
    """Revision of the checkpoint and fingerprint of the corpus of the run in ``folder``; None if it does not say."""
    try:
        manifest = read_manifest(folder) or {}
        return manifest["checkpoint"]["revision"], manifest["data"]["fingerprint"]
    except (DataError, KeyError, TypeError):
        return None  # whoever reads the run finds out what is wrong with it
