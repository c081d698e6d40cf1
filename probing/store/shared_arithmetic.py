"""Processes that make one file together compute the same last bits: on the same device, with as many threads."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from probing.errors import StoreError
from probing.store.file_index import Content
from probing.store.layout import StoreFile
from probing.store.locks import lock_of

BEGUN = "begun.json"  # the provenance as whoever began describes it
TAKEN_OVER = ("model", "data", "threads")  # entries in which the others follow: names, and what each can set


@contextmanager
def agreed(folder: Path, alone: Path, content: Content, lock: str) -> Iterator[Content]:
    """``content`` as whoever began describes it; meanwhile this process has as many threads.

    folder: of the shards. alone: the unfinished file of a process that began alone. lock: the kind of lock.
    Raises: StoreError if this process would compute other numbers: on another device, or with other libraries.
    """
    import torch

    own: dict[str, Any] = json.loads(json.dumps(content.provenance))
    begun = _begun(folder / BEGUN, alone, own, lock)
    if other := _other(begun, own):
        raise StoreError(
            f"{folder}: this extraction was begun with {_told(begun, other)}; this process has {_told(own, other)}; "
            "use the same, or wait until it is finished; if nobody works on it any more, you may delete this folder"
        )
    threads = torch.get_num_threads()
    torch.set_num_threads(begun.get("threads", threads))
    try:
        yield replace(content, provenance=begun)
    finally:
        torch.set_num_threads(threads)


def _begun(plan: Path, alone: Path, own: dict[str, Any], lock: str) -> dict[str, Any]:
    """The provenance in ``plan``; who asks first writes it: that of ``alone`` if it may follow, or its own."""
    with lock_of(plan, lock):
        if not plan.exists():
            found = own
            with suppress(StoreError), StoreFile(alone) as file:
                found = own if _other(file.provenance, own) else file.provenance
            fresh = plan.with_suffix(".new")
            fresh.write_text(json.dumps(found, sort_keys=True), encoding="utf-8")
            fresh.replace(plan)
        read: dict[str, Any] = json.loads(plan.read_text(encoding="utf-8"))
        return read


def _other(begun: Mapping[str, object], own: Mapping[str, object]) -> list[str]:
    """Of which entries the two differ, so that their numbers may."""
    one, other = _flat(begun), _flat(own)
    return [name for name in sorted({*one, *other}) if name not in TAKEN_OVER and one.get(name) != other.get(name)]


def _flat(provenance: Mapping[str, object]) -> dict[str, object]:
    """Entries that are groups themselves (versions) one by one."""
    groups = {name: group if isinstance(group, dict) else {"": group} for name, group in provenance.items()}
    return {f"{name} {key}".strip(): value for name, group in groups.items() for key, value in group.items()}


def _told(provenance: Mapping[str, object], names: Sequence[str]) -> str:
    return ", ".join(f"{name}: {_flat(provenance).get(name)}" for name in names)
