"""The cause of a split's errors as tables (phenomenon by what was compared, phenomenon by layer) and as rows."""

from collections.abc import Iterator, Sequence

import numpy as np

from probing.diagnosis.cause import MARGIN, Cause, Found
from probing.diagnosis.compared import ALL, Comparison, What
from probing.diagnosis.group_means import Estimate
from probing.report.diagnosed.measurement import SHARE, Measurement
from probing.report.diagnosed.toned_table import NONE, Cell, Toned, percent, signed, text

UNBROKEN = "\u00a0"  # a space at which no line ends
COMPARED: dict[What, str] = {
    "weak": "harder than the rest by",
    "unused": "unused: probe on the layer that is read − classifier",
    "trained": "as trained: right on train − right here",
}


def groups_of_cause(found: Found) -> list[str]:
    """All sentences, and every phenomenon whose accuracy was measured."""
    return [key.group for key in found if key.what == "right"]


def group_name(group: str, items: str) -> str:
    """The name of a group for readers: all items are called what they are."""
    return f"all {items}" if group == ALL else group


def phenomenon_table(cause: Cause, items: str = "sentences") -> Toned:
    """One row per phenomenon: its accuracy, and what was compared there. items: what was answered, in words."""
    found = cause.evidence or {}
    head = ["phenomenon", items, "accuracy of the classifier", *COMPARED.values()]
    rows = [
        [
            text(group_name(group, items)),
            Cell(f"{found[Comparison('right', group)].n:,}"),
            Cell(accuracy(found[Comparison("right", group)])),
            *(cell(found.get(Comparison(what, group))) for what in COMPARED),
        ]
        for group in groups_of_cause(found)
    ]
    return Toned(head, rows)


def layer_loss_table(cause: Cause, items: str = "sentences") -> Toned:
    """Phenomenon by layer: how much better the probe of a lower layer is than that of the layer that is read."""
    found = cause.evidence or {}
    layers = sorted({int(key.detail) for key in found if key.what == "lost"})
    rows = [
        [text(group_name(group, items)), *(cell(found.get(Comparison("lost", group, str(layer)))) for layer in layers)]
        for group in groups_of_cause(found)
    ]
    return Toned(["phenomenon", *(f"layer {layer}" for layer in layers)], rows if layers else [])


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
    interval = f"[{signed(one.low, 3)}, {signed(one.high, 3)}]".replace(" ", UNBROKEN)
    return Cell(f"{signed(one.value, 3)} {interval}", tone)


def accuracy(one: Estimate) -> str:
    """An accuracy with its interval in per cent."""
    if not np.isfinite(one.value):
        return NONE
    return f"{percent(one.value)} [{100 * one.low:.1f}, {100 * one.high:.1f}]"


def cause_in_words(cause: Cause, items: str = "sentences") -> tuple[str, str]:
    """The cause, and the gain that its repair should bring, each as a sentence. items: what was answered, in words."""
    of_words = items == "words"  # whose groups have long names, and out of whose sentences no word is taken
    group = f"“{cause.group}”" if of_words else cause.group
    where = "" if cause.group == ALL else f" in {items} of the group {group}"
    better, neither = ("", "") if of_words else (" or shorter text", ", and no shorter text,")
    said = {
        "healthy": f"Healthy: few errors, no group much harder than the rest, and no probe{better} better.",
        "as trained": f"As trained{where}: the classifier gives the labels of train, and those here are others.",
        "outweighed": f"Outweighed {cause.group}: without this word the classifier is right more often.",
        "unused": f"Unused{where}: a probe on the layer that is read gives the label, and the head does not.",
        "lost": f"Lost{where} from layer {cause.layer} on: layer {cause.instead} still has it.",
        "undecided": f"Undecided{where}: no rule explains the errors. No probe on any layer{neither} is better; probes "
        "that are not linear would show whether the information is there at all.",
    }
    gain = cause.gain
    if gain is None:
        return said[cause.kind], ""
    return said[cause.kind], (
        f"Its repair should add {signed(gain.value, 3)} [{signed(gain.low, 3)}, {signed(gain.high, 3)}] to the "
        f"accuracy on these {gain.n:,} {items}."
    )


def left_out(groups: Sequence[str], items: str = "sentences") -> str:
    """What is said of groups that are too small."""
    return f"Too few {items} to say anything: {', '.join(groups)}." if groups else ""


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
