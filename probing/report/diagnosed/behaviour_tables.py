"""The failures of a behaviour suite as tables, sentences and rows."""

from collections.abc import Iterator, Mapping, Sequence

from probing.analysis.behaviour import Cell as Rate
from probing.analysis.behaviour import Failure, cell_of, said
from probing.data.behaviour_cases import CAPABILITIES, TESTS
from probing.report.diagnosed.measurement import SHARE, Measurement
from probing.report.diagnosed.toned_table import NONE, Cell, Toned, one_break, percent, text, tone

ALL_TESTS, ALL_CAPABILITIES = "all tests", "all capabilities"


def together(rates: Sequence[Rate], capability: str, test: str) -> Rate:
    """Several cells as one."""
    failures = [failure for one in rates for failure in one.failures]
    return cell_of((capability, test), failures, sum(one.n for one in rates))


def with_sums(rates: Sequence[Rate]) -> dict[tuple[str, str], Rate]:
    """Every cell by capability and test, then the sums over tests, over capabilities, and over both."""
    found = {(one.capability, one.test): one for one in rates}
    for capability in [name for name in CAPABILITIES if any(one.capability == name for one in rates)]:
        of_capability = [one for one in rates if one.capability == capability]
        found[capability, ALL_TESTS] = together(of_capability, capability, ALL_TESTS)
    for test in TESTS:
        if of_test := [one for one in rates if one.test == test]:
            found[ALL_CAPABILITIES, test] = together(of_test, ALL_CAPABILITIES, test)
    found[ALL_CAPABILITIES, ALL_TESTS] = together(rates, ALL_CAPABILITIES, ALL_TESTS)
    return found


def rate_table(rates: Sequence[Rate]) -> Toned:
    """Capability by test, with sums."""
    found = with_sums(rates)
    lines = {
        name: [text(name), *(rate_cell(found.get((name, test))) for test in (*TESTS, ALL_TESTS))]
        for name in (*CAPABILITIES, ALL_CAPABILITIES)
        if (name, ALL_TESTS) in found
    }
    last = lines.pop(ALL_CAPABILITIES)
    return Toned(["capability", *TESTS, ALL_TESTS], [*lines.values()], [last])


def rate_cell(rate: Rate | None) -> Cell:
    """A failure rate with its interval and its counts; the more fail, the darker."""
    if rate is None:
        return Cell(NONE)
    return Cell(one_break(in_numbers(rate)), tone(rate.rate, 1.0, with_sign=False))


def in_numbers(rate: Rate) -> str:
    """A failure rate with its interval in per cent, and its counts."""
    interval = f"[{100 * rate.ci_low:.1f}, {100 * rate.ci_high:.1f}]"
    return f"{percent(rate.rate)} {interval} {rate.failed:,}/{rate.n:,}"


def worst(rates: Sequence[Rate]) -> list[Rate]:
    """The cells with failures, those that fail most often first."""
    return sorted((one for one in rates if one.failed), key=lambda one: -one.rate)


def failure_table(rate: Rate) -> Toned:
    """The cases of a cell that fail, each with what the classifier says before and after the edit."""
    head, made = {
        "minimum functionality": (["text", "label", "answer"], _functionality),
        "invariance": (["text", "answer", "after the edit", "answer to it"], _invariance),
        "direction": (["text", "after the edit", "label after it", "its probability before", "and after"], _direction),
    }[rate.test]
    return Toned(head, [made(one) for one in rate.failures])


def _functionality(one: Failure) -> list[Cell]:
    return [text(one.case.text), text(one.case.label), _answer(one.before)]


def _invariance(one: Failure) -> list[Cell]:
    return [text(one.case.text), _answer(one.before), text(one.case.edited), _answer(one.after or {})]


def _direction(one: Failure) -> list[Cell]:
    label, after = one.case.edited_label, one.after or {}
    shares = [Cell(one_break(percent(found.get(label), 2))) for found in (one.before, after)]
    return [text(one.case.text), text(one.case.edited), text(label), *shares]


def _answer(probabilities: Mapping[str, float]) -> Cell:
    name = said(probabilities)
    return text(f"{name} {one_break(percent(probabilities[name]))}")


def rows_of_behaviour(rates: Sequence[Rate]) -> Iterator[Measurement]:
    """The failure rate of every cell, then those of the sums."""
    for (capability, test), one in with_sums(rates).items():
        yield Measurement(
            what="failure rate",
            method=test,
            name=capability,
            value=one.rate,
            low=one.ci_low,
            high=one.ci_high,
            n=one.n,
            unit=SHARE,
        )
