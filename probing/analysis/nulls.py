"""Rows of untrained twins: what a score, a mass or an entropy is where nothing was learnt.

Every analysis is made of every twin, without code of its own for it. A row of twin k has ``draw`` k; a row without a
draw is the mean over all twins. In the rows of the probes the target is ``untrained``; in those of any other analysis
the probe is ``untrained`` and the method, since the target names a relation or an output.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from scipy.stats import t as student

from probing.analysis.findings import Findings
from probing.axes import Note
from probing.probe.fit import TASK
from probing.result.rows import UNTRAINED, Measurement

Key = tuple[str, str, str | None, str, int | None, int | None]  # split, target, probe, metric, layer, head


def null_rows(of_model: Iterable[Measurement], twins: Sequence[Sequence[Measurement]]) -> Findings:
    """The rows of one analysis of all twins, and of the mean over them; of_model: the rows of the model itself.

    Left out is what is the same for the model and all twins, because it reads neither (a fixed offset), and what is
    about one of many heads, because head 3 of a twin has nothing in common with head 3 of the model; a head that was
    chosen, such as the best one for a relation, stays. The notes count the latter.
    """
    found: dict[Key, dict[int, Measurement]] = {}
    single = 0
    for number, rows in enumerate(twins):
        alone = _alone(rows)
        for row in rows:
            if row.head is not None and _what(row) not in alone:
                single += 1
            elif row.draw is None:
                found.setdefault(_key(row, chosen=row.head is not None), {})[number] = row
    values = {_key(row, chosen=row.head is not None): row.value for row in of_model if row.draw is None}
    made: list[Measurement] = []
    for key, rows_of in found.items():
        if not all(row.value == values.get(key) for row in rows_of.values()):
            made += [marked(row, number) for number, row in rows_of.items()]
            made.append(marked(over_all([*rows_of.values()]), None))
    text = f"{single:,} rows of single heads of twins are left out: they have no counterpart in the model"
    return Findings(rows=tuple(made), notes=(Note("skipped", text),) if single else ())


def over_all(rows: Sequence[Measurement]) -> Measurement:
    """The mean over twins, with an interval for new twins and new sentences.

    How far the mean moves with the sentences is taken from the twins' own intervals, which move together, because all
    read the same sentences; how far it moves with the twins, from their spread and Student's t. The two are
    independent, so that their squares add up. Twins differ by chance on these sentences too, which is then counted
    twice: the interval is too wide rather than too narrow. For one twin it is that of its row.
    """
    values = np.array([row.value for row in rows])
    n, mean = len(rows), float(values.mean())
    of_twins = float(student.ppf(0.975, n - 1) * values.std(ddof=1) / np.sqrt(n)) if n > 1 else 0.0
    below, above = (
        float(np.hypot(np.mean(side), of_twins))
        for side in ([row.value - row.ci_low for row in rows], [row.ci_high - row.value for row in rows])
    )
    places_of = {(row.layer, row.head) for row in rows}
    layer, head = places_of.pop() if len(places_of) == 1 else (None, None)
    return replace(rows[0], layer=layer, head=head, value=mean, ci_low=mean - below, ci_high=mean + above)


def marked(row: Measurement, number: int | None) -> Measurement:
    """The row as one of an untrained twin, or of all of them (number None)."""
    if row.target == TASK and row.probe is None:
        return replace(row, target=UNTRAINED, draw=number)
    return replace(row, probe=f"{UNTRAINED} {row.probe or ''}".strip(), draw=number)


def counted_notes(of_model: Iterable[Note], twins: Sequence[Iterable[Note]]) -> tuple[Note, ...]:
    """The notes of twins that the model does not have too, each once, with the number of twins that have it."""
    known = {note.text for note in of_model}
    counts: dict[Note, int] = {}
    for notes in twins:
        for note in dict.fromkeys(notes):
            if note.kind != "sample" and note.text not in known:
                counts[note] = counts.get(note, 0) + 1
    return tuple(Note(note.kind, f"{n} of {len(twins)} untrained twins: {note.text}") for note, n in counts.items())


def _what(row: Measurement) -> tuple[str, str, str | None, str]:
    return row.split, row.target, row.probe, row.metric


def _alone(rows: Sequence[Measurement]) -> set[tuple[str, str, str | None, str]]:
    """What has one row only: about a head, it is about a head that was chosen."""
    counts: dict[tuple[str, str, str | None, str], int] = {}
    for row in rows:
        counts[_what(row)] = counts.get(_what(row), 0) + 1
    return {what for what, n in counts.items() if n == 1}


def _key(row: Measurement, chosen: bool) -> Key:
    """What a row is about; of a chosen head its place is left out, since every twin has its own."""
    return (*_what(row), *((None, None) if chosen else (row.layer, row.head)))
