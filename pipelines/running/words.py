"""What a run says about single words and sentences: the table of predictions, which words a metric counts, probes."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipelines.running.config import Experiment
from pipelines.running.stages import Items
from probing.axes import SPLITS, Corpus, Labels, Split
from probing.data.punctuation import kept
from probing.probe import saved
from probing.result.score import Prediction
from probing.store.layout import StoreFile


def predictions_table(corpus: Corpus, items: Items, labels: Labels, found: Sequence[Prediction]) -> pd.DataFrame | None:
    """Per word or sentence of test and per layer: gold and predicted; None for word pairs."""
    if labels.level == "pair":
        return None
    sentences, cut = corpus.splits["test"], items.words["test"]
    lengths = [len(c) for c in cut]
    places = np.concatenate(cut)
    by_word, classes = labels.level == "word", np.array(labels.classes + labels.unseen)
    texts = [
        [s.words[i] for i in c] if by_word else [" ".join(s.words)] * len(c)
        for s, c in zip(sentences, cut, strict=True)
    ]
    base = pd.DataFrame(
        {
            "split": "test",
            "sentence": np.repeat([s.id for s in sentences], lengths),
            "word": places + 1 if by_word else 0,
            "form": [text for row in texts for text in row],
        }
    )
    tables = []
    for p in found:
        columns = {}
        for name, values in (("gold", p.gold.values["test"]), ("predicted", p.predicted["test"])):
            flat = np.concatenate([np.ravel(v) for v in values])
            columns[name] = classes[flat.astype(int)] if labels.classes else flat.astype(float)
        tables.append(base.assign(layer=p.layer, target=p.target, seed=p.seed, **columns))
    return pd.concat(tables, ignore_index=True)


def kept_words(experiment: Experiment, corpus: Corpus, items: Items) -> dict[Split, list[NDArray[np.bool_]]] | None:
    """Which labelled words count in root accuracy and UUAS: all (None), or all but punctuation."""
    if experiment.settings.punctuation == "keep":
        return None
    return {
        split: [kept(s)[c] for s, c in zip(corpus.splits[split], items.words[split], strict=True)] for split in SPLITS
    }


def trained_probes(
    experiment: Experiment,
    store: StoreFile,
    labels: Labels,
    found: Sequence[Prediction],
    identity: Mapping[str, Any],
) -> dict[str, bytes]:
    """The file that lets others read unseen vectors with this run's probes; none where the probe is not linear."""
    weights, intercepts = saved.folded([p.fit for p in found if p.fit is not None], labels.kind)
    if not weights:
        return {}
    probes = saved.Saved(
        task=str(identity["task"]),
        level=labels.level,
        kind=labels.kind,
        vector=experiment.task.vector,
        cls_position=str(store.provenance["cls_position"]),
        classes=labels.classes,
        checkpoint=str(identity["checkpoint"]),
        run_id=str(identity["run_id"]),
        weights=weights,
        intercepts=intercepts,
    )
    return {saved.FILE: saved.to_bytes(probes)}
