"""What trained probes say of an input: hidden states of every layer in, a prediction per word or sentence out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import softmax

from probing.axes import Sentence
from probing.errors import ConfigError, DataError, StoreError, one_of
from probing.model.pooling import Pooling, pooling_weights
from probing.probe.saved import FILE, VECTORS, Saved, from_file
from probing.report.load import Run
from probing.result.folder import ROWS, find_runs, read_manifest
from probing.result.rows import read_rows
from probing.store.encoding import DTYPES, decode, encode
from probing.task.trees import depths
from probing.view.record import Float32, Predicted, Tokens

Reader = Callable[[Float32, Tokens], list[Predicted]]  # hidden states (L + 1, S, D) and the subwords that they are of
Gold = list[str | float | None]


@dataclass(frozen=True)
class Trained:
    """The probes of one run, and what its rows say of them: the fields of Predicted that no input changes.

    dtype: of the store that they were trained from. rank: how many layers, the best score on dev, when finished.
    """

    saved: Saved
    about: Mapping[str, Any]
    dtype: str
    rank: tuple[int, float, str]

    def read(self, hidden: Float32, tokens: Tokens) -> Predicted:
        """Predict from hidden states (L + 1, S, D); a word without subwords gets None.

        Raises: DataError, naming the run, if ``hidden`` has other layers, another width or too large numbers for it.
        """
        saved, hidden = self.saved, self._as_trained(hidden)
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
        return Predicted(predicted=predicted, probability=probability, gold=None, classes=saved.classes, **self.about)

    def _as_trained(self, hidden: Float32) -> Float32:
        """Hidden states rounded as the store's were, without which features that hardly vary change predictions."""
        run, last, width = self.about["run"], self.saved.layers[-1], self.saved.weights[self.saved.layers[-1]].shape[-1]
        if width != hidden.shape[-1] or last >= len(hidden):
            seen = f"{len(hidden)} layers of width {hidden.shape[-1]}"
            raise DataError(f"{run}: its probes read width {width} up to layer {last}, not {seen}; delete and rerun it")
        try:
            return decode(encode(hidden, self.dtype), self.dtype)
        except StoreError as error:
            raise DataError(f"{run}: its probes cannot read this text ({error})") from error


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

    Of runs with the same task and classes the one with most layers serves, then the best on dev, then the newest; notes
    name the others, and runs that cannot be read or lack probes. Without any the Reader answers [].
    """
    notes: list[str] = []
    found: dict[tuple[str, tuple[str, ...]], list[Trained]] = {}
    for folder in sorted({folder for root in runs for folder in find_runs(root)}):
        try:
            manifest = read_manifest(folder) or {}
            if not _of(manifest, checkpoint_revision, precision):
                continue
            if (folder / FILE).is_file():
                saved = from_file(folder / FILE)
                found.setdefault((saved.task, saved.classes), []).append(_trained(saved, folder, manifest))
            elif _is_linear(manifest):
                name = "/".join(folder.parts[-6:])  # tag, model, data, task, probe, seed
                notes.append(f"{name}: has no {FILE} (made before they were kept); delete its folder and run again")
        except DataError as error:
            notes.append(f"passed over: {error}")
    ordered = [sorted(found[key], key=lambda one: one.rank, reverse=True) for key in sorted(found)]
    others = [", ".join(one.about["run"] for one in rest) for _, *rest in ordered if rest]
    notes += [f"also there, not shown: {names}" for names in others]
    return Probes(tuple(best for best, *_ in ordered), tuple(notes))


def _of(manifest: Mapping[str, Any], revision: str, precision: str) -> bool:
    """Whether a run is of this checkpoint in this arithmetic."""
    try:
        return (manifest["checkpoint"]["revision"], manifest["config"]["model"]["precision"]) == (revision, precision)
    except (KeyError, TypeError):
        return False


def _is_linear(manifest: Mapping[str, Any]) -> bool:
    """Whether a run of this kind leaves probes."""
    probe = manifest["config"].get("probe")
    return isinstance(probe, Mapping) and probe.get("name") == "linear" and manifest.get("level") in list(VECTORS)


def _trained(saved: Saved, folder: Path, manifest: Mapping[str, Any]) -> Trained:
    """The probes with their scores on the split that reports show. Raises: DataError if the run contradicts itself."""
    facts = {"run_id": saved.run_id, "layers": list(saved.layers), "classes": list(saved.classes)}
    if saved.checkpoint != manifest["checkpoint"]["revision"] or any(manifest.get(k) != v for k, v in facts.items()):
        raise DataError(f"{folder / FILE} is of another run than the manifest beside it; delete {folder}, run again")
    try:
        one_of("store.dtype", dtype := manifest["config"]["store"]["dtype"], DTYPES)
        rows = read_rows(folder / ROWS)
        own = rows[rows["probe"] == rows["probe"].iloc[0]]  # the probe's rows come first
        run = Run(folder, own, manifest, None, None)
        task = run.shown_rows.set_index("layer").loc[list(saved.layers)]
        primary = own[own["metric"] == run.metric]
        same = primary[(primary["target"] == "control") & (primary["split"] == run.split)]
        control = same.groupby("layer")["value"].mean().reindex(list(saved.layers))
        dev = primary[(primary["target"] == "task") & (primary["split"] == "dev")]["value"]
        best = float(max(dev.dropna(), default=-np.inf))
        names = [run.name(column) for column in ("tag", "model", "data", "task", "probe")] + [folder.name]
    except (ValueError, KeyError, IndexError, OSError, TypeError, ConfigError) as error:
        raise DataError(f"{folder}: its manifest or rows cannot be read ({error}); delete it, run again") from error
    columns = {"score": task["value"], "low": task["ci_low"], "high": task["ci_high"], "control": control}
    about = {name: getattr(saved, name) for name in ("task", "level", "kind", "layers")}
    about |= {"run": "/".join(names), "data": names[2], "metric": run.metric}
    about |= {name: tuple(map(float, column)) for name, column in columns.items()}
    return Trained(saved, about, dtype, (len(saved.layers), best, str(manifest.get("finished", ""))))


def pooling(tokens: Tokens, level: str, vector: str, cls_position: str) -> Float32:
    """Weights (U, S) that pool subwords to U units as Vectors does: the W words, or one sentence whatever its texts.

    ``vector``: mean over a unit's subwords, first or last of them, or cls, the model's own position. The row of a
    word without subwords is zero.
    """
    one, n = np.zeros(1, np.int64), np.array([len(tokens.word)])
    how = Pooling("word" if level == "word" else "sentence", vector, cls_position)
    weights = pooling_weights(tokens.word, one, n, np.array([len(tokens.forms)]), how)
    return np.asarray(weights.toarray(), np.float32)


def _known(values: Sequence[Any], there: Any) -> list[Any]:
    return [value if known else None for value, known in zip(values, there, strict=True)]


def with_gold(predicted: Sequence[Predicted], sentence: Sentence) -> list[Predicted]:
    """The same with what the corpus says of ``sentence``, where it is annotated for the task; None for what is open."""
    return [replace(one, gold=_fitting(gold_of(one.task, sentence), one)) for one in predicted]


def _fitting(gold: Gold | None, one: Predicted) -> Gold | None:
    """The gold labels, if there is one for each unit that was predicted; a class that the probes lack is open."""
    if gold is None or len(gold) != len(one.predicted[0]):
        return None
    return [label if label in one.classes else None for label in gold] if one.classes else gold


def gold_of(task: str, sentence: Sentence) -> Gold | None:
    """Labels of one sentence for ``task`` as rows call it (``pos``, ``sentiment,vector=cls``); None: it has none."""
    name, *options = task.split(",")
    column = dict(option.split("=", 1) for option in options if "=" in option).get("column")
    column = column or {"pos": "upos", "depth": "heads", "tree_depth": "heads", "sentiment": "label"}.get(name, name)
    values = getattr(sentence, column, None) if column in ("upos", "xpos", "deprel", "heads", "label") else None
    if not values:
        return None
    if column == "heads":
        found = depths(values).tolist()
        return [max(found)] if name == "tree_depth" else found
    return [None if value == "_" else value for value in ([values] if column == "label" else values)]
