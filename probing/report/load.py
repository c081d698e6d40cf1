"""Run folders as reports read them: files in, data frames out; neither the model nor the store is needed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
from numpy.typing import NDArray

from probing.errors import DataError
from probing.report.metric_format import measure
from probing.report.run_files import arrays, optional, read_file
from probing.result.asked_for import asked_for
from probing.result.checksums import check
from probing.result.folder import ARRAYS, MANIFEST, ROWS, parsed_manifest
from probing.result.resampling import resampled_over
from probing.result.rows import as_frame, is_null, read_rows

PROBES = "probes"  # the analysis that every run has
PREDICTIONS, SENTENCES = "predictions.parquet", "sentences.parquet"
UNIT = "unit"  # the column of SENTENCES with what was resampled
MANIFEST_KEYS = ("run_id", "config", "checkpoint", "data", "metric", "kind", "level")


@dataclass(frozen=True, eq=False)
class Run:
    """One run folder. rows: of the probe and its baselines. others: of all other analyses. nulls: of untrained twins.

    asked: by which names model and data were asked for later. ``predictions`` (word pairs have none) and ``sentences``
    are None where the run has none.
    """

    folder: Path
    rows: pd.DataFrame
    manifest: Mapping[str, Any]
    predictions: pd.DataFrame | None
    sentences: pd.DataFrame | None
    others: pd.DataFrame = field(default_factory=lambda: as_frame([]))
    arrays: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    nulls: pd.DataFrame = field(default_factory=lambda: as_frame([]))
    asked: Mapping[str, list[str]] = field(default_factory=dict)

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
        """What chose the best layer: dev; of a metric that has no score there, the code length, the shown split."""
        splits = self.rows.loc[self.rows["metric"] == self.metric, "split"].tolist()
        return "dev" if "dev" in splits else f"{self.split}, by {measure(self.metric).label}"

    @property
    def resampled(self) -> str:
        """What intervals resample: documents, where the corpus names enough of them, else sentences."""
        return resampled_over(self.facts(PROBES).get("resampled", {}).get(self.split, ""))

    @property
    def seed(self) -> int:
        """The seed of the run."""
        return int(self.rows.loc[self.rows["target"] == "task", "seed"].iloc[0])

    @property
    def analyses(self) -> list[str]:
        """The analyses with results, in the order in which they ran, without the probes."""
        return [name for name in self.manifest.get("analyses", {}) if name != PROBES]

    def of(self, analysis: str) -> pd.DataFrame:
        """The rows of one analysis."""
        return self.others[self.others["analysis"] == analysis]

    def facts(self, analysis: str) -> Mapping[str, Any]:
        """The facts of an analysis in the manifest: its sample, its output …; empty if there are none."""
        found: Mapping[str, Any] = self.manifest.get("analyses", {}).get(analysis, {})
        return found

    def name(self, column: str) -> str:
        """The value of a column that all rows share: model, data, task, probe, tag …"""
        return str(self.rows[column].iloc[0])


def load_run(folder: Path) -> Run:
    """Read a run folder, its files against their checksums.

    Raises: DataError, naming the file, if one is missing, damaged or unreadable.
    """
    for name in (ROWS, MANIFEST):
        if not (folder / name).is_file():
            raise DataError(f"{folder}: no {name}, so not the folder of a finished run: run it again or leave it out")
    manifest = parsed_manifest(folder)
    check(folder, manifest, (ROWS, PREDICTIONS, SENTENCES, ARRAYS))
    _check_manifest(folder, manifest)
    rows = read_file(folder / ROWS, read_rows)
    if read_file(folder / ROWS, lambda _: best_layer(rows, manifest["metric"])) is None:
        raise DataError(
            f"{folder}: rows.csv has no score of target=task with metric={manifest['metric']} in any layer; "
            "run it again or leave it out"
        )
    own = rows["analysis"] == PROBES
    others = rows[~own]
    of_twins = is_null(others)
    predictions, sentences = optional(folder / PREDICTIONS, pd.read_parquet), _sentences(folder)
    maps = optional(folder / ARRAYS, arrays) or {}
    return Run(
        folder,
        rows[own],
        manifest,
        predictions,
        sentences,
        others[~of_twins],
        maps,
        others[of_twins],
        asked_for(folder),
    )


def _sentences(folder: Path) -> pd.DataFrame | None:
    sentences = optional(folder / SENTENCES, pd.read_parquet)
    if sentences is not None and UNIT not in sentences:
        raise DataError(
            f"{folder}: an older version of this program wrote {SENTENCES}; delete the folder and run again"
        )
    return sentences


def _check_manifest(folder: Path, manifest: Mapping[str, Any]) -> None:
    missing = [key for key in MANIFEST_KEYS if key not in manifest]
    if missing:
        raise DataError(f"{folder}: manifest.json has no {', '.join(missing)}; run it again or leave it out")
    parts = {"config": (), "checkpoint": ("name",), "data": ("name",)}
    for part, keys in parts.items():
        if not isinstance(manifest[part], dict) or any(key not in manifest[part] for key in keys):
            raise DataError(f"{folder}: {part} in manifest.json is damaged; run it again or leave it out")


def shown_split(table: pd.DataFrame) -> str:
    """The split that reports show: test, else dev, else the first split in ``table`` (rows or predictions).

    Test comes first because hyper-parameters are chosen on dev. An online code length is measured on train only.
    """
    present = table.loc[table["target"] == "task", "split"].unique().tolist()
    return next((split for split in ("test", "dev") if split in present), str(present[0]))


def shown_predictions(run: Run, layer: int | None = None) -> pd.DataFrame:
    """The task's predictions on the shown split, of one layer or of all; empty if the run has none."""
    table = run.predictions
    if table is None or not (table["target"] == "task").any():
        return pd.DataFrame(columns=["layer", "target", "split", "sentence", "word", "form", "gold", "predicted"])
    table = table[(table["target"] == "task") & (table["split"] == shown_split(table))]
    return table if layer is None else table[table["layer"] == layer]


def best_layer(rows: pd.DataFrame, metric: str) -> int | None:
    """The layer with the best task score on dev, averaged over seeds; of equal layers the lowest.

    Test is used only where ``metric`` has no score on dev (an online code length has none). None if no row of
    ``metric`` has a layer.
    """
    task = rows[(rows["target"] == "task") & (rows["metric"] == metric) & rows["layer"].notna()]
    dev = task[task["split"] == "dev"]
    scores = (task if dev.empty else dev).groupby("layer")["value"].mean().dropna().sort_index()
    if scores.empty:
        return None
    ordered = -scores if measure(metric).lower_is_better else scores
    return int(scores.index.to_list()[int(ordered.to_numpy().argmax())])


def stand_ins(manifest: Mapping[str, Any]) -> dict[str, str]:
    """What the stand-ins of a run replace: {"model": "bert"} if bert was requested and could not be loaded."""
    parts = {"model": manifest["checkpoint"], "data": manifest["data"]}
    return {part: str(facts["requested"]) for part, facts in parts.items() if facts.get("stand_in")}


def labelled(name: str, requested: str | None) -> str:
    """The name of a model or corpus, followed by what it stands in for, if it is a stand-in."""
    return f"{name} (stand-in for {requested})" if requested else name


def heading(run: Run, instead: Mapping[str, str] | None = None) -> str:
    """Model · data · task, with stand-ins marked: the title of every figure and page.

    instead: what the stand-ins replace, where this is not what the manifest says.
    """
    instead = stand_ins(run.manifest) if instead is None else instead
    model, data = (labelled(run.name(part), instead.get(part)) for part in ("model", "data"))
    return f"{model} · {data} · {run.name('task')}"
