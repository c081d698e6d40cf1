"""What trained probes say of an input: hidden states of every layer in, a prediction per word or sentence out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import softmax

from probing.axes import Sentence
from probing.errors import DataError
from probing.probe.saved import FILE, Saved, from_file
from probing.report.load import Run
from probing.result.folder import ROWS, find_runs, read_manifest
from probing.result.rows import read_rows
from probing.task.trees import depths
from probing.view.record import Float32, Predicted, Tokens

Reader = Callable[[Float32, Tokens], list[Predicted]]  # hidden states (L + 1, S, D) and the subwords that they are of
Gold = list[str | float | None]


@dataclass(frozen=True)
class Trained:
    """The probes of one run, and what its rows say of them: the fields of Predicted that no input changes."""

    saved: Saved
    about: Mapping[str, Any]

    def read(self, hidden: Float32, tokens: Tokens) -> Predicted:
        """Predict from hidden states (L + 1, S, D); a word without subwords gets None."""
        saved = self.saved
        weights = pooling(tokens, saved.level, saved.vector, saved.cls_position)  # (U, S)
        there = weights.any(axis=1)
        found = [saved.read(layer, weights @ hidden[layer]) for layer in saved.layers]  # (U, C) or (U,)
        predicted, probability = [], None
        if saved.kind == "class":
            shares = [softmax(logits, axis=1) for logits in found]
            probability = [_known(p.max(axis=1).tolist(), there) for p in shares]
            predicted = [_known([saved.classes[c] for c in p.argmax(axis=1)], there) for p in shares]
        else:
            predicted = [_known(numbers.tolist(), there) for numbers in found]
        return Predicted(predicted=predicted, probability=probability, gold=None, **self.about)


@dataclass(frozen=True)
class Probes:
    """A Reader: the probes of one run per task. notes: which runs were passed over, and why."""

    trained: tuple[Trained, ...] = ()
    notes: tuple[str, ...] = ()

    def __call__(self, hidden: Float32, tokens: Tokens) -> list[Predicted]:
        """What every task's probes say, tasks in alphabetical order."""
        return [one.read(hidden, tokens) for one in self.trained]


def reader(runs: Sequence[Path], checkpoint_revision: str, precision: str) -> Probes:
    """The probes of finished runs below ``runs`` that were trained on this checkpoint in this arithmetic.

    Of runs with the same task and classes the one with most layers serves, of those the newest; one that cannot be
    read is passed over with a note. Without any the Reader answers [].
    """
    notes: list[str] = []
    found: list[tuple[int, str, Path, dict[str, Any]]] = []
    for folder in sorted({folder for root in runs for folder in find_runs(root)}):
        try:
            manifest: dict[str, Any] = read_manifest(folder) or {}
        except DataError as error:
            notes.append(f"passed over: {error}")
            continue
        if (folder / FILE).is_file() and _of(manifest, checkpoint_revision, precision):
            found.append((len(manifest.get("layers", ())), str(manifest.get("finished", "")), folder, manifest))
    chosen: dict[tuple[str, tuple[str, ...]], Trained] = {}
    for _, _, folder, manifest in sorted(found, key=lambda run: run[:2], reverse=True):
        try:
            saved = from_file(folder / FILE)
            if (saved.task, saved.classes) not in chosen:
                chosen[saved.task, saved.classes] = _trained(saved, folder, manifest)
        except DataError as error:
            notes.append(f"passed over: {error}")
    return Probes(tuple(chosen[key] for key in sorted(chosen)), tuple(notes))


def _of(manifest: Mapping[str, Any], revision: str, precision: str) -> bool:
    """Whether a run is of this checkpoint in this arithmetic."""
    try:
        return (manifest["checkpoint"]["revision"], manifest["config"]["model"]["precision"]) == (revision, precision)
    except (KeyError, TypeError):
        return False


def _trained(saved: Saved, folder: Path, manifest: Mapping[str, Any]) -> Trained:
    """The probes with their scores on the split that reports show. Raises: DataError if the run contradicts itself."""
    if (saved.run_id, saved.checkpoint) != (manifest.get("run_id"), manifest["checkpoint"]["revision"]):
        raise DataError(f"{folder / FILE} is of another run than the manifest beside it; delete {folder}, run again")
    try:
        rows = read_rows(folder / ROWS)
        own = rows[rows["probe"] == rows["probe"].iloc[0]]  # the probe's rows come first
        run = Run(folder, own, manifest, None, None)
        task = run.shown_rows.set_index("layer").loc[list(saved.layers)]
        same = (own["target"] == "control") & (own["metric"] == run.metric) & (own["split"] == run.split)
        control = own[same].groupby("layer")["value"].mean().reindex(list(saved.layers))
        names = [run.name(column) for column in ("tag", "model", "data", "task", "probe")]
    except (ValueError, KeyError, IndexError, OSError) as error:
        raise DataError(f"{folder}: its rows cannot be read ({error}); delete it and run again") from error
    columns = {"score": task["value"], "low": task["ci_low"], "high": task["ci_high"], "control": control}
    about = {name: getattr(saved, name) for name in ("task", "level", "kind", "layers")}
    about |= {"run": "/".join([*names, folder.name]), "data": names[2], "metric": run.metric}
    return Trained(saved, about | {name: tuple(map(float, column)) for name, column in columns.items()})


def pooling(tokens: Tokens, level: str, vector: str, cls_position: str) -> Float32:
    """Weights (U, S) that pool subwords to U units as Vectors does: the W words, or one sentence whatever its texts.

    ``vector``: mean over a unit's subwords, first or last of them, or cls, the model's own position. The row of a
    word without subwords is zero.
    """
    n = len(tokens.word)
    if vector == "cls":
        return np.eye(n, dtype=np.float32)[[0 if cls_position == "first" else n - 1]]
    units = np.arange(len(tokens.forms)) if level == "word" else np.zeros(1, np.int64)
    owner = tokens.word if level == "word" else np.where(tokens.word >= 0, 0, -1)
    member = owner == units[:, None]
    if vector != "mean":
        place = member.argmax(axis=1) if vector == "first" else n - 1 - member[:, ::-1].argmax(axis=1)
        member &= np.arange(n) == place[:, None]
    return np.asarray(member / np.maximum(member.sum(axis=1, keepdims=True), 1), np.float32)


def _known(values: Sequence[Any], there: Any) -> list[Any]:
    return [value if known else None for value, known in zip(values, there, strict=True)]


def with_gold(predicted: Sequence[Predicted], sentence: Sentence) -> list[Predicted]:
    """The same with what the corpus says of ``sentence``, where it is annotated for the task; None for what is open."""
    return [replace(one, gold=_fitting(gold_of(one.task, sentence), one)) for one in predicted]


def _fitting(gold: Gold | None, one: Predicted) -> Gold | None:
    """The gold labels, if there is one for each unit that was predicted."""
    return gold if gold is not None and len(gold) == len(one.predicted[0]) else None


def gold_of(task: str, sentence: Sentence) -> Gold | None:
    """Labels of one sentence for ``task`` as rows call it (``pos``, ``sentiment,vector=cls``); None: it has none."""
    name, *options = task.split(",")
    column = dict(option.split("=", 1) for option in options if "=" in option).get("column")
    column = column or {"pos": "upos", "depth": "heads", "tree_depth": "heads", "sentiment": "label"}.get(name, name)
    values = getattr(sentence, column, None) if column in ("upos", "xpos", "deprel", "heads", "label") else None
    if not values:
        return None
    if column == "label":
        return [None if values == "_" else values]
    if column == "heads":
        found = depths(values).tolist()
        return [max(found)] if name == "tree_depth" else found
    return [None if value == "_" else value for value in values]
