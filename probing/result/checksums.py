"""Checksums of a finished run: its manifest holds one for each file, so that a reader notices damage.

``checksums`` has the SHA-256 of every other file by its path in the folder, and ``sha256`` that of the manifest itself,
over all its other entries as JSON with sorted keys. A run that an earlier version made has neither: damage to it cannot
be noticed.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from probing.errors import DataError
from probing.model.files import sha256

CHECKSUMS, OWN = "checksums", "sha256"
UNCHECKED = "made by an earlier version, without checksums, so that damage to its files is not noticed"


def signed(manifest: Mapping[str, Any], folder: Path, names: Iterable[str]) -> dict[str, Any]:
    """``manifest`` with the checksums of these files of ``folder``, beside those that it has, and with its own."""
    files = {**manifest.get(CHECKSUMS, {}), **{name: sha256(folder / name) for name in names}}
    found = {**manifest, CHECKSUMS: dict(sorted(files.items()))}
    return {**found, OWN: _own(found)}


def has_checksums(manifest: Mapping[str, Any]) -> bool:
    """Whether the run has checksums, be they right or not."""
    return CHECKSUMS in manifest or OWN in manifest


def is_whole(manifest: Mapping[str, Any]) -> bool:
    """Whether a manifest is what was written, as far as can be known."""
    return not has_checksums(manifest) or (CHECKSUMS in manifest and manifest.get(OWN) == _own(manifest))


def damaged(folder: Path, manifest: Mapping[str, Any], names: Iterable[str]) -> list[str]:
    """Which of ``names`` are not what the run wrote: changed, missing, or added; none if it has no checksums.

    Raises: DataError for a file that the system refuses to open.
    """
    if not has_checksums(manifest):
        return []
    files = manifest[CHECKSUMS]
    return [name for name in names if files.get(name) != _found(folder / name)]


def check(folder: Path, manifest: Mapping[str, Any], names: Iterable[str]) -> None:
    """Raise DataError, with what to type, unless each of these files is what the run wrote."""
    if wrong := damaged(folder, manifest, names):
        raise DataError(damage(folder, manifest, wrong))


def damage(folder: Path, manifest: Mapping[str, Any], wrong: Iterable[str]) -> str:
    """One line on damaged files: what was seen, and the command that makes them again."""
    seen = [f"{folder / name} {'is damaged' if (folder / name).is_file() else 'is missing'}" for name in wrong]
    command = manifest.get("command")
    again = f"type {command}" if command else "run again"
    return f"{', '.join(seen)}: not what the run wrote; delete {folder}, then {again}"


def _found(path: Path) -> str | None:
    try:
        return sha256(path) if path.is_file() else None
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror or error})") from error


def _own(manifest: Mapping[str, Any]) -> str:
    rest = {key: value for key, value in manifest.items() if key != OWN}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()
