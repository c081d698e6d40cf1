"""Published numbers beside ours: compared only where checkpoint and data are the paper's own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from probing.report.load import Run
from probing.report.metric_format import number, scored
from probing.report.model_identity import checkpoint_of
from probing.report.published.paper_data import STATUS, Paper, Published
from probing.report.published.read_series import Made, Missing, Point, values_of


@dataclass(frozen=True)
class Beside:
    """One published number, and ours if the two can be compared; else why not."""

    number: Published
    ours: Point | None = None
    because: str = ""

    @property
    def deviation(self) -> float | None:
        """ours − published; None where they cannot be compared."""
        return None if self.ours is None else self.ours.value - self.number.value

    @property
    def within(self) -> bool:
        """Whether the deviation is within the tolerance, up to rounding of the last digit of a float."""
        return self.deviation is not None and abs(self.deviation) <= self.number.tolerance + 1e-9

    def said(self) -> str:
        """Where, published, ours."""
        if self.ours is None:
            return f"{self.number.place} {self.number.x}: {self.because}"
        metric = self.ours.metric
        where = f"{self.number.series} {self.number.x}".strip()
        shown = f"{number(self.ours.value, metric)} beside {number(self.number.value, metric)}"
        return f"{where} {shown} ({number(self.deviation or 0.0, metric, signed=True)})"


def beside(paper: Paper, made: Made) -> list[Beside]:
    """Every verified number of the paper that belongs to a series, beside ours where the two can be compared."""
    return [one_beside(paper, made, number) for number in paper.numbers if number.verified and number.series]


def one_beside(paper: Paper, made: Made, wanted: Published) -> Beside:
    """A single number."""
    try:
        values = values_of(paper, wanted.series, made)
        if reason := not_comparable(wanted, values.runs):
            return Beside(wanted, None, reason)
        return Beside(wanted, values.at(wanted.x or "best"))
    except Missing as error:
        return Beside(wanted, None, str(error))


def not_comparable(wanted: Published, runs: Sequence[Run]) -> str:
    """Why a published number says nothing of these runs; empty if checkpoint and data are the paper's own."""
    for run in runs:
        model, data = checkpoint_of(run), str(run.manifest["data"]["name"])
        if wanted.model.lower() != model.lower() or wanted.data != data:
            return f"the paper's number is of {wanted.model} on {wanted.data}; ours is of {named(model)} on {data}"
        some = run.manifest["config"].get("data", {}).get("train_sentences")
        if some is not None:
            return (
                f"the paper's number is of probes trained on all of train, ours of probes trained on {some} sentences"
            )
    return ""


def named(checkpoint: str) -> str:
    """A checkpoint as a page names it: a folder by its last name."""
    return Path(checkpoint).name if Path(checkpoint).is_absolute() else checkpoint


def table(rows: Sequence[Beside]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The numbers that are compared, unrounded and as text."""
    compared = [one for one in rows if one.ours is not None]
    raw = pd.DataFrame([raw_line(one) for one in compared])
    return raw, pd.DataFrame([shown_line(one) for one in compared])


def raw_line(one: Beside) -> Mapping[str, object]:
    """A line of the CSV file."""
    assert one.ours is not None
    ends = {"ours": one.ours.value, "ci_low": one.ours.low, "ci_high": one.ours.high}
    return {**vars(one.number), **ends, "deviation": one.deviation, "within": one.within}


def shown_line(one: Beside) -> Mapping[str, str]:
    """A line of the page."""
    assert one.ours is not None
    metric = one.ours.metric
    return {
        "number": f"{one.number.series}, {one.number.x or 'best layer'}",
        "in the paper": one.number.place,
        "published": number(one.number.value, metric),
        "ours": scored(one.ours.value, one.ours.low, one.ours.high, metric),
        "deviation": number(one.deviation or 0.0, metric, signed=True),
        "tolerance": number(one.number.tolerance, metric),
        "verdict": "within tolerance" if one.within else "above" if (one.deviation or 0) > 0 else "below",
        "status": STATUS[one.number.status],
    }


def other_numbers(paper: Paper, rows: Sequence[Beside]) -> pd.DataFrame:
    """The numbers that are not compared, as text: of another model or other data, and those that are not verified."""
    compared = {id(one.number) for one in rows if one.ours is not None}
    lines = [
        {
            "in the paper": one.place,
            "model": one.model,
            "data": one.data,
            "number": f"{one.series} {one.x}".strip(),
            "value": f"{one.value:g}",
            "status": STATUS[one.status],
            "source": one.source,
        }
        for one in paper.numbers
        if id(one) not in compared
    ]
    return pd.DataFrame(lines)
