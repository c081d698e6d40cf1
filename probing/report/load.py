"""Run folders as reports read them: files in, data frames out, no model and no store."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from probing.errors import DataError
from probing.report.metric_format import measure
from probing.result.rows import as_frame, read_rows

PROBES = "probes"  # the analysis that every run has
MANIFEST_KEYS = ("run_id", "config", "checkpoint", "data", "metric", "kind", "level")


@dataclass(frozen=True)
class Run:
    """One run folder. ``predictions`` (absent for pairs) and ``sentences`` are None where the run has none.

    ``rows`` are those of the probe and its baselines, ``others`` those of all other analyses.
    """

    folder: Path
    rows: pd.DataFrame
    manifest: Mapping[str, Any]
    predictions: pd.DataFrame | None
    sentences: pd.DataFrame | None
    others: pd.DataFrame = field(default_factory=lambda: as_frame([]))
    arrays: Mapping[str, NDArray[Any]] = field(default_factory=dict)

    @property
    def metric(self) -> str:
        """The primary metric, as the manifest names it."""
        return str(self.manifest["metric"])

    @property
    def split(self) -> str:
        """The split whose scores of the primary metric are shown."""
        return str(self.shown_rows["split"].iloc[0])

    @property
    def shown_rows(self) -> pd.DataFrame:
        """The task's rows of the primary metric on that split."""
        rows = self.rows[(self.rows["target"] == "task") & (self.rows["metric"] == self.metric)]
        return rows[rows["split"] == shown_split(rows)]

    @property
    def chosen_on(self) -> str:
        """The split that chose the best layer: dev, unless the primary metric has no score there."""
        splits = self.rows.loc[self.rows["metric"] == self.metric, "split"].tolist()
        return "dev" if "dev" in splits else self.split

    @property
    def seed(self) -> int:
        """The seed of the run."""
        return int(self.rows.loc[self.rows["target"] == "task", "seed"].iloc[0])

    @property
    def analyses(self) -> list[str]:
        """The analyses that left something, in the order in which they ran; the probes are not among them."""
        return [name for name in self.manifest.get("analyses", {}) if name != PROBES]

    def of(self, analysis: str) -> pd.DataFrame:
        """The rows of one analysis."""
        return self.others[self.others["analysis"] == analysis]

    def facts(self, analysis: str) -> Mapping[str, Any]:
        """What an analysis says of itself in the manifest: its sample, its output …"""
        found: Mapping[str, Any] = self.manifest.get("analyses", {}).get(analysis, {})
        return found

    def name(self, column: str) -> str:
        """What the rows call this run's model, data, task, probe, tag …"""
        return str(self.rows[column].iloc[0])


def load_run(folder: Path) -> Run:
    """Read a run folder.

    Raises: DataError, naming the folder, if rows.csv or manifest.json is missing or unreadable.
    """
    for name in ("rows.csv", "manifest.json"):
        if not (folder / name).is_file():
            raise DataError(f"{folder}: no {name}; wanted a finished run's folder: run it again or leave it out")
    try:
        rows = read_rows(folder / "rows.csv")
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        predictions, sentences = (_parquet(folder / f"{name}.parquet") for name in ("predictions", "sentences"))
    except (ValueError, KeyError, OSError) as error:
        raise DataError(f"{folder}: cannot be read ({error}); run it again or leave it out") from error
    missing = [key for key in MANIFEST_KEYS if key not in manifest]
    if missing:
        raise DataError(f"{folder}: manifest.json lacks {', '.join(missing)}; run it again or leave it out")
    if best_layer(rows, manifest["metric"]) is None:
        raise DataError(
            f"{folder}: rows.csv has no score of target=task with metric={manifest['metric']} in any layer; "
            "run it again or leave it out"
        )
    own = rows["analysis"] == PROBES
    return Run(folder, rows[own], manifest, predictions, sentences, rows[~own], _arrays(folder / "attention.npz"))


def _arrays(path: Path) -> dict[str, NDArray[Any]]:
    if not path.is_file():
        return {}
    with np.load(path, allow_pickle=False) as file:
        return dict(file)


def _parquet(path: Path) -> pd.DataFrame | None:
    return pd.read_parquet(path) if path.is_file() else None


def shown_split(table: pd.DataFrame) -> str:
    """The split that reports show: test where there is one, for dev has chosen the hyper-parameters.

    ``table``: rows or predictions. An online code length is measured on train, and shown for it.
    """
    present = table.loc[table["target"] == "task", "split"].unique().tolist()
    return next((split for split in ("test", "dev") if split in present), str(present[0]))


def shown_predictions(run: Run, layer: int | None = None) -> pd.DataFrame:
    """The task's predictions on the shown split, of one layer or of all; empty where the run has none."""
    table = run.predictions
    if table is None or not (table["target"] == "task").any():
        return pd.DataFrame(columns=["layer", "target", "split", "sentence", "word", "form", "gold", "predicted"])
    table = table[(table["target"] == "task") & (table["split"] == shown_split(table))]
    return table if layer is None else table[table["layer"] == layer]


def best_layer(rows: pd.DataFrame, metric: str) -> int | None:
    """The layer whose task score is best on dev, averaged over seeds; ties go to the lowest layer.

    Test never chooses. Where no dev score of ``metric`` exists (an online code length has none), the split
    that is there does. None if no row of ``metric`` reads a layer.
    """
    task = rows[(rows["target"] == "task") & (rows["metric"] == metric) & rows["layer"].notna()]
    dev = task[task["split"] == "dev"]
    scores = (task if dev.empty else dev).groupby("layer")["value"].mean().dropna().sort_index()
    if scores.empty:
        return None
    ordered = -scores if measure(metric).lower_is_better else scores
    return int(scores.index.to_list()[int(ordered.to_numpy().argmax())])


def stand_ins(manifest: Mapping[str, Any]) -> dict[str, str]:
    """What stands in for what: {"model": "bert", "data": "ewt"} names what was asked for and not had."""
    parts = {"model": manifest["checkpoint"], "data": manifest["data"]}
    return {part: str(facts["requested"]) for part, facts in parts.items() if facts.get("stand_in")}


def labelled(name: str, requested: str | None) -> str:
    """A model's or corpus's name, with what it stands in for."""
    return f"{name} (stand-in for {requested})" if requested else name


def heading(run: Run) -> str:
    """Model · data · task, stand-ins labelled as such: the title of every figure and page."""
    instead = stand_ins(run.manifest)
    model, data = (labelled(run.name(part), instead.get(part)) for part in ("model", "data"))
    return f"{model} · {data} · {run.name('task')}"
