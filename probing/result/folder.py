"""A run's folder, written part by part: rows, predictions, statistics per sentence, probes, manifest.

Until a run is finished, everything lies in ``partial_of(folder)``, a hidden folder beside it. A program that is killed
leaves there what the finished parts found; only ``finish`` gives the folder its name, and its files their checksums.
"""

import json
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from probing.errors import DataError, ProbingError
from probing.result.checksums import CHECKSUMS, is_whole, signed
from probing.result.rows import Row, write_rows

ROWS = "rows.csv"
MANIFEST, CONFIG, ARRAYS = "manifest.json", "config.yaml", "attention.npz"
FINISHED = "finished"  # the manifest's key: None, or when the run ended
PAGE, REPORTS = "index.html", ("tables", "figures")  # the page, and folders: made from the other files alone


@dataclass(frozen=True, eq=False)
class Contents:
    """What a part of a run writes.

    ``rows``, ``manifest`` and ``arrays`` (attention.npz) are all that was found so far, and replace what an earlier
    part wrote. ``tables`` become <name>.parquet and ``files`` stand under their names as they are (the configuration,
    trained probes); those that an earlier part wrote stay and need not be given again.
    """

    rows: Sequence[Row]
    manifest: Mapping[str, Any]
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    arrays: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)


def partial_of(folder: Path) -> Path:
    """Where the parts of an unfinished run lie."""
    return folder.with_name(f".{folder.name}.partial")


def write_first(folder: Path, contents: Contents) -> None:
    """Write the first part of a run.

    What a killed run left in the partial folder is removed only when the new part is complete.
    """
    remains = partial_of(folder)
    new = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    _write(new, contents)
    shutil.rmtree(remains, ignore_errors=True)
    new.rename(remains)


def write_part(folder: Path, contents: Contents) -> None:
    """Write a further part. A reader, or a program killed here, finds every file either as it was or as it is now.

    Raises ProbingError if there is no first part.
    """
    _write(_parts(folder), contents)


def finish(folder: Path, report: Callable[[Path], object]) -> None:
    """Note when the run ended, let ``report`` add its pages to the partial folder, and give the folder its name.

    The manifest then holds the checksum of every file. Raises ProbingError if there is no first part. If ``report``
    fails, the parts stay and the run is not finished.
    """
    parts = _parts(folder)
    manifest = parsed_manifest(parts)
    finished = {**manifest, FINISHED: datetime.now(UTC).isoformat(timespec="seconds")}
    _write_manifest(parts, finished)
    try:
        report(parts)
    except BaseException:
        _write_manifest(parts, manifest)
        raise
    files = (path.relative_to(parts).as_posix() for path in parts.rglob("*") if path.is_file())
    _write_manifest(parts, signed(finished, parts, (name for name in files if name != MANIFEST)))
    parts.rename(folder)


def report_again(folder: Path, report: Callable[[Path], Iterable[Path]]) -> None:
    """Let ``report`` make the pages of a finished run again, and put their checksums in the place of the old ones.

    ``report`` returns what it wrote. Killed at any instant, this leaves a run whose pages are damaged at worst.
    """
    manifest = parsed_manifest(folder)
    names = [path.relative_to(folder).as_posix() for path in report(folder)]
    kept = {name: digest for name, digest in manifest[CHECKSUMS].items() if not is_report(name)}
    _write_manifest(folder, signed({**manifest, CHECKSUMS: kept}, folder, names))


def is_report(name: str) -> bool:
    """Whether a file, by its path in a run's folder, is made from other files of the folder alone."""
    return name == PAGE or name.partition("/")[0] in REPORTS


def parsed_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a run, finished or not. Raises: DataError if it is missing, damaged, or cannot be read."""
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise DataError(f"{path} is missing; delete {folder} and run again") from error
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror or error})") from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path} is not JSON ({error}); delete {folder} and run again") from error
    if not isinstance(manifest, dict):
        raise DataError(f"{path} holds no manifest; delete {folder} and run again")
    if not is_whole(manifest):
        raise DataError(f"{path} is damaged: not what the run wrote; delete {folder} and run again")
    return manifest


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """The manifest of a finished run, or None if there is none; DataError as ``parsed_manifest``."""
    if not (folder / MANIFEST).is_file() or (folder.name.startswith(".") and folder.name.endswith(".partial")):
        return None
    manifest = parsed_manifest(folder)
    return None if manifest.get(FINISHED, "") is None else manifest


def find_runs(root: Path) -> list[Path]:
    """Every finished run's folder below ``root``, in order of their paths.

    A folder whose manifest is missing or cannot be read is listed, so that whoever opens it can say so.
    """
    with_rows = {path.parent for path in root.rglob(CONFIG) if (path.parent / ROWS).is_file()}
    found = with_rows | {path.parent for path in root.rglob(MANIFEST)}
    return sorted(folder for folder in found if not _unfinished(folder, root))


def _unfinished(folder: Path, root: Path) -> bool:
    if any(part.startswith(".") for part in folder.relative_to(root).parts):
        return True
    try:
        return (folder / MANIFEST).is_file() and read_manifest(folder) is None
    except DataError:
        return False


def _parts(folder: Path) -> Path:
    parts = partial_of(folder)
    if not (parts / MANIFEST).is_file():
        raise ProbingError(
            f"{parts} holds no part of a run: it was deleted meanwhile (or write_first was not called before); "
            "run the same command again"
        )
    return parts


def _write(folder: Path, contents: Contents) -> None:
    """Rows first and the manifest last: what the manifest speaks of is there."""
    _replace(folder / ROWS, lambda path: write_rows(contents.rows, path))
    for name, table in contents.tables.items():
        _replace(folder / f"{name}.parquet", partial(table.to_parquet, index=False))
    if contents.arrays:  # texts are arrays of characters: nothing here needs pickle
        _replace(folder / ARRAYS, lambda path: np.savez_compressed(path, **contents.arrays))  # type: ignore[arg-type]
    for name, content in contents.files.items():
        _replace(folder / name, partial(Path.write_bytes, data=content))
    _write_manifest(folder, contents.manifest)


def _write_manifest(folder: Path, manifest: Mapping[str, Any]) -> None:
    text = json.dumps(manifest, indent=2, ensure_ascii=False)
    _replace(folder / MANIFEST, lambda path: path.write_text(text, encoding="utf-8"))


def _replace(path: Path, write: Callable[[Path], object]) -> None:
    """Let ``write`` make a hidden file, then put it in the place of ``path`` in one step."""
    hidden = path.with_name(f".{path.name}")
    try:
        write(hidden)
        hidden.replace(path)
    finally:
        hidden.unlink(missing_ok=True)
