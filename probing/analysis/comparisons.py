"""What a probe's score is compared with that reads no vector: baselines, and what the control task can reach."""

import numpy as np

from probing.analysis.items import draw_of
from probing.analysis.study import Study
from probing.axes import SPLITS, Note
from probing.model.seen_forms import seen_form
from probing.probe.baselines import Read, by_type, in_train
from probing.probe.fit import SCORED, TASK
from probing.probe.surface import baselines
from probing.result.score import MEMORISATION, Prediction


def without_vectors(study: Study, read: Read) -> list[Prediction]:
    """The baselines that read no vector, and the ceiling of the control.

    The ceiling is the control's own labels, looked up by word type, as the best that a probe can do which knows the
    types of train; other types get the most frequent label, or the mean. A control of word pairs, or one that can only
    be memorised, has none.
    """
    items, seed = study.items, study.options.seed
    task = items.targets[TASK]
    of_task = baselines(task, read, study.task.surface).items()
    found = [Prediction(name, None, seed, task, predicted) for name, predicted in of_task]
    for name, target in items.targets.items():
        if name != TASK and target.level not in ("pair", "sentence"):
            ceiling = by_type(target, read)
            found.append(Prediction("control_ceiling", None, seed, target, ceiling, draw=draw_of(name)))
    return found


def words_read(study: Study) -> Read:
    """The words of the corpus as the model reads them, and the positions of the items."""
    splits, form = study.corpus.splits, seen_form(study.checkpoint.folder)
    known = {word: form(word) for word in {word for split in SPLITS for s in splits[split] for word in s.words}}
    forms = {split: [[known[w] for w in s.words] for s in splits[split]] for split in SPLITS}
    return Read(forms, study.items.words, study.items.places)


def compared_with(study: Study, read: Read) -> dict[str, object]:
    """Facts: the name of the surface baseline; for words, which share of items has a type that train has, by split."""
    facts: dict[str, object] = {"surface": study.task.surface}
    if study.labels.level != "sentence":
        facts["type_in_train"] = {split: in_train(read, split) for split in SCORED}
    return facts


def type_notes(study: Study, read: Read) -> list[Note]:
    """Notes on the control: what it is, which words are of one type, and how many items a type can tell."""
    if study.task.memorised:
        train = study.items.targets[TASK]
        values = np.bincount(train.flat("train")) if train.kind == "class" else None
        chance = (
            f"; always giving the most frequent label scores {values.max() / values.sum():.3f}"
            if values is not None
            else ""
        )
        text = f"memorisation: {study.task.control_note}; the score is that on train, with these labels{chance}"
        if not any(p.target == MEMORISATION and p.predicted for p in study.predictions):
            text = "memorisation is not measured: the probe predicts nothing for train"
        return [Note("caveat", text)]
    of_train = zip(study.corpus.splits["train"], study.items.words["train"], strict=True)
    written = {s.words[i] for s, at in of_train for i in at}
    seen = set(read.types("train"))
    text = f"control: {study.task.control_note}"
    if len(seen) < len(written):
        text += f". A type is a word as the model reads it: {len(seen):,} types for {len(written):,} spellings in train"
    share = in_train(read, "test")
    text += f". {100 * share:.1f} % of the test items have a type that occurs in train"
    if study.options.controls == 1:
        text += (
            ". The intervals of control and selectivity are for this one draw of random labels; controls=5 draws five"
        )
    return [Note("caveat", text)]
