"""The table of heads that dev chose for a target each: relations and hypotheses are shown alike."""

import pandas as pd

from probing.report.load import Run
from probing.report.metric_format import number, scored
from probing.report.section_parts import Table, head_names, pick, with_intervals


def head_table(run: Run, name: str, title: str, note: str) -> Table | None:
    """Per target of the analysis ``name``: head, accuracy, best fixed offset, gain, cases; None without a target."""
    best = pick(run, name, "head_accuracy", "attention")
    if best.empty:
        return None
    gain = pick(run, name, "head_accuracy", "gain").set_index("target")
    others = pick(run, name, "head_accuracy")
    offsets = others[others["probe"].str.startswith("offset")].set_index("target")
    raw = best[["target", "layer", "head", "value", "ci_low", "ci_high", "n_items"]].copy()
    raw["offset"] = [offsets["probe"].get(target, "") for target in raw["target"]]
    raw["offset_value"] = [offsets["value"].get(target, float("nan")) for target in raw["target"]]
    for end in ("value", "ci_low", "ci_high"):
        raw[f"gain_{end}"] = [gain[end].get(target, float("nan")) for target in raw["target"]]
    raw = raw.sort_values("gain_value", ascending=False).reset_index(drop=True)
    return Table(name, title, note, raw, _text(raw))


def _text(raw: pd.DataFrame) -> pd.DataFrame:
    text = pd.DataFrame({"what": raw["target"].str.removeprefix("hypothesis ")})
    text["head"] = head_names(raw)
    text["accuracy"] = with_intervals(raw, "value", "accuracy", "ci_low", "ci_high")
    text["best offset"] = [
        f"{number(value, 'accuracy')} ({offset.removeprefix('offset')})"
        for value, offset in zip(raw["offset_value"], raw["offset"], strict=True)
    ]
    gains = zip(raw["gain_value"], raw["gain_ci_low"], raw["gain_ci_high"], strict=True)
    text["gain"] = [scored(value, low, high, "accuracy", signed=True) for value, low, high in gains]
    text["cases"] = [f"{n:,}" for n in raw["n_items"]]
    return text
