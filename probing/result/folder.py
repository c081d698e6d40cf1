"""A run's folder: rows, predictions, per-sentence statistics, manifest; whole or not there at all."""

import json
import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from probing.errors import DataError
from probing.result.rows import Row, write_rows

ROWS, PREDICTIONS, SENTENCES = "rows.csv", "predictions.parquet", "sentences.parquet"
MANIFEST, CONFIG = "manifest.json", "config.yaml"


def write_run(
    folder: Path,
    rows: Iterable[Row],
    predictions: pd.DataFrame | None,
    sentences: pd.DataFrame,
    manifest: Mapping[str, Any],
    config_yaml: str,
    report: Callable[[Path], object],
) -> None:
    """Write everything beside ``folder``, let ``report`` add its pages, and only then put it in place."""
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    write_rows(rows, partial / ROWS)
    sentences.to_parquet(partial / SENTENCES, index=False)
    if predictions is not None:
        predictions.to_parquet(partial / PREDICTIONS, index=False)
    (partial / CONFIG).write_text(config_yaml, encoding="utf-8")
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
