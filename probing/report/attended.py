"""Tables of the attention stage, and the joined view: what is decodable, where attention goes, what is used."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from probing.report.emit import write_table
from probing.report.load import Run, heading
from probing.report.measure import measure, scored
from probing.report.style import BLUE, GREEN, GREY, VERMILION, figure, layer_ticks, save, titled
from probing.report.tables import layer_table

FLOW_METRICS = {
    "mass_on_gold_head": "mass on the gold head",
    "mass_on_other_word": "mass on another word",
    "rollout_entropy_nats": "entropy (nats)",
    "mass_on_special": "mass on special tokens",
}
MOST = 15  # lines of a table that a page shows


@dataclass(frozen=True)
class Shown:
    """A table of the page: its title, how to read it, unrounded and as text."""

    name: str
    title: str
    note: str
    raw: pd.DataFrame
    text: pd.DataFrame


def attention_tables(run: Run) -> list[Shown]:
    """Every table that the run has rows for."""
    if run.attention.empty:
        return []
    found = (joined(run), rollout(run), relations(run), hypotheses(run), effects(run), explanation(run), mixing(run))
    return [table for table in found if table is not None]


def write_attention_tables(run: Run, target: Path) -> list[Path]:
    """Write tables/<name>.{csv,md,tex} for each."""
    return [path for table in attention_tables(run) for path in write_table(table.raw, table.text, target / table.name)]


def pick(run: Run, probe: str, metric: str, target: str | None = None) -> pd.DataFrame:
    """Rows of the attention stage on test."""
    table = run.attention
    wanted = (table["probe"] == probe) & (table["metric"] == metric) & (table["split"] == "test")
    return table[wanted if target is None else wanted & (table["target"] == target)]


def joined(run: Run) -> Shown | None:
    """Per layer: the probe's score with its control, rollout's mass on gold heads, the effect of taking it out."""
    gold, other = (pick(run, "rollout", m, "all") for m in ("mass_on_gold_head", "mass_on_other_word"))
    used = pick(run, "ablation_layer", "effect_nats")
    if gold.empty and used.empty:
        return None
    raw = layer_table(run.rows, run.metric)[["layer", "score", "ci_low", "ci_high", "control", "selectivity"]]
    for name, table in (("attended", gold), ("attended_other", other), ("used", used)):
        by_layer = table.set_index("layer")[["value", "ci_low", "ci_high"]].reindex(raw["layer"])
        for column, source in ((name, "value"), (f"{name}_low", "ci_low"), (f"{name}_high", "ci_high")):
            raw[column] = by_layer[source].to_numpy(dtype=float)
    text = pd.DataFrame({"layer": raw["layer"].astype(str)})
    text[f"decodable: {measure(run.metric).label}"] = _column(raw, "score", run.metric, "ci_low", "ci_high")
    text["control"] = _column(raw, "control", run.metric)
    if not gold.empty:
        text["attended: rollout on the gold head"] = _column(raw, "attended", "mass")
        text["on another word"] = _column(raw, "attended_other", "mass")
    if not used.empty:
        text["used: loss without the layer's heads (nats)"] = _column(raw, "used", "effect_nats")
    note = (
        "Decodable and attended are associations; only the last column comes from an intervention. Layer 0 has no "
        "attention. Rollout is up to the layer; its mass on another word is the mean over words that are not the head."
    )
    return Shown("joined", "Decodable, attended, used", note, raw, text)


def write_joined(run: Run, stem: Path) -> list[Path]:
    """The joined view as panels over the same layers."""
    table = joined(run)
    if table is None:
        return []
    raw = table.raw
    panels: list[tuple[str, str, str, str | None, str, str, str]] = [
        ("score", "ci_low", "ci_high", "control", measure(run.metric).axis, "decodable", BLUE)
    ]
    if raw["attended"].notna().any():
        label = "rollout mass on the gold head"
        panels.append(("attended", "attended_low", "attended_high", "attended_other", label, "attended", GREEN))
    if raw["used"].notna().any():
        label = "loss without the layer's heads (nats)"
        panels.append(("used", "used_low", "used_high", None, label, "used", VERMILION))
    with figure(5.6, 0.9 + 1.55 * len(panels)) as made:
        for axes, (value, low, high, reference, label, name, colour) in zip(
            made.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0], panels, strict=True
        ):
            known = raw[raw[value].notna()]
            layers = known["layer"].to_list()
            axes.fill_between(layers, known[low], known[high], color=colour, alpha=0.18, linewidth=0)
            axes.plot(layers, known[value], "o-", color=colour, markersize=4.5, linewidth=1.6, label=name)
            if reference:
                text = "control task" if name == "decodable" else "another word"
                axes.plot(layers, known[reference], "s--", color=GREY, markersize=3.5, linewidth=1.1, label=text)
            axes.set_ylabel(label.replace(" (", "\n(").replace(" on ", "\non "), fontsize=7.5)
            axes.legend(frameon=False, fontsize=7.5)
        layer_ticks(axes, raw["layer"].to_list())
        titled(made, heading(run), "probes and attention show association, ablation an effect; bands: 95 % intervals")
        return save(made, stem)


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
            text[label] = [_scored(line, metric) for _, line in lines.iterrows()]
    note = "Rows of words, columns of words summed over subwords; up to each layer, on the sample of test sentences."
    return Shown("rollout", "Rollout", note, raw, text)


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
    for column in ("value", "ci_low", "ci_high"):
        raw[f"gain_{column}"] = [gain[column].get(target, float("nan")) for target in raw["target"]]
    raw = raw.sort_values("gain_value", ascending=False).reset_index(drop=True)
    text = pd.DataFrame({"what": raw["target"].str.removeprefix("hypothesis ")})
    text["head"] = [f"{layer}.{head}" for layer, head in zip(raw["layer"], raw["head"], strict=True)]
    text["accuracy"] = _column(raw, "value", "accuracy", "ci_low", "ci_high")
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
    text["effect (nats)"] = _column(top, "value", "effect_nats", "ci_low", "ci_high")
    output = run.manifest.get("attention", {}).get("output", "the output")
    note = f"What {output} loses in log-probability of the gold label when the head is replaced. An intervention."
    return Shown("effects", "Heads by effect", note, raw, text)


def explanation(run: Run) -> Shown | None:
    """Rank correlations, and how far the output moves when weights are permuted or made uniform."""
    table = run.attention[run.attention["probe"] == "explain"]
    if table.empty:
        return None
    raw = table[["metric", "target", "layer", "value", "ci_low", "ci_high"]].reset_index(drop=True)
    wide = raw.assign(text=_column(raw, "value", "correlation", "ci_low", "ci_high"))
    wide = wide.pivot_table(index=["metric", "target"], columns="layer", values="text", aggfunc="first").reset_index()
    text = wide.rename(columns=lambda name: f"layer {name}" if isinstance(name, int) else str(name)).fillna("")
    return Shown("explain", "Is attention an explanation here?", "Means over sentences with intervals.", raw, text)


def mixing(run: Run) -> Shown | None:
    """Mixing ratios of Kobayashi et al. (2021): how much of a vector comes from other tokens."""
    table = pick(run, "norm", "mixing_ratio")
    if table.empty:
        return None
    raw = table.pivot_table(index="layer", columns="target", values="value").reset_index()
    text = pd.DataFrame({"layer": raw["layer"].astype(str)})
    for target in table["target"].unique():
        lines = table[table["target"] == target].set_index("layer").reindex(raw["layer"])
        text[str(target)] = [_scored(line, "ratio") for _, line in lines.iterrows()]
    note = "w: weights; n: norms of weighted value vectors; res, ln: with residual, with layer norm."
    return Shown("mixing", "Mixing ratios", note, raw, text)


def _column(table: pd.DataFrame, name: str, metric: str, low: str | None = None, high: str | None = None) -> list[str]:
    low, high = low or f"{name}_low", high or f"{name}_high"
    missing = pd.Series(float("nan"), index=table.index)
    ends = zip(table[name], table.get(low, missing), table.get(high, missing), strict=True)
    return [scored(value, a, b, metric) for value, a, b in ends]


def _scored(line: "pd.Series[float]", metric: str) -> str:
    return scored(line["value"], line["ci_low"], line["ci_high"], metric)
