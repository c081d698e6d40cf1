"""Agreement of attention scores with interventions, and the conclusions that it supports."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from probing.report.agreement_figure import write_explain
from probing.report.load import Run
from probing.report.section_parts import Figure, Section, Table, pick, sample_of, with_intervals
from probing.result.simultaneous import ADJUSTED

CORRELATIONS = ("spearman", "kendall", "tvd")
Interval = tuple[float, float, float]  # value, and both ends of its interval
# Thresholds of the conclusions. Total variation distance: 0 no change of the output, 1 a complete change. Rank
# correlation: 0 no agreement, 1 the same order.
LITTLE_MOVED, WEAK, CLOSE = 0.05, 0.3, 0.7

NOTE = (
    "Means over sentences; each 95 % interval is for a single number. spearman and kendall: rank "
    "correlation of an attention score with a reference. tvd: total variation distance (0 to 1) between the output "
    "with the model's weights and the output with permuted or uniform weights."
)
EFFECTS_NOTE = (
    "How much log-probability (nats) the labels lose when one token is replaced by a blank: the mean over tokens. This "
    "is an intervention. The label of a token's own word can be read without attention. So attention scores are "
    "compared only with effects on other words' labels."
)
READING = (
    "a curve near 1 ranks tokens as the intervention does, a curve near 0 does not. A high mean does not show that the "
    "largest weight of one sentence is its most important token."
)
LABELS = {
    "own label": "its own word's label",
    "other words' labels": "the sum over all other labels of its sentence",
    "the sentence's label": "the sentence's label",
}


def section(run: Run) -> Section:
    """Rank correlations and replaced weights as a table and a figure, and the conclusions that they support."""
    table = run.of("agreement")
    table = table[(table["split"] == "test") & table["draw"].isna() & table["metric"].isin(CORRELATIONS)]
    table = table[~table["probe"].str.endswith(ADJUSTED)]
    if table.empty:
        return Section("Agreement of attention with interventions")
    caption = (
        "Rank correlation of attention scores with the effect of replacing a token by a blank, and with gradients. "
        f"The output reads layer {run.facts('agreement')['layer']} (dotted line): attention above it cannot affect it."
    )
    return Section(
        "Agreement of attention with interventions",
        sentences=conclusions_of(run),
        tables=[*effects_table(run), correlation_table(table)],
        figures=[Figure("explain", caption, write_explain, READING)],
        sample=sample(run),
    )


def sample(run: Run) -> str:
    """The sentences, and how each number was made of them."""
    facts = run.facts("agreement")
    ways = {
        "blank": "a token is replaced by {}",
        "query": "attention is that {}",
        "draws": "permuted weights: the mean over {} permutations of every row (Jain & Wallace 2019: median of 100)",
        "gradient": "the gradient is that {}",
        "predicts": "the output predicts {}",
    }
    return "; ".join(
        [sample_of(run, "agreement"), *(way.format(facts[name]) for name, way in ways.items() if name in facts)]
    )


def effects_table(run: Run) -> list[Table]:
    """Effects of blank-out on a word's own label and on those of the others; none in runs that have none."""
    raw = pick(run, "agreement", "blank_out_nats")[["target", "value", "ci_low", "ci_high", "n_items"]]
    if raw.empty:
        return []
    text = pd.DataFrame({"effect on": [LABELS.get(str(target), str(target)) for target in raw["target"]]})
    text["nats per token"] = with_intervals(raw, "value", "blank_out_nats", "ci_low", "ci_high")
    text["tokens"] = [f"{n:,}" for n in raw["n_items"]]
    return [Table("blank_out", "Blank-out", EFFECTS_NOTE, raw.reset_index(drop=True), text)]


def correlation_table(table: pd.DataFrame) -> Table:
    """Rank correlations, and the change of the output when weights are permuted or made uniform."""
    raw = table[["metric", "target", "layer", "value", "ci_low", "ci_high"]].reset_index(drop=True)
    wide = raw.assign(text=with_intervals(raw, "value", "correlation", "ci_low", "ci_high"))
    wide = wide.pivot(index=["metric", "target"], columns="layer", values="text").reset_index()
    text = wide.rename(columns=lambda name: f"layer {name}" if isinstance(name, int) else str(name)).fillna("")
    return Table("explain", "All rank correlations and replaced weights", NOTE, raw, text, folded=True)


def conclusions_of(run: Run) -> list[str]:
    """The conclusions for the layer that the output reads."""
    facts = run.facts("agreement")
    layer = int(str(facts["layer"]))

    def ends(metric: str, method: str = "explain") -> dict[str, Interval]:
        lines = pick(run, "agreement", metric, method)
        lines = lines[lines["layer"] == layer]
        return {
            str(target): (float(value), float(low), float(high))
            for target, value, low, high in lines[["target", "value", "ci_low", "ci_high"]].itertuples(index=False)
        }

    nothing = (np.nan, np.nan, np.nan)
    ranks, moved = ends("spearman", f"explain{ADJUSTED}"), ends("tvd").get("uniform", nothing)
    found = conclusions(str(facts["output"]), layer, ranks, moved)
    return found + own_share(ends("blank_out_own_share", "blank-out").get("own label", nothing))


def conclusions(output: str, layer: int, ranks: Mapping[str, Interval], uniform: Interval) -> list[str]:
    """What the numbers of one layer show about ``output``, and what they do not show: one to three sentences.

    ranks: Spearman's coefficients by target ("rollout × blank-out"), with intervals that hold for all of them, so that
    the highest may be quoted. uniform: total variation distance of the output under uniform weights, with its interval.
    The intervals decide; numbers that are NaN are left out.
    """
    found = [
        f"Attention, rollout, flow and norms show what is attended to. What the output ({output}) depends on is shown "
        "only by interventions (ablation, blank-out, replaced weights), for this model and this sample."
    ]
    if np.isfinite(uniform).all():
        found.append(
            f"With uniform attention in layer {layer} the output changes by {_number(uniform)} (total variation "
            f"distance, 0 to 1): {_moved(uniform)}."
        )
    known = {target: interval for target, interval in ranks.items() if np.isfinite(interval).all()}
    if known:
        best = max(known, key=lambda target: known[target][0])
        score, _, reference = best.partition(" × ")
        (_, low, _), highest = known[best], max(high for _, _, high in known.values())
        found.append(
            f"The highest of {len(known)} rank correlations in layer {layer} is that of {score} with {reference} "
            f"(Spearman {_number(known[best])}, simultaneous interval for all {len(known)}): {_alike(low, highest)}."
        )
    return found


def own_share(interval: Interval) -> list[str]:
    """How much of the effect of blank-out is on the label of the word itself; nothing if it was not measured."""
    if not np.isfinite(interval).all():
        return []
    value, low, high = (f"{100 * end:.0f}" for end in interval)
    return [
        f"When a token is replaced, {value} % [{low}, {high}] of the lost log-probability belongs to the label of its "
        "own word, which can be read without attention. Attention is compared only with the rest."
    ]


def _number(interval: Interval) -> str:
    value, low, high = interval
    return f"{value:.2f} [{low:.2f}, {high:.2f}]"


def _moved(interval: Interval) -> str:
    _, low, high = interval
    if high < LITTLE_MOVED:
        return "these weights hardly matter for this output, so a picture of them does not explain it"
    if low >= LITTLE_MOVED:
        return "the output depends on these weights; this does not show that the largest weight is the reason for it"
    return f"this sample is too small to tell whether the change is larger than {LITTLE_MOVED}"


def _alike(low: float, high: float) -> str:
    """low: lower end of the highest correlation; high: the highest upper end of all."""
    if low >= CLOSE:
        return "the two rank tokens almost alike, but the score does not give the size of the effect"
    if high < WEAK:
        return "no attention score of this layer ranks tokens as interventions or gradients do"
    if low <= 0:
        return "this sample is too small to tell whether it is above 0"
    return "this is a tendency over many sentences; it does not show the importance of a single token"
