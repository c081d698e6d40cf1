"""What is decodable from each layer: the probe, its control task and its baselines, scored on dev and test."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from probing.analysis.findings import Findings
from probing.analysis.items import Items
from probing.analysis.protocol import Analysis
from probing.analysis.study import Study
from probing.axes import SPLITS, Corpus, Labels, Note, Split
from probing.data.punctuation import check_punctuation, kept
from probing.model.checkpoint import resolve
from probing.probe.baselines import baselines
from probing.probe.fit import TASK
from probing.probe.saved import FILE, Saved, folded, to_bytes
from probing.result.score import Prediction, score


@dataclass(frozen=True)
class Probes(Analysis):
    """Fit the probe of every layer to the task and to its control, and score them beside the baselines."""

    def check(self, study: Study) -> None:
        """Raise DataError for a corpus without the task's labels, and where ``punctuation=remove`` removes nothing.

        For a task to which punctuation makes no difference that is a ConfigError.
        """
        _ = study.labels  # computed here, so that a fault of theirs is found before the model runs
        if study.options.punctuation == "remove":
            check_punctuation(study.corpus, study.task.name, study.task.metrics)

    def __call__(self, study: Study) -> Findings:
        """Rows of task, control, selectivity and baselines; predictions and statistics per sentence of test.

        Raises: ModelError if no item of a split has both a label and a vector.
        """
        items, found = study.items, [*study.predictions, *floor(study)]
        notes = [*items.notes]
        if study.options.untrained:
            twin, twin_notes = untrained(study)
            found += twin
            notes += twin_notes
        ids = [s.id for s in study.corpus.splits["test"]]
        keep = kept_words(study.corpus, items) if study.options.punctuation == "remove" else None
        scores = score(found, study.task.metrics, ids, study.options.resamples, keep)
        predictions = predictions_table(study.corpus, items, study.labels, study.predictions)
        tables = {"sentences": scores.sentences} | ({} if predictions is None else {"predictions": predictions})
        return Findings(
            rows=tuple(scores.rows),
            facts={"layers": list(study.layers), "selected": selected(study.predictions)},
            notes=(*notes, *caveats(study), *(Note("caveat", text) for text in scores.notes)),
            tables=tables,
            files=trained_probes(study),
        )


def floor(study: Study) -> list[Prediction]:
    """The baselines that read no vector."""
    target = study.items.targets[TASK]
    words = {
        split: [
            [s.words[i] for i in c] if target.level == "word" else []
            for s, c in zip(study.corpus.splits[split], study.items.words[split], strict=True)
        ]
        for split in SPLITS
    }
    found = baselines(target, words).items()
    return [Prediction(name, None, study.options.seed, target, predicted) for name, predicted in found]


def untrained(study: Study) -> tuple[list[Prediction], tuple[Note, ...]]:
    """The same probe on the same architecture with random weights, and what is to be known of it."""
    model = replace(study.model, untrained_seed=study.options.seed)
    twin = replace(
        study,
        model=model,
        checkpoint=resolve(model),
        with_head=False,
        options=replace(study.options, controls=0, untrained=False),
    )
    found = [replace(p, target="untrained", fit=None) for p in twin.predictions]
    stopped = [Note("unconverged", text.replace("task", "untrained", 1)) for _, text in unconverged(twin.predictions)]
    return found, (*twin.items.notes, *stopped)


def kept_words(corpus: Corpus, items: Items) -> dict[Split, list[NDArray[np.bool_]]]:
    """Which labelled words count in root accuracy and UUAS: all but punctuation, (W,) per sentence."""
    return {
        split: [kept(s)[c] for s, c in zip(corpus.splits[split], items.words[split], strict=True)] for split in SPLITS
    }


def predictions_table(corpus: Corpus, items: Items, labels: Labels, found: Sequence[Prediction]) -> pd.DataFrame | None:
    """Per word or sentence of test and per layer: gold and predicted; None for word pairs."""
    if labels.level == "pair":
        return None
    sentences, cut = corpus.splits["test"], items.words["test"]
    lengths = [len(c) for c in cut]
    by_word = labels.level == "word"
    texts = [
        [s.words[i] for i in c] if by_word else [" ".join(s.words)] * len(c)
        for s, c in zip(sentences, cut, strict=True)
    ]
    base = pd.DataFrame(
        {
            "split": "test",
            "sentence": np.repeat([s.id for s in sentences], lengths),
            "word": np.concatenate(cut) + 1 if by_word else 0,
            "form": [text for row in texts for text in row],
        }
    )
    names = np.array(labels.classes + labels.unseen)
    return pd.concat([_labelled(base, prediction, names) for prediction in found], ignore_index=True)


def _labelled(base: pd.DataFrame, prediction: Prediction, names: NDArray[np.str_]) -> pd.DataFrame:
    """``base`` with gold and predicted labels of one target on one layer. names: of the classes; none for numbers."""
    table = base.assign(layer=prediction.layer, target=prediction.target, draw=prediction.draw)
    sides = {"gold": prediction.gold.values["test"], "predicted": prediction.predicted["test"]}
    for side, values in sides.items():
        flat = np.concatenate([np.ravel(v) for v in values])
        table[side] = names[flat.astype(int)] if len(names) else flat.astype(float)
    return table


def selected(found: Sequence[Prediction]) -> list[dict[str, object]]:
    """What was chosen on dev, per layer and target."""
    return [
        {
            "layer": p.layer,
            "target": p.target,
            "draw": p.draw,
            "dev": p.fit.dev_score,
            "converged": p.fit.converged,
            **p.fit.chosen,
        }
        for p in found
        if p.fit is not None
    ]


def caveats(study: Study) -> tuple[Note, ...]:
    """What limits the reading of the scores."""
    notes = [
        Note("truncated" if "truncated" in reason else "skipped", f"{reason.replace('_', ' ')}: {count:,}")
        for reason, count in study.hidden.index.counts.items()
        if count
    ]
    if study.hidden.provenance["final_norm"]:
        last = study.hidden.n_layers - 1
        text = f"layer {last} has passed the model's final layer norm, the layers below it have not"
        notes.append(Note("caveat", text))
    notes.append(Note("caveat", f"control: {study.task.control_note}"))
    if study.options.punctuation == "remove":
        kept_anyway = check_punctuation(study.corpus, study.task.name, study.task.metrics)
        notes += [Note("caveat", text) for text in kept_anyway]
    return (*notes, *unconverged(study.predictions), *at_edge(study))


def unconverged(found: Sequence[Prediction]) -> list[Note]:
    """Probes that stopped before they had converged."""
    return [
        Note("unconverged", f"{p.target}, layer {p.layer}: stopped before convergence")
        for p in found
        if p.fit is not None and not p.fit.converged
    ]


def at_edge(study: Study) -> list[Note]:
    """Layers whose strength dev chose at the end of the grid, where a wider one might do better."""
    strengths = getattr(study.probe, "l2", ())
    fits = [p.fit for p in study.predictions if p.target == TASK and p.fit is not None]
    edge = [fit.layer for fit in fits if len(strengths) > 1 and _is_edge(fit.chosen, strengths)]
    text = f"l2 was chosen at the end of its grid on layers {edge}; a wider probe.l2 may score higher"
    return [Note("caveat", text)] if edge else []


def _is_edge(chosen: Mapping[str, float], strengths: Sequence[float]) -> bool:
    # the weak end of a ridge is ordinary least squares: nothing lies beyond it
    weakest = min(strengths) if "objective_nats" in chosen else None
    return chosen.get("l2") in (weakest, max(strengths))


def trained_probes(study: Study) -> dict[str, bytes]:
    """The file that lets others read unseen vectors with this run's probes; none where the probe is not linear."""
    labels = study.labels
    weights, intercepts = folded([p.fit for p in study.predictions if p.fit is not None], labels.kind)
    if not weights:
        return {}
    probes = Saved(
        task=study.names["task"],
        level=labels.level,
        kind=labels.kind,
        vector=study.task.vector,
        cls_position=str(study.hidden.provenance["cls_position"]),
        classes=labels.classes,
        checkpoint=study.checkpoint.revision,
        run_id=study.names["run_id"],
        weights=weights,
        intercepts=intercepts,
    )
    return {FILE: to_bytes(probes)}
