"""How to read the table of scores by layer: one sentence for each mark and column that it has."""

import pandas as pd

from probing.report.best_layers import as_good
from probing.report.load import PROBES, Run
from probing.report.metric_format import measure
from probing.report.plain_names import is_mix
from probing.report.tables import other_metrics
from probing.result.gains import GAINS, OVER_LAYER_0
from probing.result.rows import UNTRAINED
from probing.result.score import CODE_LENGTH, MEMORISATION

MEMORISED = "Memorisation: the score of a probe of shuffled labels on the sentences that it was trained on."
CEILING_NOTE = "Control ceiling: the score of looking up the control's label of each word type that train has."
GAINED = "A column “over …” is the score minus that of what it names; both are resampled together."
TWINS = ", except “untrained”: the same probe on vectors of untrained twins"
CODES = (
    "Task − control is negative where the labels of the task have a shorter code than those of the control task; each "
    "code is sent with the penalty that is best for it on dev."
)
MIXED = "The row of layer l is about the mix of all layers from 0 to l, not about layer l alone."
SELECTIVE = "Selectivity: the score minus that of the control task, with the same probe and the same hyper-parameters."


def reading(run: Run, table: pd.DataFrame) -> list[str]:
    """The sentences for a layer table with its bands, in the order of its columns."""
    label = measure(run.metric).label
    has = {
        name: bool(table[name].notna().any()) for name in ("selectivity", UNTRAINED, MEMORISATION, "control_ceiling")
    }
    code = run.metric == CODE_LENGTH
    found = [
        f"Scores are {label} on {run.split}. * marks the layer with the best score on {run.chosen_on}.",
        MIXED if is_mix(run.name("probe")) else "",
        marks(run, table),
        intervals(run, bool(as_good(table))),
        without_spread(run, table),
        CODES if code else SELECTIVE if has["selectivity"] else "",
        GAINED if table[[*GAINS.values(), OVER_LAYER_0]].notna().any(axis=None) else "",
        f"Baselines read words, no vectors{TWINS if has[UNTRAINED] else ''}.",
        MEMORISED if has[MEMORISATION] else "",
        CEILING_NOTE if has["control_ceiling"] else "",
        others(run),
    ]
    return [text for text in found if text]


def marks(run: Run, table: pd.DataFrame) -> str:
    """What ≈ means, or why no layer has it."""
    if as_good(table):
        return (
            f"≈ marks the layers that cannot be distinguished from the best on {run.split}: the others were left out "
            "one by one, each significantly worse than a layer that was still there (model confidence set, 95 %; "
            "Hansen et al. 2011)."
        )
    if len(table) > 1:
        label = measure(run.metric).label
        return f"Which other layers are as good is not known: this run has no {label} of single sentences."
    return ""


def intervals(run: Run, banded: bool) -> str:
    """What the brackets are."""
    resampled = run.facts(PROBES).get("resampled", {}).get(run.split, run.resampled)
    figure = " The bands of the figure hold for all layers at once." if banded else ""
    return f"Brackets: the 95 % interval of each number alone, by bootstrap over {resampled}.{figure}"


def without_spread(run: Run, table: pd.DataFrame) -> str:
    """A warning where an interval has no width: of a test set without an error, say; empty if there is none."""
    flat = table[(table["ci_low"] == table["ci_high"]) & table["ci_low"].notna()]
    if flat.empty:
        return ""
    layers = ", ".join(str(layer) for layer in flat["layer"])
    why = f"every item of {run.split} is right" if (flat["score"] == 1).all() else "every resample has the same score"
    return (
        f"The interval of layer {layers} has no width, because {why}. This does not mean that the score is exact: "
        "resamples can only repeat what the sample has. More sentences are needed to find rare errors."
    )


def others(run: Run) -> str:
    """That further metrics are not the score to which baselines and control belong; empty without any."""
    names = [measure(metric).label for metric in other_metrics(run)]
    if not names:
        return ""
    columns = f"The column {names[0]} is" if len(names) == 1 else f"The columns {', '.join(names)} are"
    return (
        f"{columns} measured on the same predictions. All other columns, and the choice of the layer, are about "
        f"{measure(run.metric).label}."
    )
