"""Which finished file serves a request: one that holds what is asked for and more, the same vectors in it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py

from probing.store.file_index import as_text
from probing.store.key import PARTS, Chosen


def covering(folder: Path, parts: Mapping[str, object]) -> tuple[Path | None, list[Path]]:
    """A finished file in ``folder`` that holds all that ``parts`` ask for, and those of the same vectors that do not.

    parts: those of the key of a file of hidden states. A file of subwords serves for pooled vectors.
    """
    wanted, narrower = Chosen.from_parts(parts), list[Path]()
    for path in sorted(folder.glob("*.h5")):
        held = _provenance(path)
        if held is None or any(held.get(name) != parts.get(name) for name in PARTS) or "content" in held:
            continue
        if _holds(held, wanted):
            return path, []
        narrower.append(path)
    return None, narrower


def _holds(held: Mapping[str, Any], wanted: Chosen) -> bool:
    chosen, every = Chosen.from_parts(held), range(int(held["model_layers"]))
    layers = set(every if chosen.layers is None else chosen.layers)
    return layers >= set(every if wanted.layers is None else wanted.layers) and chosen.pooled in (None, wanted.pooled)


def _provenance(path: Path) -> dict[str, Any] | None:
    """What a file says about itself; None for one that cannot be read, or that says nothing of its layers."""
    try:
        with h5py.File(path, "r") as file:
            found: dict[str, Any] = json.loads(as_text(file.attrs["provenance"]))
    except Exception:  # damaged metadata fail in as many ways as there are bytes
        return None
    return found if "model_layers" in found else None
