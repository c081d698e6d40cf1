"""The figure of a rank metric by sentence length."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from probing.report.load import Run, best_layer, heading
from probing.report.metric_format import measure
from probing.report.sentence_scores import RESAMPLES
from probing.report.style import BLUE, figure, save, titled
from probing.result.bootstrap import Score, interval
from probing.result.resampling import counts_of
from probing.result.score import ON_DISK
from probing.result.statistics import LONGEST, SHORTEST, Statistics

FEW = 5  # sentences; the interval of fewer may be cut at the edge, so that the curve can be seen


def write_lengths(run: Run, stem: Path) -> list[Path]:
    """NSpr or DSpr by sentence length at the layer chosen on dev; writes nothing for runs without either."""
    best = best_layer(run.rows, run.metric)
    if run.sentences is None:
        return []
    table = run.sentences
    at_best = table[(table["target"] == "task") & (table["layer"] == best) & table["metric"].isin(["nspr", "dspr"])]
    scores = length_scores(at_best)
    if not scores:
        return []
    label = measure(str(at_best["metric"].iloc[0])).label
    with figure(5.6, 3.4) as made:
        axes = made.subplots()
        ends = np.array([(score.ci_low, score.value, score.ci_high) for score in scores.values()]).T
        axes.vlines(range(len(scores)), ends[0], ends[2], color=BLUE, linewidth=1.8, alpha=0.45)
        axes.plot(range(len(scores)), ends[1], "o-", color=BLUE, markersize=5, linewidth=1.2)
        upright = made.get_size_inches()[0] < 4.5
        names = [f"{name}{' ' if upright else chr(10)}({score.n_sentences:,})" for name, score in scores.items()]
        axes.set_xticks(range(len(scores)), names, rotation=90 if upright else 0)
        axes.set(xlabel="words in the sentence  (sentences)", ylabel=f"{label} (Spearman ρ)")
        axes.set_ylim(*heights(scores))
        titled(
            made,
            heading(run),
            f"layer {best}, chosen on {run.chosen_on}; {run.split}; bars: 95 % intervals over {run.resampled}"
            + ("; bars that reach the edge go on beyond it" if cut(scores) else ""),
        )
        return save(made, stem, length_table(scores))


def cut(scores: Mapping[str, Score]) -> bool:
    """Whether the interval of a length with few sentences goes beyond the axis."""
    low, high = heights(scores)
    return any(score.ci_low < low or score.ci_high > high for score in scores.values())


def heights(scores: Mapping[str, Score]) -> tuple[float, float]:
    """From where to where the axis goes: all values, and the intervals of FEW sentences or more, fit in."""
    ends = [score.value for score in scores.values()]
    ends += [end for score in scores.values() if score.n_sentences >= FEW for end in (score.ci_low, score.ci_high)]
    low, high = np.nanmin(ends), np.nanmax(ends)
    margin = 0.08 * max(high - low, 0.02)
    return float(low - margin), float(high + margin)


def length_table(scores: Mapping[str, Score]) -> pd.DataFrame:
    """The scores by sentence length as a table: words, value, ends of the interval, number of sentences."""
    names = ("value", "ci_low", "ci_high", "n_sentences")
    lines = [{"words": words} | {name: getattr(score, name) for name in names} for words, score in scores.items()]
    return pd.DataFrame(lines)


def length_scores(statistics: pd.DataFrame) -> dict[str, Score]:
    """The rank metric of one layer by sentence length in steps of five words, each with its interval."""
    scores = {}
    counted = statistics[statistics["s1"] > 0]
    for low in range(SHORTEST, LONGEST, 5):
        high = LONGEST if low + 5 >= LONGEST else low + 4
        inside = counted[counted["s2"].between(low, high)]
        if len(inside):
            found = Statistics(str(inside["metric"].iloc[0]), inside[list(ON_DISK)].to_numpy(dtype=float))
            counts = counts_of(inside["unit"].to_numpy(), RESAMPLES, "lengths", str(low))
            scores[f"{low}–{high}"] = interval(found, counts)
    return scores
