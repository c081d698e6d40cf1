"""What a finished run was asked for by other names: a run of a stand-in serves whoever asks for what it replaces.

``model=minilm,bert`` without BERT is one run, of minilm, and not two. Its folder then says, beside the manifest of the
run that was made first, that BERT was asked for too.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from probing.errors import DataError

ASKED_FOR = "asked_for.json"  # beside the manifest, which is not changed after a run


def asked_for(folder: Path) -> dict[str, list[str]]:
    """Per part (model, data) the names by which the run in ``folder`` was asked for later; empty without the file.

    Raises: DataError if the file is damaged.
    """
    path = folder / ASKED_FOR
    if not path.is_file():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return {str(part): [str(name) for name in names] for part, names in found.items()}
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise DataError(f"{path} cannot be read ({error}); delete it: it only says what stand-ins replace") from error


def note_names(folder: Path, manifest: Mapping[str, Any], names: Mapping[str, str]) -> None:
    """Write down those of ``names`` (model and data as asked for) that the run's files do not have yet."""
    known, found = names_of(manifest), asked_for(folder)
    new = {part: name for part, name in names.items() if name not in (known[part], *found.get(part, []))}
    if new:
        found |= {part: [*found.get(part, []), name] for part, name in new.items()}
        hidden = folder / f".{ASKED_FOR}"
        hidden.write_text(json.dumps(found, ensure_ascii=False), encoding="utf-8")
        hidden.replace(folder / ASKED_FOR)


def names_of(manifest: Mapping[str, Any]) -> dict[str, str]:
    """Model and data as the run itself was asked for."""
    parts = {"model": manifest["checkpoint"], "data": manifest["data"]}
    return {part: str(facts.get("requested", facts["name"])) for part, facts in parts.items()}
