"""A run's folder: rows, predictions, per-sentence statistics, probes, manifest; whole or not there at all."""

import json
import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from probing.errors import DataError
from probing.result.rows import Row, write_rows

ROWS = "rows.csv"
MANIFEST, CONFIG, ARRAYS = "manifest.json", "config.yaml", "attention.npz"


def write_run(
    folder: Path,
    rows: Iterable[Row],
    tables: Mapping[str, pd.DataFrame | None],
    arrays: Mapping[str, NDArray[Any]],
    manifest: Mapping[str, Any],
    files: Mapping[str, bytes],
    report: Callable[[Path], object],
) -> None:
    """Write everything beside ``folder``, let ``report`` add its pages, and only then put it in place.

    ``tables`` (predictions, sentences) become <name>.parquet, ``arrays`` attention.npz; ``files`` stand under their
    names as they are (the configuration, trained probes).
    """
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    write_rows(rows, partial / ROWS)
    for name, table in tables.items():
        if table is not None:
            table.to_parquet(partial / f"{name}.parquet", index=False)
    if arrays:  # texts are arrays of characters: nothing here needs pickle
        np.savez_compressed(partial / ARRAYS, **arrays)  # type: ignore[arg-type]
    for name, content in files.items():
        (partial / name).write_bytes(content)
    (partial / MANIFEST).write_text(json.dumps(manifest, indent=2, ensure_ascii=False), encoding="utf-8")
    report(partial)
    partial.rename(folder)


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """The manifest of a finished run, or None if there is none; DataError if it cannot be read."""
    path = folder / MANIFEST
    if not path.is_file():
        return None
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DataError(f"{path} is not JSON ({error}); delete {folder} and run again") from error
    if not isinstance(manifest, dict):
        raise DataError(f"{path} holds no manifest; delete {folder} and run again")
    return manifest


def find_runs(root: Path) -> list[Path]:
    """Every run folder below ``root``, in order of their paths; unfinished ones are left out."""
    found = (path.parent for path in root.rglob(MANIFEST))
    return sorted(f for f in found if not any(part.startswith(".") for part in f.relative_to(root).parts))
