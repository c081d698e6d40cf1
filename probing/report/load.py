"""Run folders as reports read them: files in, data frames out, no model and no store."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from probing.errors import DataError
from probing.result.rows import COLUMNS, read_rows

MANIFEST_KEYS = ("run_id", "config", "checkpoint", "data", "metric", "kind", "level")


@dataclass(frozen=True)
class Run:
    """One run folder. ``predictions`` (absent for pairs) and ``sentences`` are None where the run has none."""

    folder: Path
    rows: pd.DataFrame
    manifest: Mapping[str, Any]
    predictions: pd.DataFrame | None
    sentences: pd.DataFrame | None

    @property
    def metric(self) -> str:
        """The primary metric, as the manifest names it."""
        return str(self.manifest["metric"])


def load_run(folder: Path) -> Run:
    """Read a run folder.

    Raises: DataError, naming the folder, if rows.csv or manifest.json is missing or unreadable.
    """
    for name in ("rows.csv", "manifest.json"):
        if not (folder / name).is_file():
            raise DataError(f"{folder}: no {name}; wanted the folder of a finished run: run it again, or leave it out")
    try:
        rows = read_rows(folder / "rows.csv")
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        parquet = [_parquet(folder / f"{name}.parquet") for name in ("predictions", "sentences")]
    except (ValueError, KeyError, OSError) as error:
        raise DataError(f"{folder}: cannot be read ({error}); run it again, or leave it out") from error
    missing = [key for key in MANIFEST_KEYS if key not in manifest]
    if missing:
        raise DataError(f"{folder}/manifest.json: lacks {', '.join(missing)}; run it again, or leave it out")
    if rows[rows["target"] == "task"].empty:
        raise DataError(f"{folder}/rows.csv: no row with target=task among {len(rows)}; run it again, or leave it out")
    return Run(folder, rows, manifest, parquet[0], parquet[1])


def _parquet(path: Path) -> pd.DataFrame | None:
    return pd.read_parquet(path) if path.is_file() else None


def shown_split(rows: pd.DataFrame) -> str:
    """The split that reports show: test where there is one (dev chose the hyper-parameters)."""
    present = rows.loc[rows["target"] == "task", "split"].unique().tolist()
    return next((split for split in ("test", "dev") if split in present), str(present[0]))


def shown_predictions(run: Run, layer: int | None = None) -> pd.DataFrame | None:
    """The task's predictions on the shown split, of one layer or of all."""
    if run.predictions is None:
        return None
    table = run.predictions
    keep = (table["target"] == "task") & (table["split"] == shown_split(run.rows))
    return table[keep if layer is None else keep & (table["layer"] == layer)]


def best_layer(rows: pd.DataFrame, metric: str) -> int | None:
    """The layer whose task score is best on dev, averaged over seeds; ties go to the lowest layer.

    Test never chooses. Rows without a dev score (an online code length has none) are chosen by the split
    they have. None if no row of ``metric`` reads a layer.
    """
    task = rows[(rows["target"] == "task") & (rows["metric"] == metric) & rows["layer"].notna()]
    if task.empty:
        return None
    dev = task[task["split"] == "dev"]
    scores = (task if dev.empty else dev).groupby("layer")["value"].mean().dropna().sort_index()
    if scores.empty:
        return None
    return int(scores.idxmin() if lower_is_better(metric) else scores.idxmax())


def lower_is_better(metric: str) -> bool:
    """Whether a smaller value of ``metric`` is the better one."""
    return metric.endswith("_bits")


def conditions(rows: pd.DataFrame) -> tuple[str, str]:
    """Names for the model and data of ``rows``'s single run."""
    return str(rows["model"].iloc[0]), str(rows["data"].iloc[0])


__all__ = ["COLUMNS", "Run", "best_layer", "load_run", "lower_is_better", "shown_predictions", "shown_split"]
