"""The measured shares as tables in Markdown, for docs/coverage.md."""

from collections.abc import Sequence

from pipelines.covering.replications import BEST, HEADS, LAYERS, NESTED, Line
from probing.report.metric_format import MEASURES

FAMILIES = {
    BEST: "the set of layers that may be the best contains the best one",
    LAYERS: "no difference of layers is reported (none is true)",
    HEADS: "no head is reported as better or worse than its offset (none is)",
}


def tables(lines: Sequence[Line]) -> str:
    """Two tables: the intervals by measure and test set, and the families of comparisons; shares in per cent."""
    intervals = [line for line in lines if line.measure not in FAMILIES]
    sets = list(dict.fromkeys((line.drawn, line.n) for line in intervals))
    held = {(line.measure, line.drawn, line.n): line.share for line in intervals}
    rows = [["95 % interval of", *(_set(*one) for one in sets)], ["---", *["---:"] * len(sets)]]
    for measure in dict.fromkeys(line.measure for line in intervals):
        label = MEASURES[measure].label if measure in MEASURES else measure
        if measure.endswith("_mean"):
            label += f" ({measure})"
        rows.append([label, *(f"{100 * held[measure, *one]:.1f}" for one in sets)])
    families = [line for line in lines if line.measure in FAMILIES]
    rows += [[], ["in test sets of", "what should happen", "share"], ["---", "---", "---:"]]
    rows += [[_set(line.drawn, line.n), FAMILIES[line.measure], f"{100 * line.share:.1f}"] for line in families]
    return "\n".join("| " + " | ".join(row) + " |" if row else "" for row in rows) + "\n"


def _set(drawn: str, n: int) -> str:
    return f"{n} documents, resampled by sentence" if drawn == NESTED else f"{n} {drawn}"
