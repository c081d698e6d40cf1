"""What a validation found: a line per fault, and for all of them together, as a table and as records."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from pipelines.validating.fault_outcomes import Outcome
from pipelines.validating.planted_faults import FAULTS
from pipelines.validating.repairs import Gain

COLUMNS = ("fault", "cause named", "layer exact", "sign of the gain right", "gain in the interval", "half width")
EXPLAINED = (
    "cause named: kind, group and word are those that were planted, the layer is the planted one or next to it. Sign "
    "and interval: of the gain that the named repair was predicted to bring, against what it brought on test, which no "
    "cause was found on; the predicted interval holds for all that was compared at once, and is widened by the "
    "sampling error of test (squares of both add up). Half width: of the widened intervals, the median."
)
TEXT_COLUMNS = ("single texts", "verdict fits", "repair made", "sign right", "gain in the interval", "half width")
TEXT_EXPLAINED = (
    "Single texts: the most confident errors of dev, each with a verdict of its own. Verdict fits: unused for heads "
    "that are flipped or under-trained, lost for the cut encoder, outweighed by the planted word, and doubtful label "
    "for flipped labels; a healthy model has none. Repair made: verdicts that predict a gain, with the number of "
    "different repairs. Sign: where the interval predicts one (0 is outside). For unused and lost the new head is "
    "the probe of its layer, with the penalty that was chosen on dev, and a word is left out of what is read: both on "
    "test, which chose nothing. The predicted interval is that of dev, widened as above."
)


@dataclass(frozen=True)
class Line:
    """How often something is right, of how many: (right, of) each; (0, 0): it does not apply. half_width: the median of
    the intervals of gains; None: there is none.
    """

    fault: str
    named: tuple[int, int]
    layer: tuple[int, int]
    sign: tuple[int, int]
    interval: tuple[int, int]
    half_width: float | None

    @property
    def cells(self) -> tuple[str, ...]:
        """As text, in the order of COLUMNS."""
        return (self.fault, *map(_of, (self.named, self.layer, self.sign, self.interval)), _width(self.half_width))


@dataclass(frozen=True)
class TextLine:
    """The same for verdicts on single texts. n_texts: verdicts. repairs: gains that were measured, and how many
    different repairs these are of.
    """

    fault: str
    n_texts: int
    fits: tuple[int, int]
    repairs: tuple[int, int]
    sign: tuple[int, int]
    interval: tuple[int, int]
    half_width: float | None

    @property
    def cells(self) -> tuple[str, ...]:
        """As text, in the order of TEXT_COLUMNS."""
        n_gains, n_repairs = self.repairs
        made = f"{n_gains} ({n_repairs})" if n_gains else "–"
        shares = [_of(one) for one in (self.sign, self.interval)]
        return (f"{self.fault}: {self.n_texts}", _of(self.fits), made, *shares, _width(self.half_width))


def lines(found: Sequence[Outcome]) -> list[Line]:
    """A line per fault, and one for all."""
    return [_line(name, some) for name, some in _by_fault(found)]


def text_lines(found: Sequence[Outcome]) -> list[TextLine]:
    """The same for single texts."""
    return [_text_line(name, some) for name, some in _by_fault(found)]


def _by_fault(found: Sequence[Outcome]) -> list[tuple[str, list[Outcome]]]:
    parts = [(name, [one for one in found if one.fault == name]) for name in FAULTS]
    return [(name, some) for name, some in [*parts, ("all", list(found))] if some]


def _line(fault: str, some: Sequence[Outcome]) -> Line:
    gains = [one.gain for one in some if one.gain is not None]
    with_layer = [one for one in some if "layer" in one.expected]
    return Line(
        fault,
        _count([one.named for one in some]),
        _count([one.layer_off == 0 for one in with_layer]),
        _count([gain.sign_is_right for gain in gains]),
        _count([gain.covered for gain in gains]),
        _median(gains),
    )


def _text_line(fault: str, some: Sequence[Outcome]) -> TextLine:
    texts = [(one, text) for one in some for text in one.texts]
    gains = [text.gain for _, text in texts if text.gain is not None]
    repairs = {(o.seed, o.fault, t.kind, t.layer, t.word) for o, t in texts if t.gain is not None}
    return TextLine(
        fault,
        len(texts),
        _count([text.fits for _, text in texts if text.fits is not None]),
        (len(gains), len(repairs)),
        _count([gain.sign_is_right for gain in gains if gain.is_sure]),
        _count([gain.covered for gain in gains]),
        _median(gains),
    )


def _median(gains: Sequence[Gain]) -> float | None:
    return median((gain.high - gain.low) / 2 for gain in gains) if gains else None


def _of(count: tuple[int, int]) -> str:
    right, of = count
    return f"{right} of {of}" if of else "–"


def _width(half: float | None) -> str:
    return "–" if half is None else f"{half:.3f}"


def _count(right: Sequence[bool]) -> tuple[int, int]:
    return sum(right), len(right)


def markdown(found: Sequence[Outcome], title: str) -> str:
    """The tables, and every outcome that was not as expected."""
    causes, texts = lines(found), text_lines(found)
    wrong = [f"- {unexpected(one)}" for one in found if unexpected(one)]
    below = [f"{EXPLAINED} {cuts_in_words(found)}".strip(), "", *wrong, *([""] if wrong else [])]
    shown = ["", *_rows(TEXT_COLUMNS, texts), "", TEXT_EXPLAINED] if any(one.texts for one in found) else []
    return "\n".join([f"# {title}", "", *_rows(COLUMNS, causes), "", *below, *shown]).rstrip() + "\n"


def _rows(columns: Sequence[str], some: Sequence[Line] | Sequence[TextLine]) -> list[str]:
    head = ["| " + " | ".join(columns) + " |", "|---" * len(columns) + "|"]
    return head + ["| " + " | ".join(line.cells) + " |" for line in some]


def cuts_in_words(found: Sequence[Outcome]) -> str:
    """Among how many layers the planted one was to be found; empty if none was planted."""
    n_cuts = [one.n_cuts for one in found if "layer" in one.expected]
    if not n_cuts:
        return ""
    least, most = min(n_cuts), max(n_cuts)
    return f"Of the encoder, {least if least == most else f'{least} to {most}'} layers could be cut."


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
    return {
        "seed": one.seed,
        "fault": one.fault,
        "planted": dict(one.expected),
        "named": told(one),
        "as planted": one.named,
        "gain": _measured(one.gain),
        "possible cuts": one.n_cuts,
        "texts": [{**asdict(text), "gain": _measured(text.gain)} for text in one.texts],
    }


def _measured(gain: Gain | None) -> dict[str, Any] | None:
    return None if gain is None else {**asdict(gain), "low": gain.low, "high": gain.high}
