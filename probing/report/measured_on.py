"""Which sentences and items a score is measured on, out of how many."""

from collections.abc import Iterator

from probing.axes import ITEMS
from probing.report.load import Run, best_layer
from probing.report.metric_format import measure
from probing.result.statistics import LONGEST, SHORTEST

BY_LENGTH = ("nspr", "dspr")  # they count sentences of these lengths alone
LENGTHS = f"of {SHORTEST} to {LONGEST} words"
WHOSE = {"task": "", "control": " of the control task"}


def population(run: Run) -> str:
    """Sentences and items of the run's shown scores: ``1,519 of 2,077 sentences of test, of 5 to 50 words``."""
    line = run.shown_rows.iloc[0]
    n_items, n_sentences = int(line["n_items"]), int(line["n_sentences"])
    text = f"{sentences(run, n_sentences)} of {run.split}"
    if run.metric in BY_LENGTH:
        return f"{text}, {LENGTHS}"
    return text if n_items == n_sentences else f"{text}, {n_items:,} {items(run)}"


def sentences(run: Run, n_sentences: int) -> str:
    """``1,519 of 2,077 sentences``, or ``2,077 sentences`` where all of the shown split count."""
    every = run.manifest["data"].get("sentences", {}).get(run.split, n_sentences)
    return f"{n_sentences:,}{'' if every == n_sentences else f' of {every:,}'} sentences"


def items(run: Run) -> str:
    """What is scored: words, word pairs, edges …"""
    return ITEMS.get(str(run.manifest.get("level")), "items")


def smaller_populations(run: Run) -> Iterator[str]:
    """A text for each metric of task or control that leaves out sentences of the shown split at the chosen layer."""
    every = run.manifest["data"].get("sentences", {}).get(run.split)
    rows = run.rows[(run.rows["layer"] == best_layer(run.rows, run.metric)) & (run.rows["split"] == run.split)]
    for target, whose in WHOSE.items():
        for line in rows[(rows["target"] == target) & rows["draw"].isna()].to_dict("records"):
            if every and line["n_sentences"] < every:
                why = f", {LENGTHS}" if line["metric"] in BY_LENGTH else ""
                label = measure(str(line["metric"])).label
                yield f"{label}{whose}: {sentences(run, int(line['n_sentences']))} of {run.split}{why}"
