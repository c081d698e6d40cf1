"""Curves that do not depend on the task: several runs on the same corpus have them, and one of them is shown."""

import pandas as pd

EVERY_TASK = ""  # in place of a task
SAME = 1e-9


def once(curves: pd.DataFrame) -> pd.DataFrame:
    """Curves of attention without repetitions: of equal curves of one model and corpus one is kept, without its task.

    Columns as in ``attention_curves``: what, model, data, task, output, layer, value, ci_low, ci_high … A curve that
    depends on the task, such as an effect on its output, stays as it is, and so do curves that differ in a number.
    """
    kept: list[pd.DataFrame] = []
    for _, group in curves.groupby(["what", "model", "data", "output"], sort=False):
        of_tasks = [lines for _, lines in group.groupby("task", sort=False)]
        same = len(of_tasks) > 1 and all(_equal(of_tasks[0], other) for other in of_tasks[1:])
        kept += [of_tasks[0].assign(task=EVERY_TASK)] if same else of_tasks
    return pd.concat(kept, ignore_index=True) if kept else curves


def _equal(first: pd.DataFrame, second: pd.DataFrame) -> bool:
    numbers = ["layer", "value", "ci_low", "ci_high"]
    one, other = (table[numbers].astype(float).reset_index(drop=True) for table in (first, second))
    if one.shape != other.shape:
        return False
    close = (one - other).abs() <= SAME
    return bool((close | (one.isna() & other.isna())).all(axis=None))
