"""Findings as a table of pandas."""

from dataclasses import astuple

import pandas as pd

from probing.analysis.findings import Findings
from probing.analysis.study import Study
from probing.result.rows import as_frame, rows_of

_OF_A_RUN = ["tag", "run_id"]


def frame_of(findings: Findings, study: Study, analysis: str) -> pd.DataFrame:
    """One line per number, with the columns of rows.csv but those that name a run.

    ``frame.attrs["notes"]`` lists what to know about the numbers, the sample first.
    """
    rows = rows_of(findings.rows, study.names, analysis)
    frame = as_frame([astuple(row) for row in rows]).drop(columns=_OF_A_RUN)
    frame.attrs["notes"] = [note.text for note in findings.notes]
    return frame
