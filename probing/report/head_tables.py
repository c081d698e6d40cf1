"""The table of the heads that were chosen on dev, one per target: for relations and for hypotheses."""

import pandas as pd

from probing.report.load import Run
from probing.report.metric_format import number, scored
from probing.report.section_parts import Table, head_names, pick, with_intervals
from probing.result.simultaneous import ADJUSTED

NAMED = 8  # targets in a sentence; the table has all
FAMILY = (
    "Gain: accuracy of the head minus that of the offset on the same sentences. Its intervals are simultaneous: with "
    "95 % probability, all of them contain the true values. The head was chosen on dev, so test needs no correction "
    "for the choice. All other intervals are for single numbers."
)


def head_table(run: Run, name: str, title: str, note: str) -> Table | None:
    """Per target of the analysis ``name``: the chosen head and its accuracy, with what it is compared with.

    Columns: head, accuracy, best fixed offset, gain over it with an interval that holds for all targets, random word,
    coverage (where measured) and cases. The target with the highest lower end of that interval comes first. None if the
    analysis has no target.
    """
    best = pick(run, name, "head_accuracy", "attention")
    if best.empty:
        return None
    gain = pick(run, name, "head_accuracy", "gain").set_index("target")
    joint = pick(run, name, "head_accuracy", f"gain{ADJUSTED}").set_index("target")
    others = pick(run, name, "head_accuracy")
    offsets = others[others["probe"].str.startswith("offset")].set_index("target")
    compared = {"random_word": pick(run, name, "head_accuracy", "random word"), "coverage": pick(run, name, "coverage")}
    raw = best[["target", "layer", "head", "value", "ci_low", "ci_high", "n_items"]].copy()
    raw["offset"] = [offsets["probe"].get(target, "") for target in raw["target"]]
    raw["offset_value"] = [offsets["value"].get(target, float("nan")) for target in raw["target"]]
    for column, rows in compared.items():
        raw[column] = raw["target"].map(rows.set_index("target")["value"]).astype(float)
    for end in ("value", "ci_low", "ci_high"):
        raw[f"gain_{end}"] = [gain[end].get(target, float("nan")) for target in raw["target"]]
    for end in ("low", "high"):
        raw[f"gain_joint_{end}"] = [joint[f"ci_{end}"].get(target, float("nan")) for target in raw["target"]]
    raw = raw.sort_values(["gain_joint_low", "gain_value"], ascending=False).reset_index(drop=True)
    return Table(name, title, f"{note}{same_answers(raw)}", raw, _text(raw))


def same_answers(raw: pd.DataFrame) -> str:
    """What a gain of 0 whose interval has no width means; empty if there is none."""
    n = int(((raw["gain_joint_low"] == 0) & (raw["gain_joint_high"] == 0)).sum())
    if not n:
        return ""
    return (
        f" A gain of +0.000 [+0.000, +0.000] ({n} of {len(raw)}): head and offset give the same answers in this "
        "sample. The interval has no width because there is no difference to resample, not because the gain is "
        "known exactly."
    )


def surviving(table: Table, what: str) -> list[str]:
    """Sentences on the gains whose simultaneous interval excludes 0. what: the targets, as one calls them."""
    raw, n = table.raw, len(table.raw)
    if raw["gain_joint_low"].isna().all():
        return []
    heads = zip(raw["target"].str.removeprefix("hypothesis "), head_names(raw), strict=True)
    named = [f"{target} ({head})" for target, head in heads]
    better = [name for name, low in zip(named, raw["gain_joint_low"], strict=True) if low > 0]
    worse = [name for name, high in zip(named, raw["gain_joint_high"], strict=True) if high < 0]
    counted = f"{len(better)} of {n:,} {what}" if better else f"none of {n:,} {what}"
    said = [f"The chosen head is better than the best fixed offset for {counted}{_some(better)}."]
    return said + ([f"It is worse for {len(worse)}{_some(worse)}."] if worse else [])


def _some(names: list[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f": {', '.join(names[:NAMED])}{more}" if names else ""


def _text(raw: pd.DataFrame) -> pd.DataFrame:
    text = pd.DataFrame({"target": raw["target"].str.removeprefix("hypothesis ")})
    text["head"] = head_names(raw)
    text["accuracy"] = with_intervals(raw, "value", "accuracy", "ci_low", "ci_high")
    text["best offset"] = [
        f"{number(value, 'accuracy')} ({offset.removeprefix('offset').replace('-', '−')})"
        for value, offset in zip(raw["offset_value"], raw["offset"], strict=True)
    ]
    gains = zip(raw["gain_value"], raw["gain_joint_low"], raw["gain_joint_high"], strict=True)
    text["gain"] = [scored(value, low, high, "accuracy", signed=True) for value, low, high in gains]
    for column in ("random_word", "coverage"):
        if raw[column].notna().any():
            text[column.replace("_", " ")] = [number(value, "accuracy") for value in raw[column]]
    text["cases"] = [f"{n:,}" for n in raw["n_items"]]
    return text
