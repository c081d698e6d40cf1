"""A paper as data: its question, the runs that it needs, what is read from them, its figure, claims and numbers."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

from probing.errors import ConfigError

VERIFIED = ("V", "V2")  # seen in the source, or quoted in another text: only these are shown as the paper's numbers
UNVERIFIED = ("D", "R-high", "R-med")  # read off a picture or computed from others; from memory
STATUS = {
    "V": "seen in the source",
    "V2": "quoted in another text",
    "D": "not verified: read off a picture or computed",
    "R-high": "not verified: from memory",
    "R-med": "not verified: from memory",
}
EACH = "each"  # of a series of heads: every head by itself
SAME_NUMBERS = ("highest", "lowest")  # places that the tested numbers themselves would choose
T = TypeVar("T")


@dataclass(frozen=True)
class Needed:
    """A run, or with ``sweep`` one for each value of an option.

    overrides: what differs from an ordinary run. sweep: option -> values, one option. part: what the run is for, in
    words. seconds: of each, as measured for minilm on 2 cores; a paper's first run of a corpus includes its extraction.
    """

    overrides: Sequence[str]
    seconds: float
    part: str
    sweep: Mapping[str, Sequence[Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Series:
    """What is read from the rows of a run: a value per layer, or per value of a swept option at the best layer.

    run: its name among the runs. metric: empty for the main one. method: the column ``probe`` of the rows; empty for
    that of the run. heads: what is made of the heads of a layer: mean, max or min; or each by itself. relations: name
    -> target, one value for each in place of layers. numbered: targets that hold a number in place of ``{}``.
    fact: instead of rows, a number among the facts of the analysis in the manifest: ``mix.centre_of_gravity``.
    label: its name in figures and tables.
    """

    run: str
    label: str
    metric: str = ""
    analysis: str = "probes"
    target: str = "task"
    method: str = ""
    heads: str = ""
    relations: Mapping[str, str] = field(default_factory=dict)
    numbered: str = ""
    fact: str = ""


@dataclass(frozen=True)
class Check:
    """A claim of the paper. kind: see ``claim_checks``. of: series, each with a place: ``uuas@best``, ``uuas@0``.

    low, high: of a range. by: the least difference, or how near to the highest value. encoders: why the claim makes no
    sense for a model that reads from left to right; empty if it does.
    """

    claim: str
    kind: str
    of: Sequence[str]
    low: float | None = None
    high: float | None = None
    by: float = 0.0
    encoders: str = ""


@dataclass(frozen=True)
class Panel:
    """One panel of the figure. x: the label of its horizontal axis."""

    series: Sequence[str]
    y: str
    x: str = "layer (0 = embedding output)"


@dataclass(frozen=True)
class Published:
    """A number of the paper. place: where it stands there. x: layer or setting; empty: of the best layer.

    model: a Hub id, or in words a model that is no public checkpoint. data: the name of our option where the paper's
    data are the same, else in words. tolerance: how far a run on the same model and data may be off.
    """

    place: str
    model: str
    data: str
    series: str
    x: str
    value: float
    tolerance: float
    status: str
    source: str

    @property
    def verified(self) -> bool:
        """Whether it may be shown as the paper's."""
        return self.status in VERIFIED


@dataclass(frozen=True)
class Paper:
    """One paper. name: of its files. cited: as in the list of papers. disk_gb: of the store for minilm."""

    name: str
    cited: str
    question: str
    source: str
    model: str
    data: str
    disk_gb: float
    runs: Mapping[str, Needed]
    series: Mapping[str, Series]
    figure: Sequence[Panel]
    checks: Sequence[Check]
    differences: Sequence[str]
    numbers: Sequence[Published]

    @property
    def seconds(self) -> float:
        """How long all of its runs take, for minilm on 2 cores, with an empty store."""
        return sum(one.seconds * max(1, *map(len, one.sweep.values()), 0) for one in self.runs.values())


def paper_of(name: str, node: Mapping[str, Any], numbers: Sequence[Published]) -> Paper:
    """A paper from the content of its two files. Raises ConfigError for a key or a name that is not there."""
    where = f"paper {name}"
    given = dict(node)
    given["runs"] = {one: made(Needed, part, f"{where}, runs.{one}") for one, part in given.get("runs", {}).items()}
    given["series"] = {
        one: made(Series, part, f"{where}, series.{one}") for one, part in given.get("series", {}).items()
    }
    given["figure"] = [made(Panel, part, f"{where}, figure") for part in given.get("figure", [])]
    given["checks"] = [made(Check, part, f"{where}, checks") for part in given.get("checks", [])]
    found = made(Paper, given | {"name": name, "numbers": numbers}, where)
    for one, series in found.series.items():
        if series.run not in found.runs:
            raise ConfigError(f"{where}, series.{one}: there is no run {series.run}")
    named = [series for panel in found.figure for series in panel.series]
    named += [of.partition("@")[0] for check in found.checks for of in check.of]
    named += [number.series for number in numbers if number.series]
    for one in named:
        if one not in found.series:
            raise ConfigError(f"{where}: there is no series {one}; there are {', '.join(found.series)}")
    for of in (of for check in found.checks for of in check.of):
        if of.partition("@")[2] in SAME_NUMBERS:
            raise ConfigError(
                f"{where}: {of}: the numbers that a claim is tested on cannot choose its place; "
                "a claim of the kind somewhere or everywhere is expected"
            )
    return found


def made(cls: type[T], node: Any, where: str) -> T:
    """An instance of a dataclass from a dictionary. Raises ConfigError for a missing or an unknown key."""
    if not isinstance(node, Mapping):
        raise ConfigError(f"{where}: names with values are expected here")
    known = {f.name: f for f in fields(cls)}  # type: ignore[arg-type]
    needed = {name for name, f in known.items() if f.default is MISSING and f.default_factory is MISSING}
    wrong = [f"{key}: no such key" for key in node if key not in known] + [
        f"{key} is missing" for key in sorted(needed - node.keys())
    ]
    if wrong:
        raise ConfigError(f"{where}: {'; '.join(wrong)}")
    return cls(**node)


def read_numbers(path: Path) -> list[Published]:
    """The published numbers of a paper, from CSV with the columns of ``Published``; lines with # are comments.

    Raises ConfigError for a column that is missing, a status that is not known, a number without a source or, if it
    is verified and has a series, without a tolerance.
    """
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    found = []
    for place, line in enumerate(csv.DictReader(lines), start=1):
        where = f"{path}, number {place}"
        values = {key: (text or "").strip() for key, text in line.items() if key is not None}
        if values.get("status") not in STATUS:
            raise ConfigError(f"{where}: status={values.get('status')}; one of {', '.join(STATUS)} is expected")
        if not values.get("source"):
            raise ConfigError(f"{where}: a source is expected")
        try:
            numbers = {key: float(values.get(key) or "nan") for key in ("value", "tolerance")}
        except ValueError as error:
            raise ConfigError(f"{where}: {error}") from error
        found.append(made(Published, values | numbers, where))
    return found
