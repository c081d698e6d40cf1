"""Scores resampled from the statistics per sentence that runs write: of layers, of control tasks, of several seeds."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from probing.report.load import UNIT, Run
from probing.result.bootstrap import Counts, Resampled, mean_over_draws, resampled
from probing.result.resampling import counts_of
from probing.result.score import ON_DISK
from probing.result.statistics import METRICS, Statistics

RESAMPLES = 1000
KEYS = ["data", "sentence", "repeat"]  # fingerprint of the corpus, id, and a count for repeated ids
Draws = Sequence[pd.DataFrame]  # statistics and unit by sentence: one table per draw (only a control has several)
BySeed = Mapping[int, Draws]


@dataclass(frozen=True)
class Together:
    """N sentences that are resampled together. keys (N,): see KEYS. counts: (R, N)."""

    keys: "pd.Index[Any]"
    counts: Counts

    def resampled(self, table: pd.DataFrame, metric: str) -> Resampled:
        """The metric on the sentences of ``table``, which are some of these, and in each resample."""
        values = table[list(ON_DISK)].reindex(self.keys, fill_value=0.0).to_numpy(float)
        return resampled(Statistics(metric, values), self.counts)

    def over(self, seeds: Sequence[Draws], metric: str) -> Resampled:
        """The mean over seeds and draws: of several seeds, seeds are drawn anew; of one seed, its draws are."""
        of_seeds = [[self.resampled(draw, metric) for draw in draws] for draws in seeds]
        if len(of_seeds) == 1:
            return mean_over_draws(of_seeds[0])
        return mean_over_draws([plain_mean(draws) for draws in of_seeds])


def plain_mean(draws: Sequence[Resampled]) -> Resampled:
    """The mean over draws that are not drawn anew, because what they belong to is."""
    value, values = (np.mean([getattr(one, name) for one in draws], axis=0) for name in ("value", "values"))
    return replace(draws[0], value=value, values=values)


def together(tables: Iterable[pd.DataFrame]) -> Together:
    """All sentences of ``tables``, each once, resampled by document where the tables name documents.

    Where runs resampled differently, the coarser units are used.
    """
    every = list(tables)
    keys = every[0].index
    for table in every[1:]:
        keys = keys if table.index.equals(keys) else keys.union(table.index)
    units = np.full(len(keys), -1, dtype=np.int64)
    n_known = 0
    for of_data in _coarsest(every):
        units[keys.get_indexer(of_data.index)] = n_known + np.unique(of_data, return_inverse=True)[1]
        n_known += of_data.nunique()
    alone = units < 0
    units[alone] = n_known + np.arange(alone.sum())
    return Together(keys, counts_of(units, RESAMPLES, "paired", str(len(units))))


def _coarsest(tables: Sequence[pd.DataFrame]) -> "list[pd.Series[int]]":
    """The units of each corpus, as the table with the fewest per sentence has them."""
    found: dict[str, pd.Series[int]] = {}
    for table in tables:
        units, data = table[UNIT], str(table.index[0][0])
        best = found.get(data)
        if best is None or units.nunique() * len(best) < best.nunique() * len(units):
            found[data] = units
    return list(found.values())


def has_statistics(metric: str) -> bool:
    """Whether a score is a sum over sentences that runs write down; macro F1 has too many columns."""
    return metric in METRICS and metric != "macro_f1"


def statistics_by_layer(runs: Iterable[Run], metric: str, target: str = "task") -> dict[int, BySeed]:
    """What ``runs`` wrote of a target, by layer and seed; of runs with the same seed, the first that has the layer."""
    found: dict[int, dict[int, Draws]] = {}
    for run in runs if has_statistics(metric) else ():
        if run.sentences is None:
            continue
        table = run.sentences[(run.sentences["metric"] == metric) & (run.sentences["target"] == target)]
        for layer, of_layer in table[table["layer"].notna()].groupby("layer"):
            of_seeds = found.setdefault(int(str(layer)), {})
            if run.seed not in of_seeds:
                data = str(run.manifest["data"].get("fingerprint"))
                of_seeds[run.seed] = [_keyed(draw, data) for _, draw in of_layer.groupby("draw", dropna=False)]
    return dict(sorted(found.items()))


def statistics_without_layer(run: Run, metric: str, target: str) -> Draws:
    """What a run wrote of a target that reads no layer (a baseline), one table per draw; none if it has no such."""
    if run.sentences is None or not has_statistics(metric):
        return []
    table = run.sentences[(run.sentences["metric"] == metric) & (run.sentences["target"] == target)]
    data = str(run.manifest["data"].get("fingerprint"))
    return [_keyed(draw, data) for _, draw in table[table["layer"].isna()].groupby("draw", dropna=False)]


def _keyed(table: pd.DataFrame, data: str) -> pd.DataFrame:
    numbered = table.assign(data=data, repeat=table.groupby("sentence").cumcount())
    return numbered.set_index(KEYS)[[*ON_DISK, UNIT]].sort_index()


def side_by_side(found: Sequence[Resampled]) -> Resampled:
    """One metric measured at K places on the same N sentences and resamples: K × () -> (K,).

    For comparisons between places, which read the resamples alone; places may be means over different numbers of draws.
    """
    return replace(
        found[0],
        value=np.stack([one.value for one in found], axis=-1),
        values=np.stack([one.values for one in found], axis=-1),
        items=np.stack([one.items for one in found], axis=-1),
        n_units=np.stack([one.n_units for one in found], axis=-1),
        draws=(),
    )
