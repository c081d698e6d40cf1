"""The linear probes of a run's folder, with the scores and the facts that decide whether a page shows them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from probing.axes import Sentence
from probing.data.grammar import Grammar
from probing.errors import DataError, ProbingError, one_of
from probing.probe.saved import FILE, VECTORS, Saved, from_file
from probing.report.load import shown_split
from probing.report.run_files import read_file
from probing.result.checksums import UNCHECKED, check, has_checksums
from probing.result.folder import ROWS
from probing.result.rows import read_rows
from probing.store.encoding import DTYPES
from probing.view.probe_predictions import TrainedProbes
from probing.view.record import Gold, Predicted

GENERATOR = f"{Grammar.__module__}.{Grammar.__qualname__}"
# from a run's task options to the task's own labels of a sentence; raises ProbingError if there is no such task
GoldOf = Callable[[Mapping[str, Any]], Callable[[Sentence], Gold | None]]


@dataclass(frozen=True)
class CorpusIdentity:
    """What tells corpora apart. source: class of the option, and name or train file. fingerprint: of the content."""

    source: tuple[str, str]
    fingerprint: str


@dataclass(frozen=True, eq=False)
class RunProbes:
    """The probes of one run, and what is known of their training.

    punctuation: keep or remove. dev: the best score of a layer on dev. n_train: sentences. finished: ISO time.
    """

    probes: TrainedProbes
    corpus: CorpusIdentity
    punctuation: str
    dev: float
    n_train: int
    finished: str

    @property
    def task(self) -> tuple[str, tuple[str, ...]]:
        """The task's name in rows, and its classes: runs that agree in both predict the same thing."""
        return self.probes.saved.task, self.probes.saved.classes

    @property
    def items(self) -> tuple[str, str]:
        """What the scores are measured on; scores on other items cannot be compared with them."""
        return self.corpus.fingerprint, self.punctuation

    @property
    def corpora(self) -> tuple[str, str]:
        """The names that the training corpus goes by: in rows, and in its option."""
        return self.probes.outline.data, self.corpus.source[1]

    @property
    def run(self) -> str:
        """The run's name."""
        return self.probes.outline.run

    @property
    def data(self) -> str:
        """The training data in words, such as ``ewt without punctuation (12,544 sentences)``."""
        removed = " without punctuation" if self.punctuation == "remove" else ""
        return f"{self.probes.outline.data}{removed} ({self.n_train:,} sentences)"

    @property
    def generated(self) -> bool:
        """Whether the project's own generator made the training sentences."""
        return self.corpus.source[0] == GENERATOR


def corpus_identity(options: Mapping[str, Any], fingerprint: str) -> CorpusIdentity:
    """The identity of the corpus that an option of conf/data describes."""
    name = options.get("name") or Path(str(options.get("train"))).name
    return CorpusIdentity((str(options.get("_target_")), str(name)), fingerprint)


def leaves_probes(manifest: Mapping[str, Any]) -> bool:
    """Whether a run of this kind writes its probes to a file."""
    probe = manifest["config"].get("probe")
    return isinstance(probe, Mapping) and probe.get("name") == "linear" and manifest.get("level") in list(VECTORS)


def task_and_probe(manifest: Mapping[str, Any]) -> str:
    """The names of both in a run's configuration, such as ``pos (mlp)``."""
    task, probe = (manifest["config"].get(part) or {} for part in ("task", "probe"))
    return f"{task.get('name')} ({probe.get('name')})"


def read_run(folder: Path, manifest: Mapping[str, Any], gold_of: GoldOf | None = None) -> RunProbes:
    """The probes in ``folder``, with their scores on the split that reports show, and gold labels through ``gold_of``.

    Raises: DataError, naming the folder, if a file is damaged or cannot be read, or if the files contradict each other.
    """
    check(folder, manifest, (FILE, ROWS))
    saved = from_file(folder / FILE)
    facts = {"run_id": saved.run_id, "layers": list(saved.layers), "classes": list(saved.classes)}
    if saved.checkpoint != manifest["checkpoint"]["revision"] or any(manifest.get(k) != v for k, v in facts.items()):
        raise DataError(f"{folder / FILE} and manifest.json are of different runs; delete {folder}, run again")
    try:
        config, data = manifest["config"], manifest["data"]
        kept = manifest.get("store", config["store"])  # an earlier version's tells the type in its configuration alone
        one_of("store.dtype", dtype := kept.get("dtype", config["store"]["dtype"]), DTYPES)
        outline, dev = _scores(folder, saved, str(manifest["metric"]))
        if not has_checksums(manifest):
            outline = replace(outline, notes=(f"the run of these probes was {UNCHECKED}",))
        return RunProbes(
            _with_gold(TrainedProbes(saved, outline, dtype, folder=folder), config["task"], gold_of),
            corpus_identity(config["data"], str(data["fingerprint"])),
            punctuation=str(config["punctuation"]),
            dev=dev,
            n_train=int(data["sentences"]["train"]),
            finished=str(manifest.get("finished", "")),
        )
    except DataError:
        raise
    except (ValueError, KeyError, IndexError, OSError, TypeError, AttributeError) as error:
        raise DataError(f"{folder}: its manifest or rows cannot be read ({error}); delete it, run again") from error


def _scores(folder: Path, saved: Saved, metric: str) -> tuple[Predicted, float]:
    """The Predicted of a run without predictions, and the best score of a layer on dev."""
    rows = read_file(folder / ROWS, read_rows)
    rows = rows[(rows["analysis"] == "probes") & (rows["metric"] == metric)]
    task, control = (rows[rows["target"] == target] for target in ("task", "control"))
    split, layers = shown_split(task), list(saved.layers)
    shown = task[task["split"] == split].set_index("layer").loc[layers]
    drawn = control[control["split"] == split].groupby("layer")["value"].mean().reindex(layers)
    names = [str(task[column].iloc[0]) for column in ("tag", "model", "data", "task", "probe")]
    outline = Predicted(
        *(saved.task, saved.level, saved.kind, saved.layers, (), None, None),
        run="/".join([*names, folder.name]),
        data=names[2],
        metric=metric,
        score=tuple(map(float, shown["value"])),
        low=tuple(map(float, shown["ci_low"])),
        high=tuple(map(float, shown["ci_high"])),
        control=tuple(map(float, drawn)),
        classes=saved.classes,
    )
    dev = task.loc[task["split"] == "dev", "value"].dropna()
    return outline, float(max(dev, default=-np.inf))


def _with_gold(probes: TrainedProbes, task: Mapping[str, Any], gold_of: GoldOf | None) -> TrainedProbes:
    """The same probes with the task's own labels, or with a note that says why there are none."""
    if gold_of is None:
        return probes
    try:
        return replace(probes, gold=gold_of(task))
    except ProbingError as error:
        note = f"gold labels are not shown: {error}"
        return replace(probes, outline=replace(probes.outline, notes=(*probes.outline.notes, note)))
