"""Where a corpus is looked for: the user's folder, then PROBING_DATA, then the Hub."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from probing.axes import Split
from probing.errors import DataError, UnavailableError
from probing.hub import reachable

DATA_VARIABLE = "PROBING_DATA"


def find(name: str, path: str | None, folder: str | None, files: Mapping[Split, str]) -> dict[Split, Path] | None:
    """The files of a corpus: below ``path`` if given, else below ``$PROBING_DATA/folder``; None if absent.

    Raises DataError if the user named a place and the files are not there.
    """
    if path is None and folder is not None:
        root = os.environ.get(DATA_VARIABLE)
        if not root or not (Path(root) / folder).is_dir():
            return None
        path = str(Path(root) / folder)
    base = Path(path or ".").expanduser()
    found = {split: base / file for split, file in files.items()}
    for split, file in found.items():
        if not file.is_file():
            raise DataError(
                f"corpus {name}: no {split} file at {file}; give the folder with data.path=… "
                f"or the file with data.{split}=…"
            )
        if file.stat().st_size == 0:
            raise DataError(f"corpus {name}: {file} is empty; the {split} split needs at least one sentence")
    return found


def from_hub(name: str, hub: str | None, config: str | None, files: str) -> Mapping[Split, Sequence[Mapping[str, Any]]]:
    """The splits of a Hub dataset (or a local folder laid out like one), through ``datasets``.

    Raises UnavailableError where neither the Hub nor its local cache has it; ``files`` says what to bring.
    """
    advice = f"type data.path=<folder with {files}>, or set {DATA_VARIABLE} to the folder above that one"
    if hub is None:
        raise UnavailableError(f"corpus {name}: not found here; {advice}")
    hub_answers = reachable()  # before the import, which reads whether to work offline

    import datasets

    try:
        loaded = datasets.load_dataset(hub, config)
    except (OSError, ValueError, datasets.exceptions.DatasetNotFoundError) as error:
        reason = str(error).splitlines()[0][:200] if hub_answers else "the Hub cannot be reached"
        raise UnavailableError(
            f"corpus {name}: not found here, nor to be had from {hub} ({reason}); {advice}"
        ) from error
    aliases = {"validation": "dev"}
    return {aliases.get(split, split): rows for split, rows in loaded.items()}
