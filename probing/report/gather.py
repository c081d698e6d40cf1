"""Run folders grouped into conditions: all layers and seeds of one model on one task."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from probing.distribution import as_typed
from probing.errors import DataError
from probing.report.best_layers import add_bands
from probing.report.html import flat
from probing.report.load import Run, best_layer, labelled, load_run, stand_ins
from probing.report.stand_in_notes import own_name_was_asked
from probing.report.tables import layer_table
from probing.result.without_effect import WITHOUT_EFFECT

# Settings that do not change what is measured or how: runs that differ only in these are one condition.
JOINED = WITHOUT_EFFECT | {
    *("layers", "seed", "nulls", "controls", "resamples", "resampled"),
    *("store.batch_subwords", "data.path"),
}
IDENTITY = ["target", "layer", "head", "split", "metric", "seed", "draw"]
# settings that do not change the score of a probe
OTHER_ANALYSES = ("analysis.", "rollout.", "store.attention.", "report.")


@dataclass(frozen=True)
class Condition:
    """All runs of one model, corpus, task, probe and setting. rows: those of all runs, without duplicates.

    model, data: as shown, with stand-ins marked; model also names the settings in which conditions differ.
    """

    model: str
    data: str
    task: str
    probe: str
    metric: str
    rows: pd.DataFrame
    runs: tuple[Run, ...]

    @property
    def block(self) -> tuple[str, str, str, str]:
        """Task, data, probe and metric: conditions are compared with each other if all four are equal."""
        return self.task, self.data, self.probe, self.metric

    @cached_property
    def table(self) -> pd.DataFrame:
        """The layer table of the primary metric, averaged over seeds, with bands and the best layers.

        The interval of a mean over seeds is NaN if runs have no statistics per sentence.
        """
        return add_bands(layer_table(self.rows, self.metric), self.runs, self.metric)

    @cached_property
    def best(self) -> int | None:
        """The layer chosen on dev, by the mean score over all seeds."""
        return best_layer(self.rows, self.metric)

    @property
    def seeds(self) -> list[int]:
        """The seeds of the runs."""
        return sorted({run.seed for run in self.runs})


def gather(folders: Iterable[Path]) -> tuple[list[Condition], list[str]]:
    """Read run folders and join those that measure the same (see JOINED): conditions, and notes for the reader.

    Raises: DataError, naming the folder, if one holds no finished run; DataError if ``folders`` is empty.
    """
    runs = [load_run(folder) for folder in sorted({Path(folder) for folder in folders})]
    if not runs:
        raise DataError(as_typed("nothing to compare: make a run first (python -m pipelines.run), or name another tag"))
    same: dict[tuple[str, ...], list[Run]] = {}
    for run in runs:
        model, data = names(run)
        same.setdefault((run.name("task"), data, run.name("probe"), run.metric, model), []).append(run)
    conditions, notes = [], []
    for (task, data, probe, metric, model), group in sorted(same.items()):
        for setting, members in by_setting(group):
            rows, clash = joined(members)
            name = f"{model} · {setting}" if setting else model
            conditions.append(Condition(name, data, task, probe, metric, rows, tuple(members)))
            if clash:
                notes.append(f"{name}, {task} on {data}: {clash}")
    return conditions, notes


def names(run: Run) -> tuple[str, str]:
    """The names of a run's model and data; a stand-in that nobody asked for by its own name is marked."""
    instead = {
        part: asked
        for part, asked in stand_ins(run.manifest).items()
        if not own_name_was_asked(run.manifest, run.asked, part)
    }
    return labelled(run.name("model"), instead.get("model")), labelled(run.name("data"), instead.get("data"))


def by_setting(
    runs: Sequence[Run], settings_of: Callable[[Run], dict[str, str]] | None = None
) -> Iterator[tuple[str, list[Run]]]:
    """Runs grouped by equal settings: (the settings in which the groups differ as text, the runs of the group).

    settings_of: run -> its settings; by default those that change the score of a probe. The text is empty if all runs
    have the same settings.
    """
    settings = [(settings_of or probe_settings)(run) for run in runs]
    keys = sorted({key for setting in settings for key in setting})
    varying = [key for key in keys if len({setting.get(key) for setting in settings}) > 1]
    groups: dict[str, list[Run]] = {}
    for run, setting in zip(runs, settings, strict=True):
        groups.setdefault(", ".join(f"{key}={setting.get(key, '–')}" for key in varying), []).append(run)
    yield from sorted(groups.items())


def probe_settings(run: Run) -> dict[str, str]:
    """The settings of a run that change the score of a probe, and which weights and sentences it is about.

    Two checkpoints, or two corpora, may have the same name, and a folder may hold another model than before.
    """
    stored = {"store": {"dtype": run.manifest.get("store", {}).get("dtype")}}  # the type that store.dtype=auto became
    found = (flat(run.manifest["config"]) | {key: name for key, name in flat(stored).items() if name}).items()
    settings = {key: value for key, value in found if key not in JOINED and not key.startswith(OTHER_ANALYSES)}
    of = {"weights": ("checkpoint", "revision"), "sentences": ("data", "fingerprint")}
    return settings | {name: _short(run.manifest[part].get(key)) for name, (part, key) in of.items()}


def _short(digest: object) -> str:
    return str(digest).removeprefix("sha256-")[:8]


def joined(runs: Sequence[Run]) -> tuple[pd.DataFrame, str]:
    """The rows of ``runs`` without duplicates, and a sentence if folders have different values for a row."""
    rows = pd.concat([run.rows for run in runs], ignore_index=True)
    spread = rows.groupby(IDENTITY, dropna=False)["value"].agg(["min", "max"])
    clashes = int((spread["max"] - spread["min"] > 0).sum())
    text = f"{clashes:,} rows differ between folders of the same settings; the first is shown" if clashes else ""
    return rows.drop_duplicates(IDENTITY, ignore_index=True), text
