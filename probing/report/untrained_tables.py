"""The tables of untrained twins: a score, mass or entropy of the model beside the mean and the range of the twins."""

from collections.abc import Sequence, Set
from typing import Any

import pandas as pd

from probing.report.load import Run, best_layer
from probing.report.metric_format import interval, measure, number, records
from probing.report.null_bands import at_least_as_good, described, draws, ends, p_one_sided, p_two_sided
from probing.report.section_parts import with_intervals
from probing.result.rows import UNTRAINED

WHAT = ["analysis", "probe", "target", "metric"]


def of_probes(run: Run) -> pd.DataFrame:
    """Per layer: score, mean of the twins with its interval, their range, how many are as good, and p."""
    rows, metric = run.rows, run.metric
    single = draws(rows, metric, UNTRAINED)
    means = rows[(rows["target"] == UNTRAINED) & rows["draw"].isna() & (rows["metric"] == metric)]
    means = means[means["split"] == run.split].set_index("layer")
    lines = []
    for line in records(run.shown_rows):
        twins = single.loc[single["layer"] == line["layer"], "value"].dropna().tolist()
        if twins:
            score = line["value"]
            lines.append(
                {"layer": int(line["layer"]), "score": score, "ci_low": line["ci_low"], "ci_high": line["ci_high"]}
                | among(means.loc[line["layer"]], twins)
                | {"as_good": at_least_as_good(score, twins, metric), "p": p_one_sided(score, twins, metric)}
            )
    return pd.DataFrame(lines)


def shown(own: pd.DataFrame, metric: str) -> pd.DataFrame:
    """The table of ``of_probes`` as text."""
    text = pd.DataFrame({"layer": own["layer"].astype(str)})
    text[measure(metric).label] = with_intervals(own, "score", metric, "ci_low", "ci_high")
    text["mean of twins"] = with_intervals(own, "mean", metric)
    text["range of twins"] = [interval(low, high, metric) for low, high in zip(own["low"], own["high"], strict=True)]
    text["twins as good"] = [f"{k} of {n}" for k, n in zip(own["as_good"], own["twins"], strict=True)]
    text["p"] = [f"{p:.3f}" for p in own["p"]]
    return text


def sentences(run: Run, own: pd.DataFrame) -> list[str]:
    """Where the score of the chosen layer lies among the twins, and among their own best layers."""
    best = best_layer(run.rows, run.metric)
    lines = own[own["layer"] == best] if len(own) else own
    if lines.empty:
        return []
    line, metric = lines.iloc[0], run.metric
    n, as_good = int(line["twins"]), int(line["as_good"])
    least = f", the least that {n} {'twin allows' if n == 1 else 'twins allow'}" if not as_good else ""
    text = (
        f"Layer {best} scores {number(line['score'], metric)}; {described(n)}: "
        f"{reach([line['low'], line['high']], metric)}, {as_good} as good (p = {line['p']:.3f}{least})."
    )
    best_of = best_of_twins(run)
    p = p_one_sided(line["score"], best_of, metric)
    return [
        text,
        f"Each twin at its own best layer, chosen on {run.chosen_on}: {reach(best_of, metric)} (p = {p:.3f}).",
    ]


def reach(values: Sequence[float], metric: str) -> str:
    """``0.61 to 0.64`` of several values; one number where they are the same."""
    low, high = min(values), max(values)
    return number(low, metric) if low == high else f"{number(low, metric)} to {number(high, metric)}"


def best_of_twins(run: Run) -> list[float]:
    """The score of each twin at the layer that is its best on dev, as the model's own is chosen."""
    rows = run.rows[(run.rows["target"] == UNTRAINED) & run.rows["draw"].notna()]
    single = draws(run.rows, run.metric, UNTRAINED)
    found = []
    for draw, of_twin in rows.groupby("draw"):
        best = best_layer(of_twin.assign(target="task"), run.metric)
        found += single.loc[(single["draw"] == draw) & (single["layer"] == best), "value"].tolist()
    return found


def of_others(run: Run) -> pd.DataFrame:
    """What every other analysis found in the model and in the twins, on test: one line per curve and layer, or per
    chosen head (column ``chosen``), whose layer is that of the model.
    """
    own = on_test(run.others)
    own = own[own["draw"].isna()]
    chosen = {
        tuple(map(str, what)) for what, lines in own.groupby(WHAT) if len(lines) == 1 and lines["head"].notna().all()
    }
    nulls = placed(on_test(run.nulls.assign(probe=run.nulls["probe"].str.removeprefix(UNTRAINED).str.strip())), chosen)
    of_model = placed(own, chosen).drop_duplicates([*WHAT, "place"], keep=False).set_index([*WHAT, "place"])
    single = nulls[nulls["draw"].notna()].groupby([*WHAT, "place"], sort=False)["value"].apply(list)
    means = nulls[nulls["draw"].isna()].set_index([*WHAT, "place"])
    lines = [
        beside(of_model.loc[where], means.loc[where], [value for value in values if pd.notna(value)])
        | dict(zip(WHAT, where, strict=False))
        | {"chosen": where[-1] == "chosen"}
        for where, values in zip(single.index.tolist(), single.tolist(), strict=True)
        if where in of_model.index and any(map(pd.notna, values))
    ]
    return pd.DataFrame(lines)


def beside(line: "pd.Series[Any]", mean: "pd.Series[Any]", twins: Sequence[float]) -> dict[str, object]:
    """A row of the model with the mean of the twins, their range and p."""
    of_model = {name: line[name] for name in ("layer", "value", "ci_low", "ci_high", "n_items")}
    return of_model | among(mean, twins) | {"p": p_two_sided(line["value"], twins)}


def among(mean: "pd.Series[Any]", twins: Sequence[float]) -> dict[str, object]:
    """The mean row of the twins with its interval, and their range."""
    low, high = ends(twins)
    of_mean = {"mean": mean["value"], "mean_low": mean["ci_low"], "mean_high": mean["ci_high"]}
    return of_mean | {"low": low, "high": high, "twins": len(twins)}


def on_test(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of test."""
    return rows[rows["split"] == "test"]


def placed(rows: pd.DataFrame, chosen: Set[tuple[str, ...]]) -> pd.DataFrame:
    """Rows with ``place``: ``chosen`` for a head that was chosen, else the layer; without rows of one of many heads."""
    is_chosen = pd.Series(
        [tuple(what) in chosen for what in rows[WHAT].itertuples(index=False)], rows.index, dtype=bool
    )
    place = rows["layer"].astype("string").fillna("none").mask(is_chosen, "chosen")
    return rows.assign(place=place)[rows["head"].isna() | is_chosen]


def shown_others(table: pd.DataFrame) -> pd.DataFrame:
    """The table of ``of_others`` as text."""
    text = table[WHAT].astype(str).replace("_", " ", regex=True)
    text["layer"] = [f"{'–' if pd.isna(layer) else layer}" for layer in table["layer"]]
    text["model"] = with_intervals(table, "value", "mass", "ci_low", "ci_high")
    text["mean of twins"] = with_intervals(table, "mean", "mass")
    text["range of twins"] = [interval(*both, "mass") for both in zip(table["low"], table["high"], strict=True)]
    text["p"] = [f"{p:.3f}" for p in table["p"]]
    return text
