"""The last stage of a run with ``nulls=N``: every analysis once more, of N untrained twins."""

from collections.abc import Collection, Mapping
from contextlib import closing

from pipelines.running.config import Experiment
from pipelines.shared.cli import say
from probing.analysis.findings import Findings
from probing.analysis.nulls import counted_notes, null_rows
from probing.analysis.protocol import answer
from probing.analysis.study import Study
from probing.analysis.untrained import of_twins, twin_of
from probing.axes import Note
from probing.store.temporary import temporary


def with_nulls(
    experiment: Experiment, study: Study, found: Mapping[str, Findings], failed: Collection[str], seconds: float
) -> dict[str, Findings]:
    """The findings of every analysis with the rows of untrained twins; analyses that ``failed`` get none.

    Twins are made one after the other, each with vectors and maps that are deleted before the next begins.
    ``seconds``: what the run has taken until now. An analysis that fails for a twin is a note.
    """
    n_twins = experiment.settings.nulls
    say(announced(n_twins, n_twins * seconds / 60))
    twins: dict[str, list[Findings]] = {name: [] for name in found if name not in failed}
    for number in range(n_twins):
        study.on_progress("untrained twins", number, n_twins)
        with temporary(study.store) as store, closing(twin_of(study, number, store)) as twin:
            for name, of_twin in twins.items():
                analysis = of_twins(experiment.analyses[name])
                findings, reason = answer(name, analysis, twin, experiment.settings.strict)
                notes = findings.notes if reason is None else (Note("skipped", f"{name} failed: {reason}"),)
                of_twin.append(Findings(rows=findings.rows, notes=notes))
    study.on_progress("untrained twins", n_twins, n_twins)
    return {name: found[name] + added(found[name], twins.get(name, [])) for name in found}


def announced(n_twins: int, minutes: float) -> str:
    """What is about to be computed, and for how long."""
    twins = "untrained twin" if n_twins == 1 else "untrained twins"
    return (
        f"nulls={n_twins}: {n_twins} {twins}, each with an extraction and all analyses of its own; "
        f"{f'about {minutes:,.0f} min' if minutes >= 1 else 'less than a minute'} if each takes as long as the model; "
        "the store holds one at a time"
    )


def added(of_model: Findings, twins: list[Findings]) -> Findings:
    """What the twins add to the findings of one analysis: rows and notes."""
    nulls = null_rows(of_model.rows, [one.rows for one in twins])
    return nulls + Findings(notes=counted_notes(of_model.notes, [one.notes for one in twins]))
