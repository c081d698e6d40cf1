"""Tables of the attention stage: rollout, heads, relations, effects, and whether attention explains them."""

from pathlib import Path

import pandas as pd

from probing.report.emit import write_table
from probing.report.joined import joined
from probing.report.load import Run
from probing.report.metric_format import scored
from probing.report.shown import Shown, column, pick, with_interval

FLOW_METRICS = {
    "mass_on_gold_head": "mass on the gold head",
    "mass_on_other_word": "mass on another word",
    "rollout_entropy_nats": "entropy (nats)",
    "mass_on_special": "mass on special tokens",
}
MOST = 15  # lines of a table that a page shows


def attention_tables(run: Run) -> list[Shown]:
    """Every table that the run has rows for."""
    if run.attention.empty:
        return []
    makers = (joined, rollout, heads, relations, hypotheses, effects, explanation, mixing)
    found = (make(run) for make in makers)
    return [table for table in found if table is not None]


def write_attention_tables(run: Run, target: Path) -> list[Path]:
    """Write tables/<name>.{csv,md,tex} for each."""
    return [path for table in attention_tables(run) for path in write_table(table.raw, table.text, target / table.name)]


def rollout(run: Run) -> Shown | None:
    """Where rollout ends up, layer by layer."""
    table = run.attention[(run.attention["probe"] == "rollout") & (run.attention["target"] == "all")]
    if table.empty:
        return None
    raw = table.pivot_table(index="layer", columns="metric", values="value").reset_index()
    text = pd.DataFrame({"layer": raw["layer"].astype(str)})
    for metric, label in FLOW_METRICS.items():
        lines = table[table["metric"] == metric].set_index("layer").reindex(raw["layer"])
        if lines["value"].notna().any():
            text[label] = [with_interval(line, metric) for _, line in lines.iterrows()]
    note = "Rows of words, columns of words summed over subwords; up to each layer, on the sample of test sentences."
    return Shown("rollout", "Rollout", note, raw, text)


def heads(run: Run) -> Shown | None:
    """Every statistic of every head over test, and the quantiles of its weights."""
    table = run.attention[(run.attention["probe"] == "attention") & (run.attention["target"] == "all")]
    table = table[table["head"].notna() & (table["split"] == "test")]
    if table.empty:
        return None
    raw = table.pivot_table(index=["layer", "head"], columns="metric", values="value").reset_index()
    text = pd.DataFrame({"head": [f"{a}.{b}" for a, b in zip(raw["layer"], raw["head"], strict=True)]})
    for metric in raw.columns[2:]:
        lines = table[table["metric"] == metric].set_index(["layer", "head"])
        lines = lines.reindex(pd.MultiIndex.from_frame(raw[["layer", "head"]]))
        text[str(metric).replace("_", " ")] = [with_interval(line, str(metric)) for _, line in lines.iterrows()]
    if "quantiles/weight" in run.arrays:
        levels = run.arrays["quantiles/levels"]
        for place, level in enumerate(levels):
            raw[f"weight_q{level:g}"] = run.arrays["quantiles/weight"][..., place].ravel()
            text[f"weight q{level:g}"] = [f"{value:.3f}" for value in raw[f"weight_q{level:g}"]]
    note = "Means over queries; q: quantiles of single weights, without which a high weight means nothing."
    return Shown("heads", "Heads over the corpus", note, raw, text, folded=True)


def relations(run: Run) -> Shown | None:
    """The head that dev chose for each relation, on test, against the fixed offset that dev chose."""
    return _heads(
        run,
        "relations",
        "Heads and syntactic relations",
        "How often the strongest other word of a word is the right one. Head (layer.head) and offset were chosen on "
        "dev and scored on test; the gain is paired over sentences. Association only.",
        hypothesis=False,
    )


def hypotheses(run: Run) -> Shown | None:
    """The same for what was asked in YAML."""
    return _heads(
        run,
        "hypotheses",
        "Hypotheses about heads",
        "How often the strongest other word of a query meets the key's condition. Chosen on dev, scored on test.",
        hypothesis=True,
    )


def _heads(run: Run, name: str, title: str, note: str, *, hypothesis: bool) -> Shown | None:
    best = pick(run, "attention", "head_accuracy")
    best = best[best["target"].str.startswith("hypothesis ") == hypothesis]
    if best.empty:
        return None
    gain = pick(run, "gain", "head_accuracy").set_index("target")
    table = run.attention
    offsets = table[(table["metric"] == "head_accuracy") & table["probe"].str.startswith("offset")]
    offsets = offsets[offsets["split"] == "test"].set_index("target")
    raw = best[["target", "layer", "head", "value", "ci_low", "ci_high", "n_items"]].copy()
    raw["offset"] = [offsets["probe"].get(target, "") for target in raw["target"]]
    raw["offset_value"] = [offsets["value"].get(target, float("nan")) for target in raw["target"]]
    for name_of in ("value", "ci_low", "ci_high"):
        raw[f"gain_{name_of}"] = [gain[name_of].get(target, float("nan")) for target in raw["target"]]
    raw = raw.sort_values("gain_value", ascending=False).reset_index(drop=True)
    text = pd.DataFrame({"what": raw["target"].str.removeprefix("hypothesis ")})
    text["head"] = [f"{layer}.{head}" for layer, head in zip(raw["layer"], raw["head"], strict=True)]
    text["accuracy"] = column(raw, "value", "accuracy", "ci_low", "ci_high")
    text["best offset"] = [
        f"{scored(v, float('nan'), float('nan'), 'accuracy')} ({o.removeprefix('offset')})"
        for v, o in zip(raw["offset_value"], raw["offset"], strict=True)
    ]
    text["gain"] = [
        scored(a, b, c, "accuracy", signed=True)
        for a, b, c in zip(raw["gain_value"], raw["gain_ci_low"], raw["gain_ci_high"], strict=True)
    ]
    text["cases"] = [f"{n:,}" for n in raw["n_items"]]
    return Shown(name, title, note, raw, text)


def effects(run: Run) -> Shown | None:
    """The heads whose loss costs most, on test."""
    table = run.attention[(run.attention["metric"] == "effect_nats") & run.attention["head"].notna()]
    table = table[table["split"] == "test"].sort_values("value", ascending=False)
    if table.empty:
        return None
    raw = table[["layer", "head", "value", "ci_low", "ci_high", "n_sentences"]].reset_index(drop=True)
    top = raw.head(MOST)
    text = pd.DataFrame({"head": [f"{a}.{b}" for a, b in zip(top["layer"], top["head"], strict=True)]})
    text["effect (nats)"] = column(top, "value", "effect_nats", "ci_low", "ci_high")
    output = run.manifest.get("attention", {}).get("output", "the output")
    note = f"What {output} loses in log-probability of the gold label when the head is replaced. An intervention."
    return Shown("effects", "Heads by effect", note, raw, text)


def explanation(run: Run) -> Shown | None:
    """Rank correlations, and how far the output moves when weights are permuted or made uniform."""
    table = run.attention[run.attention["probe"] == "explain"]
    if table.empty:
        return None
    raw = table[["metric", "target", "layer", "value", "ci_low", "ci_high"]].reset_index(drop=True)
    wide = raw.assign(text=column(raw, "value", "correlation", "ci_low", "ci_high"))
    wide = wide.pivot_table(index=["metric", "target"], columns="layer", values="text", aggfunc="first").reset_index()
    text = wide.rename(columns=lambda name: f"layer {name}" if isinstance(name, int) else str(name)).fillna("")
    return Shown(
        "explain", "Is attention an explanation here?", "Means over sentences with intervals.", raw, text, folded=True
    )


def mixing(run: Run) -> Shown | None:
    """Mixing ratios of Kobayashi et al. (2021): how much of a vector comes from other tokens."""
    table = pick(run, "norm", "mixing_ratio")
    if table.empty:
        return None
    raw = table.pivot_table(index="layer", columns="target", values="value").reset_index()
    text = pd.DataFrame({"layer": raw["layer"].astype(str)})
    for target in table["target"].unique():
        lines = table[table["target"] == target].set_index("layer").reindex(raw["layer"])
        text[str(target)] = [with_interval(line, "ratio") for _, line in lines.iterrows()]
    note = "w: weights; n: norms of weighted value vectors; res, ln: with residual, with layer norm."
    return Shown("mixing", "Mixing ratios", note, raw, text)
