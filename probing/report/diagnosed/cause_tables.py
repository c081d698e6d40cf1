"""What explains the errors of a split, as tables (phenomenon by explanation, phenomenon by layer) and as rows."""

from collections.abc import Iterator, Sequence

import numpy as np

from probing.diagnosis.cause import MARGIN, Cause, Found
from probing.diagnosis.compared import ALL, Comparison, What
from probing.diagnosis.group_means import Estimate
from probing.diagnosis.phenomenon_errors import Loss
from probing.report.diagnosed.measurement import SHARE, Measurement
from probing.report.diagnosed.phenomenon_tables import group_name, lost_in
from probing.report.diagnosed.toned_table import NONE, Cell, Toned, one_break, percent, signed, text

COMPARED: dict[What, str] = {
    "unused": "unused: probe on the layer that is read − classifier",
    "trained": "as trained: right on train − right here",
}


def groups_of_cause(found: Found) -> list[str]:
    """All sentences, and every phenomenon whose accuracy was measured."""
    return [key.group for key in found if key.what == "right"]


def accuracy_table(cause: Cause, items: str) -> Toned:
    """One row per kind of item: the accuracy there, and how far it is below that of the rest."""
    found = cause.evidence or {}
    head = ["phenomenon", items, "accuracy of the classifier", "harder than the rest by"]
    rows = [
        [
            text(group_name(group, items)),
            Cell(f"{found[Comparison('right', group)].n:,}"),
            Cell(accuracy(found[Comparison("right", group)])),
            cell(found.get(Comparison("weak", group))),
        ]
        for group in groups_of_cause(found)
    ]
    return Toned(head, rows)


def accuracy(one: Estimate) -> str:
    """An accuracy with its interval in per cent, which ends at 100."""
    if not np.isfinite(one.value):
        return NONE
    low, high = (100 * min(1.0, max(0.0, end)) for end in (one.low, one.high))
    return one_break(f"{percent(one.value)} [{low:.1f}, {high:.1f}]")


def explanation_table(cause: Cause, items: str = "sentences") -> Toned:
    """One row per phenomenon: whether a better probe, or the labels of train, explain its errors.

    Without "unused" if the classifier and the probe on its layer are right for the same items, as where it is a probe.
    """
    found = cause.evidence or {}
    same = all((one.low, one.high) == (0, 0) for key, one in found.items() if key.what == "unused")
    shown = {what: name for what, name in COMPARED.items() if not (same and what == "unused")}
    rows = [
        [text(group_name(group, items)), *(cell(found.get(Comparison(what, group))) for what in shown)]
        for group in groups_of_cause(found)
    ]
    return Toned(["phenomenon", *shown.values()], rows)


def layer_loss_table(cause: Cause, lost: Sequence[Loss], items: str = "sentences") -> Toned:
    """Phenomenon by layer: how much better the probe of a lower layer is than that of the layer that is read; and from
    which layer on the phenomenon is lost.
    """
    found = cause.evidence or {}
    layers = sorted({int(key.detail) for key in found if key.what == "lost"})
    rows = [
        [
            text(group_name(group, items)),
            *(cell(found.get(Comparison("lost", group, str(layer)))) for layer in layers),
            text(lost_in(lost, group) or NONE),
        ]
        for group in groups_of_cause(found)
    ]
    return Toned(["phenomenon", *(f"layer {layer}" for layer in layers), "lost"], rows if layers else [])


def taken_out_table(cause: Cause) -> Toned:
    """Per word that tells a class in train: how much more often the classifier is right without it."""
    found = cause.evidence or {}
    rows = [[text(key.detail), Cell(f"{one.n:,}"), cell(one)] for key, one in found.items() if key.what == "outweighed"]
    return Toned(["word", "sentences with it", "outweighed: right without it − right with it"], rows)


def cell(one: Estimate | None) -> Cell:
    """A difference with its interval, coloured where the whole interval is above the margin or below its negative."""
    if one is None or not np.isfinite(one.value):
        return Cell(NONE)
    tone = "for3" if one.low > MARGIN else "against3" if one.high < -MARGIN else ""
    return Cell(one_break(difference(one)), tone)


def cause_in_words(cause: Cause, items: str = "sentences") -> tuple[str, str]:
    """The cause, and the gain that its repair should bring, each as a sentence. items: what was answered, in words."""
    of_words = items == "words"  # whose groups have long names, and out of whose sentences no word is taken
    group = f"“{cause.group}”" if of_words else cause.group
    where = "" if cause.group == ALL else f" in {items} of the group {group}"
    better, neither = ("", "") if of_words else (" or shorter text", ", and no shorter text,")
    weak = (cause.evidence or {}).get(Comparison("weak", cause.group))
    harder = "" if weak is None else f"they are harder than the rest by {difference(weak)}, and "
    said = {
        "healthy": f"Healthy: few errors, no group much harder than the rest, and no probe up to the layer that "
        f"is read{better} better.",
        "as trained": f"As trained{where}: the classifier gives the labels of train, and those here are others.",
        "outweighed": f"Outweighed {cause.group}: without this word the classifier is right more often.",
        "unused": f"Unused{where}: a probe on the layer that is read gives the label, and the head does not.",
        "lost": f"Lost{where} from layer {cause.layer} on: layer {cause.instead} still has it.",
        "undecided": f"Undecided{where}: {harder}no rule explains the errors. No probe up to the layer that is "
        f"read{neither} is better; probes that are not linear would show whether the information is there at all.",
    }
    gain = cause.gain
    if gain is None:
        return said[cause.kind], ""
    return said[cause.kind], (f"Its repair should add {difference(gain)} to the accuracy on these {gain.n:,} {items}.")


def difference(one: Estimate) -> str:
    """A difference of accuracies with its interval."""
    return f"{signed(one.value, 3)} [{signed(one.low, 3)}, {signed(one.high, 3)}]"


def left_out(groups: Sequence[str], items: str = "sentences") -> str:
    """What is said of groups that are too small."""
    return f"Too few {items}, inside or outside, to look for a cause: {', '.join(groups)}." if groups else ""


def rows_of_split(cause: Cause, items: str = "sentences") -> Iterator[Measurement]:
    """Every difference that was compared, with its interval."""
    for key, one in (cause.evidence or {}).items():
        layer = int(key.detail) if key.what in ("lost", "instead", "agrees") else None
        yield Measurement(
            what="accuracy" if key.what in ("right", "agrees") else "difference of accuracies",
            method=key.what,
            layer=layer,
            name=group_name(key.group, items),
            value=one.value,
            low=one.low,
            high=one.high,
            n=one.n,
            unit=SHARE,
        )
