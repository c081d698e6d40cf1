"""What a validation found: a line per fault, and for all of them together, as a table and as records."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pipelines.validating.fault_outcomes import Outcome
from pipelines.validating.planted_faults import FAULTS

COLUMNS = ("fault", "cause named", "layer exact", "sign of the gain right", "gain in the interval")
EXPLAINED = (
    "cause named: kind, group and word are those that were planted, the layer is the planted one or next to it. Sign "
    "and interval: of the gain that the named repair was predicted to bring, against what it brought on test, which no "
    "cause was found on; the predicted interval holds for all that was compared at once, and is widened by the "
    "sampling error of test (squares of both add up)."
)


@dataclass(frozen=True)
class Line:
    """How often something is right, of how many: (right, of) each; (0, 0): it does not apply."""

    fault: str
    named: tuple[int, int]
    layer: tuple[int, int]
    sign: tuple[int, int]
    interval: tuple[int, int]

    @property
    def cells(self) -> tuple[str, ...]:
        """As text, in the order of COLUMNS."""
        counts = (self.named, self.layer, self.sign, self.interval)
        return (self.fault, *("–" if of == 0 else f"{right} of {of}" for right, of in counts))


def lines(found: Sequence[Outcome]) -> list[Line]:
    """A line per fault, and one for all."""
    parts = [(name, [one for one in found if one.fault == name]) for name in FAULTS]
    return [_line(name, some) for name, some in [*parts, ("all", list(found))] if some]


def _line(fault: str, some: Sequence[Outcome]) -> Line:
    gains = [one.gain for one in some if one.gain is not None]
    with_layer = [one for one in some if "layer" in one.expected]
    return Line(
        fault,
        _count([one.named for one in some]),
        _count([one.layer_off == 0 for one in with_layer]),
        _count([gain.sign_is_right for gain in gains]),
        _count([gain.covered for gain in gains]),
    )


def _count(right: Sequence[bool]) -> tuple[int, int]:
    return sum(right), len(right)


def markdown(found: Sequence[Outcome], title: str) -> str:
    """The table, and every outcome that was not as expected."""
    rows = ["| " + " | ".join(COLUMNS) + " |", "|---" * len(COLUMNS) + "|"]
    rows += ["| " + " | ".join(line.cells) + " |" for line in lines(found)]
    wrong = [f"- {unexpected(one)}" for one in found if unexpected(one)]
    return "\n".join([f"# {title}", "", *rows, "", EXPLAINED, "", *wrong]).rstrip() + "\n"


def unexpected(one: Outcome) -> str:
    """What is not as planted or predicted, in words; empty if nothing is."""
    said = []
    if not one.named:
        said.append(f"{_words(one.expected)} was planted, {_words(told(one))} was named")
    if one.gain is not None and not (one.gain.sign_is_right and one.gain.covered):
        gain = one.gain
        said.append(
            f"{gain.predicted.value:+.3f} was predicted [{gain.low:+.3f}, {gain.high:+.3f}], "
            f"{gain.measured:+.3f} was measured"
        )
    return f"seed {one.seed}, {one.fault}: {'; '.join(said)}" if said else ""


def told(one: Outcome) -> dict[str, str | int]:
    """The fields of the cause that say something."""
    fields = {name: getattr(one.cause, name) for name in ("kind", "group", "layer", "instead", "word")}
    return {name: value for name, value in fields.items() if value is not None}


def _words(fields: Mapping[str, str | int]) -> str:
    return ", ".join(f"{name} {value}" for name, value in fields.items())


def record(one: Outcome) -> dict[str, Any]:
    """An outcome as JSON holds it."""
    gain = one.gain
    measured = None if gain is None else {**asdict(gain), "low": gain.low, "high": gain.high}
    return {
        "seed": one.seed,
        "fault": one.fault,
        "planted": dict(one.expected),
        "named": told(one),
        "as planted": one.named,
        "gain": measured,
    }
