"""What was asked for, and which stand-ins were measured instead."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from probing.result.asked_for import asked_for, names_of
from probing.result.folder import parsed_manifest


def replaced(manifest: Mapping[str, Any], later: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """Per part (model, data) the names that were asked for and are not those of the run: what it stands in for."""
    own = {"model": manifest["checkpoint"]["name"], "data": manifest["data"]["name"]}
    first = names_of(manifest)
    asked = {part: [first[part], *later.get(part, [])] for part in own}
    return {part: list(dict.fromkeys(name for name in names if name != own[part])) for part, names in asked.items()}


def own_name_was_asked(manifest: Mapping[str, Any], later: Mapping[str, Iterable[str]], part: str) -> bool:
    """Whether the model or corpus of a run was asked for by its own name too, and not only as a stand-in."""
    own = manifest["checkpoint" if part == "model" else "data"]["name"]
    return own in (names_of(manifest)[part], *later.get(part, []))


def stand_in_notes(runs: Iterable[tuple[Mapping[str, Any], Mapping[str, Iterable[str]]]]) -> list[str]:
    """A sentence for each stand-in. runs: the manifest of each, and by which names it was asked for later."""
    found: dict[str, None] = {}
    for manifest, later in runs:
        for part, names in replaced(manifest, later).items():
            own = manifest["checkpoint" if part == "model" else "data"]["name"]
            for asked in names:
                found[
                    f"{part}={asked} was asked for and could not be loaded; {own} stood in for it. All numbers are "
                    f"those of {own}, and none is of {asked}."
                ] = None
    return list(found)


def notes_of_folders(folders: Iterable[Path]) -> list[str]:
    """The same for the folders of finished runs. Raises: DataError for a folder that cannot be read."""
    return stand_in_notes((parsed_manifest(folder), asked_for(folder)) for folder in folders)
