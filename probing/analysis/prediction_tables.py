"""What trained probes leave behind: their predictions as a table, what dev selected, and a file with their weights."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from probing.analysis.item_text import heads_in_words, in_brackets
from probing.analysis.items import Items
from probing.analysis.study import Study
from probing.axes import Corpus, Labels, Level, Sentence
from probing.probe.saved import FILE, VECTORS, Saved, folded, to_bytes
from probing.result.score import Arrays, Prediction


def predictions_table(corpus: Corpus, items: Items, labels: Labels, found: Sequence[Prediction]) -> pd.DataFrame | None:
    """One row per item of test, layer and target: gold and predicted label; None for word pairs.

    Items with places have also the words ``before`` and ``after`` them; their ``form`` is ``in_brackets``.
    """
    if labels.level == "pair":
        return None
    sentences, kept = corpus.splits["test"], items.words["test"]
    lengths = [len(words) for words in kept]
    base = pd.DataFrame(
        {
            "split": "test",
            "sentence": np.repeat([s.id for s in sentences], lengths),
            "word": np.concatenate(kept) + 1 if labels.level != "sentence" else 0,
            **_texts(sentences, items, labels.level),
        }
    )
    names = np.array(labels.classes + labels.unseen)

    def shown(values: Arrays) -> Sequence[object] | NDArray[Any]:
        if labels.kind == "position":
            each = zip(sentences, kept, values, strict=True)
            return [text for s, at, places in each for text in heads_in_words(s.words, at, places)]
        flat = np.concatenate([np.ravel(v) for v in values])
        return names[flat.astype(int)] if len(names) else flat.astype(float)

    tables = [_labelled(base, prediction, shown) for prediction in found if "test" in prediction.predicted]
    return pd.concat(tables, ignore_index=True)


def _texts(sentences: Sequence[Sentence], items: Items, level: Level) -> dict[str, list[str]]:
    """Columns with the text of every item of test."""
    if items.places is not None and level != "sentence":
        each = zip(sentences, items.places["test"], strict=True)
        found = [in_brackets(s.words, spans) for s, places in each for spans in places.spans.tolist()]
        return {name: [text[i] for text in found] for i, name in enumerate(("before", "form", "after"))}
    by_word, each_kept = level == "word", zip(sentences, items.words["test"], strict=True)
    texts = [[s.words[i] for i in at] if by_word else [" ".join(s.words)] * len(at) for s, at in each_kept]
    return {"form": [text for row in texts for text in row]}


def _labelled(base: pd.DataFrame, prediction: Prediction, shown: Callable[[Arrays], Any]) -> pd.DataFrame:
    """``base`` with gold and predicted labels of one target and layer. shown: from labels to a column of the table."""
    table = base.assign(layer=prediction.layer, target=prediction.target, draw=prediction.draw)
    sides = {"gold": prediction.gold.values["test"], "predicted": prediction.predicted["test"]}
    return table.assign(**{side: shown(values) for side, values in sides.items()})


def selected_on_dev(found: Sequence[Prediction]) -> list[dict[str, object]]:
    """The hyper-parameters that dev selected, and the score on dev, per layer and target."""
    return [
        {
            "layer": p.layer,
            "target": p.target,
            "draw": p.draw,
            "dev": p.fit.dev_score if "dev" in p.predicted else None,
            "converged": p.fit.converged,
            **({"aggregation": p.fit.kind} if p.fit.kind else {}),
            **p.fit.chosen,
        }
        for p in found
        if p.fit is not None
    ]


def trained_probes(study: Study) -> dict[str, bytes]:
    """The file with which others can apply this run's probes to new vectors; none if the probe is not linear, or not of
    words or sentences.
    """
    probes = probes_to_save(study)
    return {FILE: to_bytes(probes)} if probes.layers and probes.vector in VECTORS.get(probes.level, ()) else {}


def probes_to_save(study: Study) -> Saved:
    """The probes of the task in every layer, for vectors as the model gives them; no layer if they are not linear."""
    labels = study.labels
    weights, intercepts = folded([p.fit for p in study.predictions if p.fit is not None], labels.kind)
    return Saved(
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
