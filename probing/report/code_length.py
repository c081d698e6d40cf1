"""The finding of a run whose probe sends the labels as a code: how many bits they cost, and compared with what."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from probing.report.baseline_columns import Margin
from probing.report.load import Run
from probing.report.metric_format import number, scored


def code_finding(run: Run, line: "pd.Series[Any]", gaps: Mapping[str, Margin]) -> str:
    """One sentence on the layer with the shortest code; ``gaps``: its bits minus those of the control task ….

    It says what the labels cost given the vectors, not what the model uses.
    """
    metric, shown = run.metric, run.shown_rows.iloc[0]
    score = scored(line["score"], line["ci_low"], line["ci_high"], metric)
    text = (
        f"Given layer {line['layer']} of {run.name('model')}, the online code of {run.name('task')} takes {score} bits "
        f"for the {shown['n_items']:,} labels of {shown['n_sentences']:,} training sentences of {run.name('data')}"
    )
    parts = [f"{scored(*gap, metric, signed=True)} bits against {name}" for name, gap in gaps.items()]
    if "compression" in line:
        parts.append(f"a compression of {number(line['compression'], 'compression')} against the uniform code")
    return f"{text}: {', '.join(parts)}." if parts else f"{text}."
