"""Where a corpus is searched: the user's folder, then PROBING_DATA, then the Hub."""

import os
import re
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from probing.axes import SPLITS, Split
from probing.distribution import need
from probing.errors import DataError, UnavailableError
from probing.hub import offline, unreachable

DATA_VARIABLE = "PROBING_DATA"
LONGEST_PART = 40  # characters of each part of a name that is made from a path
_UNUSUAL = re.compile(r"[^\w.+-]+")  # what a name in tables and folders does not have


def corpus_name(name: str | None, path: str | None, train: str) -> str:
    """The name of a corpus in rows and folders: ``name``, or folder and file of train, which tell it from others.

    ``path``: the folder that the file is searched in. Where the name of the file begins with that of its folder, it is
    enough.

    >>> corpus_name(None, "/home/me/reviews", "train.csv")
    'reviews-train'
    >>> corpus_name(None, "/home/me/gum", "gum-train.conllu")
    'gum-train'
    """
    if name is not None:
        return name
    file = Path(path or ".").expanduser() / Path(train).expanduser()
    folder, stem = file.absolute().resolve().parent.name, Path(train).stem
    parts = [stem] if stem.lower().startswith(folder.lower()) else [folder, stem]
    plain = [_UNUSUAL.sub("-", part)[:LONGEST_PART].strip("-.") for part in parts]
    return "-".join(filter(None, plain)) or "corpus"


def find(
    name: str, path: str | None, folder: str | None, files: Mapping[Split, str], hub: str | None = None
) -> dict[Split, Path] | None:
    """The files of a corpus: below ``path`` if given, else below ``$PROBING_DATA/folder``; None if absent.

    None also for a corpus with a Hub dataset and neither path nor folder. Raises DataError if the user named a place
    and the files are not there.
    """
    base = base_of(path, folder, hub)
    if base is None:
        return None
    found = {split: base / Path(file).expanduser() for split, file in files.items()}
    for split, file in found.items():
        if not file.is_file():
            raise DataError(
                f"corpus {name}: no {split} file at {file}; give the folder with data.path=… "
                f"or the file with data.{split}=…"
            )
        if file.stat().st_size == 0:
            raise DataError(f"corpus {name}: {file} is empty; the {split} split needs at least one sentence")
    return found


def base_of(path: str | None, folder: str | None, hub: str | None = None) -> Path | None:
    """Where ``find`` looks for the files; None if the corpus is not here."""
    if path is None and (folder is not None or hub is not None):
        root = os.environ.get(DATA_VARIABLE)
        return Path(root) / folder if root and folder is not None and (Path(root) / folder).is_dir() else None
    return Path(path or ".").expanduser()


def from_hub(name: str, hub: str | None, config: str | None, files: str) -> dict[Split, Any]:
    """The splits of a Hub dataset (or of a local folder laid out like one), each a ``datasets.Dataset``.

    Raises UnavailableError if neither the Hub nor its local cache has it (``files`` says which files are needed), and
    DataError if it has no train or no test split.
    """
    advice = f"type data.path=<folder with {files}>, or set {DATA_VARIABLE} to the folder above that one"
    if hub is None:
        raise UnavailableError(f"corpus {name}: not found here; {advice}")
    loaded = hub_splits(name, hub, config, advice)
    found = {{"validation": "dev"}.get(split, split): rows for split, rows in loaded.items()}
    if not {"train", "test"} <= found.keys():
        raise DataError(f"corpus {name}: {hub} has the splits {', '.join(loaded)}; train and test are needed")
    return {split: found[split] for split in SPLITS if split in found}


def hub_splits(name: str, hub: str, config: str | None, advice: str) -> Mapping[str, Any]:
    """All splits of a Hub dataset, or of a folder that ``datasets`` wrote or can read, by the names they have there.

    Raises UnavailableError, with ``advice`` on what to type, if it is not there or cannot be read.
    """
    need("datasets")
    import datasets

    folder = Path(hub).expanduser()
    problem = None if folder.is_dir() else unreachable()
    try:
        with offline() if problem else nullcontext():
            if (folder / "dataset_dict.json").is_file():
                loaded: Mapping[str, Any] = datasets.load_from_disk(folder)
            else:
                loaded = datasets.load_dataset(str(folder) if folder.is_dir() else hub, config)
    # whatever the Hub, or the content of a damaged file, makes datasets raise; also for a dataset that is a script
    except Exception as error:
        reason = f"the Hub cannot be reached: {problem}" if problem else " ".join(str(error).split())[:200]
        raise UnavailableError(
            f"corpus {name}: not found here, and not available from {hub} ({reason}); {advice}"
        ) from error
    return loaded
