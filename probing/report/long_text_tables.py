"""Tables of ways to read long texts: every metric beside the confounds, each aggregation, layers, pairs, sources."""

from collections.abc import Iterator, Sequence

import pandas as pd

from probing.report.load import Run
from probing.report.metric_format import measure, scored
from probing.report.section_parts import Table, by_layer, pick, with_interval

NAME = "long_texts"
METRICS = ("accuracy", "auroc", "recall_at_1_percent_fpr", "ece", "brier")
SURFACE = ("bag of words", "format alone", "length alone", "majority")
ENDS = ["value", "ci_low", "ci_high"]


def tables(run: Run) -> list[Table]:
    """All that have lines; those that few readers need are folded."""
    found = [_all_metrics(run), _each(run), _by_layer(run), _pairs(run), _sources(run)]
    return [table for table in found if len(table.raw)]


def score(run: Run, target: str, probe: str | None = None, metric: str | None = None) -> "pd.Series[float] | None":
    """The row of a target and probe: of the task that at the chosen layer. metric: None: that of comparisons."""
    rows = pick(run, NAME, metric or str(run.facts(NAME)["metric"]), probe=probe, target=target)
    if target == "task" and probe is not None:
        rows = rows[rows["layer"] == run.facts(NAME)["chosen"][probe]["layer"]]
    return rows.iloc[0] if len(rows) else None


def _rows(run: Run, target: str, probe: str, layer: int | None = None) -> pd.DataFrame:
    rows = pd.concat([pick(run, NAME, metric, probe=probe, target=target) for metric in METRICS])
    return rows if layer is None else rows[rows["layer"] == layer]


def _lines(run: Run) -> Iterator[tuple[str, pd.DataFrame]]:
    """What stands in the first column of the table of all metrics, and its rows, one per metric."""
    facts = run.facts(NAME)
    best = str(facts["best"])
    for name, chosen in facts["chosen"].items():
        yield f"{name}, layer {chosen['layer']}", _rows(run, "task", name, chosen["layer"])
    yield f"{best}, layer 0", _rows(run, "task", best, 0) if facts["chosen"][best]["layer"] else pd.DataFrame()
    yield f"{best}, format removed", _rows(run, "format removed", best)
    yield f"{best}, source left out", _rows(run, "left out", best)
    for name in SURFACE:
        yield name, _rows(run, name, "surface")


def _all_metrics(run: Run) -> Table:
    facts, raw, text = run.facts(NAME), [], []
    for name, rows in _lines(run):
        if rows.empty:
            continue
        values = {str(line["metric"]): line for _, line in rows.iterrows()}
        cells = {f"{m}{end}": line[of] for m, line in values.items() for end, of in _ENDS.items()}
        raw.append({"read by": name, **cells})
        shown = {measure(m).label: with_interval(line, m) for m, line in values.items()}
        text.append({"read by": name} | shown)
    positive = f" AUROC and recall are those of the class {facts['positive']}." if "positive" in facts else ""
    note = (
        "Above: aggregations, each at the layer that dev chose. Below: what else could explain the score of the best "
        f"one on dev ({facts['best']}): the embedding layer; the same with the format removed from the vectors; texts "
        "of sources that train did not have (means over sources); readers of the words, format or length alone. "
        f"ECE has {facts['bins']} bins.{positive} These are associations: they do not show what the model uses."
    )
    return Table(NAME, "Aggregations and confounds", note, pd.DataFrame(raw), pd.DataFrame(text).fillna("–"))


_ENDS = {"": "value", "_low": "ci_low", "_high": "ci_high"}
COLUMNS = {
    "task": "score",
    "over_mean": "minus mean",
    "over_layer0": "minus layer 0",
    "format removed": "format removed",
    "left out": "source left out",
    "within": "source in train",
}


def _each(run: Run) -> Table:
    facts, metric = run.facts(NAME), str(run.facts(NAME)["metric"])
    raw, text = [], []
    for name, chosen in facts["chosen"].items():
        rows = {target: pick(run, NAME, metric, probe=name, target=target) for target in COLUMNS}
        rows = {target: of[of["layer"] == chosen["layer"]] for target, of in rows.items()}
        there = {target: of.iloc[0] for target, of in rows.items() if len(of)}
        first = {"aggregation": name, "layer": chosen["layer"], "heads": int(chosen["heads"])}
        raw.append(first | {f"{t}{end}": line[e] for t, line in there.items() for end, e in _ENDS.items()})
        shown = {COLUMNS[t]: with_interval(line, metric) for t, line in there.items()}
        text.append({key: str(value) for key, value in first.items()} | shown)
    note = (
        f"{measure(metric).label} at the layer that dev chose. Differences are paired: both are measured on the same "
        "resamples of the same texts. “Format removed”: trained anew on vectors without the directions along which "
        "they vary with the format of the text."
    )
    shown_text = pd.DataFrame(text).fillna("–")
    columns = ["aggregation", "layer", "heads", *COLUMNS.values()]
    shown_text = shown_text[[name for name in columns if name in shown_text]]  # the first line may lack some
    return Table("long_texts_confounds", "Each aggregation", note, pd.DataFrame(raw), shown_text)


def _by_layer(run: Run) -> Table:
    metric = str(run.facts(NAME)["metric"])
    names = {name: name for name in run.facts(NAME)["chosen"]}
    raw, text = by_layer(pick(run, NAME, metric, target="task"), names, "probe")
    return Table("long_texts_layers", "Each layer", f"{measure(metric).label} on test.", raw, text, folded=True)


def _pairs(run: Run) -> Table:
    metric = str(run.facts(NAME)["metric"])
    rows = pick(run, NAME, metric, target="pair").rename(columns={"probe": "difference"})
    note = f"Paired differences in {measure(metric).label}, each aggregation at the layer that dev chose."
    text = pd.DataFrame({"difference": rows["difference"], "value": _texts(rows, metric)})
    return Table("long_texts_pairs", "Pairs of aggregations", note, rows[["difference", *ENDS]], text, folded=True)


def _sources(run: Run) -> Table:
    facts, metric = run.facts(NAME), str(run.facts(NAME)["metric"])
    found: list[tuple[str, list[pd.Series[float]]]] = []
    for source in facts["sources"]:
        sides = [score(run, f"{side}: {source}", facts["best"]) for side in ("within", "left out")]
        there = [side for side in sides if side is not None]
        if len(there) == len(sides):
            found.append((source, there))
    columns = ("in train", "left out of train")
    raw, text = [], []
    for source, both in found:
        n = int(both[0]["n_items"])
        values = {name: side["value"] for name, side in zip(columns, both, strict=True)}
        shown = {name: with_interval(side, metric) for name, side in zip(columns, both, strict=True)}
        raw.append({"source": source, "texts": n, **values})
        text.append({"source": source, "texts": f"{n:,}", **shown})
    note = (
        f"{measure(metric).label} of {facts['best']} on the texts of each source, with that source in train and dev, "
        "and without it."
    )
    return Table("long_texts_sources", "One source left out", note, pd.DataFrame(raw), pd.DataFrame(text))


def _texts(rows: pd.DataFrame, metric: str) -> Sequence[str]:
    ends = rows[ENDS].itertuples(index=False, name=None)
    return [scored(value, low, high, metric, signed=True) for value, low, high in ends]
