"""Which trained probes a page shows: for each task and its classes those of one run.

A score is measured on the test split of its run's own corpus. Scores on the same items are compared: the run with more
layers comes first, then the better score on dev, then the newer run. Scores on different data say nothing about each
other and are never compared: the order is ORDER, and the probes that are not shown are named.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from probing.errors import DataError
from probing.probe.saved import FILE
from probing.result.checksums import CHECKSUMS
from probing.result.folder import find_runs, parsed_manifest
from probing.view.probe_predictions import TrainedProbes
from probing.view.record import CorpusSentence, Float32, Predicted, Tokens
from probing.view.run_probes import CorpusIdentity, GoldOf, RunProbes, leaves_probes, read_run

ORDER = (
    "scores on different data cannot be compared, so the corpus of the sentence comes first, then natural before "
    "generated text, then more training sentences, then the newer run"
)


@dataclass(frozen=True)
class Probes:
    """A Reader: the probes of one run for each task. notes: which runs are not shown, and why."""

    trained: tuple[TrainedProbes, ...] = ()
    notes: tuple[str, ...] = ()

    def __call__(self, hidden: Float32, tokens: Tokens, place: CorpusSentence | None = None) -> list[Predicted]:
        """What the probes of every task predict, tasks in alphabetical order. Raises: as ``predict``."""
        return [probes.predict(hidden, tokens, place) for probes in self.trained]


def select_probes(
    roots: Sequence[Path],
    checkpoint_revision: str,
    precision: str,
    corpus: CorpusIdentity | None = None,
    gold_of: GoldOf | None = None,
) -> Probes:
    """The probes of finished runs below ``roots`` that were trained on this checkpoint in this arithmetic.

    ``corpus``: of the sentences that are shown, None for free text. ``gold_of``: as ``read_run`` takes it. Notes name
    runs that are not shown, that have no probes, or that cannot be read. Without any probes the Reader returns [].
    """
    notes: list[str] = []
    found: dict[tuple[str, tuple[str, ...]], list[RunProbes]] = {}
    for folder in sorted({folder for root in roots for folder in find_runs(root)}):
        try:
            manifest = parsed_manifest(folder)
            if not _of(manifest, checkpoint_revision, precision):
                continue
            if (folder / FILE).is_file() or FILE in manifest.get(CHECKSUMS, {}):
                run = read_run(folder, manifest, gold_of)
                found.setdefault(run.task, []).append(run)
            elif leaves_probes(manifest):
                name = "/".join(folder.parts[-6:])  # tag, model, data, task, probe, seed
                notes.append(f"{name}: has no {FILE} (made by an earlier version); delete its folder and run again")
        except DataError as error:
            notes.append(f"passed over: {error}")
    chosen = [_chosen(found[task], corpus, notes) for task in sorted(found)]
    return Probes(tuple(chosen), tuple(notes))


def _of(manifest: Mapping[str, Any], revision: str, precision: str) -> bool:
    """Whether a run is of this checkpoint in this arithmetic."""
    try:
        return (manifest["checkpoint"]["revision"], manifest["config"]["model"]["precision"]) == (revision, precision)
    except (KeyError, TypeError):
        return False


def _chosen(runs: Sequence[RunProbes], corpus: CorpusIdentity | None, notes: list[str]) -> TrainedProbes:
    """The probes of one task that are shown; ``notes`` then name the others."""
    by_items: dict[tuple[str, str], list[RunProbes]] = {}
    for run in sorted(runs, key=_rank_on_same_items, reverse=True):
        by_items.setdefault(run.items, []).append(run)
    groups = sorted(by_items.values(), key=lambda group: _rank_of_data(group[0], corpus), reverse=True)
    (best, *rest), others = groups[0], groups[1:]
    outline = best.probes.outline
    if rest:
        reason = "the same data, but fewer layers, a lower score on dev, or older"
        notes.append(f"{outline.task}: not shown ({reason}): {', '.join(run.run for run in rest)}")
    if others:
        names = ", ".join(run.run for group in others for run in group)
        notes.append(f"{outline.task}: not shown (other data): {names}; {ORDER}")
        outline = replace(outline, other_data=tuple(dict.fromkeys(run.data for run, *_ in others)))
    return replace(best.probes, outline=outline, same_corpus=_nearness(best, corpus) > 0)


def _rank_on_same_items(run: RunProbes) -> tuple[int, float, str]:
    return len(run.probes.saved.layers), run.dev, run.finished


def _rank_of_data(run: RunProbes, corpus: CorpusIdentity | None) -> tuple[int, bool, int, str]:
    """ORDER, as a key that is largest for what comes first."""
    return _nearness(run, corpus), not run.generated, run.n_train, run.finished


def _nearness(run: RunProbes, corpus: CorpusIdentity | None) -> int:
    """2 for the same sentences as ``corpus``, 1 for another part of the same source, 0 for any other."""
    if corpus is None:
        return 0
    return 2 if run.corpus.fingerprint == corpus.fingerprint else int(run.corpus.source == corpus.source)
