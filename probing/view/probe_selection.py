"""Which trained probes a page shows: for each task and its classes those of one run, on the corpus that is asked for.

A sentence of a corpus is read by probes of that corpus, or of the corpus that is named, and by no others. For free text
the order of corpora is ORDER. Scores on different data say nothing about each other, so they choose nothing; of runs on
the same items the one with more layers comes first, then the better score on dev, then the newer run.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from probing.axes import ITEMS
from probing.errors import DataError
from probing.probe.saved import FILE
from probing.result.checksums import CHECKSUMS
from probing.result.folder import find_runs, parsed_manifest
from probing.view.probe_predictions import TrainedProbes
from probing.view.record import AUTO, CorpusSentence, Float32, Predicted, Tokens
from probing.view.run_probes import CorpusIdentity, GoldOf, RunProbes, leaves_probes, read_run, task_and_probe

UNSHOWN = {"edge", "span", "span_pair"}  # levels of items that a page of one sentence has no place for
ORDER = (
    "of several corpora the first of these is chosen: natural before generated text, then more training sentences, "
    "then the newer run"
)


@dataclass(frozen=True, eq=False)
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
    asked: Sequence[str] = (AUTO,),
) -> Probes:
    """The probes of finished runs below ``roots`` that were trained on this checkpoint in this arithmetic.

    ``corpus``: of the sentences that are shown, None for free text. ``gold_of``: as ``read_run`` takes it. ``asked``:
    the names of training corpora, or AUTO. Notes name runs that are not shown, that have no probes, or that cannot
    be read. Without any probes the Reader returns [].
    """
    notes: list[str] = []
    levels: set[str] = set()
    unkept: set[str] = set()
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
            elif manifest.get("level") not in UNSHOWN:
                unkept.add(task_and_probe(manifest))
            levels.add(str(manifest.get("level")))
        except DataError as error:
            notes.append(f"passed over: {error}")
    unshown = [ITEMS[level] for level in sorted(UNSHOWN & levels)]
    notes += [f"labels of {items} are not shown: this page has those of words" for items in unshown]
    if unkept:
        notes.append(f"not shown: {', '.join(sorted(unkept))}; a run keeps linear probes of words and sentences only")
    each = [_of_task(found[task], corpus, asked, notes) for task in sorted(found)]
    return Probes(tuple(probes for probes in each if probes is not None), tuple(notes))


def _of_task(
    runs: Sequence[RunProbes], corpus: CorpusIdentity | None, asked: Sequence[str], notes: list[str]
) -> TrainedProbes | None:
    """The probes of one task that are shown, None if none are of the corpus that is asked for; ``notes`` say which."""
    own = [run for run in runs if _is_wanted(run, corpus, asked)]
    if own:
        return _chosen(own, [run for run in runs if run not in own], corpus, notes)
    wanted = "the corpus of this sentence" if AUTO in asked else " or ".join(asked)
    names = sorted({run.corpora[0] for run in runs})
    notes.append(
        f"{runs[0].probes.outline.task}: no probes trained on {wanted} were found; there are some trained on "
        f"{', '.join(names)}: to see them, type {' or '.join(f'probes={name}' for name in names)}"
    )
    return None


def _is_wanted(run: RunProbes, corpus: CorpusIdentity | None, asked: Sequence[str]) -> bool:
    if AUTO not in asked:
        return not set(asked).isdisjoint(run.corpora)
    return corpus is None or _nearness(run, corpus) > 0


def _of(manifest: Mapping[str, Any], revision: str, precision: str) -> bool:
    """Whether a run is of this checkpoint in this arithmetic."""
    try:
        return (manifest["checkpoint"]["revision"], manifest["config"]["model"]["precision"]) == (revision, precision)
    except (KeyError, TypeError):
        return False


def _chosen(
    runs: Sequence[RunProbes], not_asked: Sequence[RunProbes], corpus: CorpusIdentity | None, notes: list[str]
) -> TrainedProbes:
    """The probes of one task that are shown, of ``runs``; ``notes`` then name all others."""
    by_items: dict[tuple[str, str], list[RunProbes]] = {}
    for run in sorted(runs, key=_rank_on_same_items, reverse=True):
        by_items.setdefault(run.items, []).append(run)
    groups = sorted(by_items.values(), key=lambda group: _rank_of_data(group[0], corpus), reverse=True)
    (best, *rest), others = groups[0], [run for group in groups[1:] for run in group]
    outline = best.probes.outline
    for left, why in (
        (rest, "the same data, but fewer layers, a lower score on dev, or older"),
        (others, f"other data: {ORDER}; probes=<corpus> chooses another"),
        (not_asked, "trained on another corpus than the one that is asked for; probes=<corpus> chooses another"),
    ):
        if left:
            notes.append(f"{outline.task}: not shown ({why}): {', '.join(run.run for run in left)}")
    other_data = tuple(dict.fromkeys(run.data for run in [*others, *not_asked]))
    return replace(
        best.probes, outline=replace(outline, other_data=other_data), same_corpus=_nearness(best, corpus) > 0
    )


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
