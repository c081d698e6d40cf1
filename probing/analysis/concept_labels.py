"""Concepts: the task's labels and other properties of the same words or sentences, with a control for each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from probing.analysis.items import control
from probing.analysis.study import Study
from probing.axes import SPLITS, IntArray, Labels, Note, Split
from probing.errors import DataError, first_line
from probing.model.seen_forms import seen_form
from probing.task.labels import Task
from probing.task.properties import PROPERTIES

OWN, ALL = "task", "all"  # names of concepts: the task's own labels; these and all further properties
LEAST = 5  # items of a class in each half of train; a rarer class is no class of the concept
LEAST_SENTENCES = 20  # of train in each half
SHARED = 0.5  # of a property's entropy: if the concept tells more of it, changing the concept must change it too

Classes = NDArray[np.int64]
Halves = tuple[IntArray, IntArray]  # the items of train that build interventions, and those of the validation probes


@dataclass(frozen=True, eq=False)
class Coded:
    """Classes of all items, by split (N,); negative: none of ``names``."""

    names: tuple[str, ...]
    of: Mapping[Split, Classes]

    @property
    def n_classes(self) -> int:
        """How many classes there are."""
        return len(self.names)


@dataclass(frozen=True, eq=False)
class Concept:
    """One property of the items, and random labels as its control task draws them."""

    name: str
    gold: Coded
    control: Coded


def halves(study: Study, most: int) -> Halves:
    """Two sets of items of train, ``most`` at most in each, from different sentences; drawn with the study's seed."""
    sentence = np.repeat(np.arange(len(study.items.words["train"])), [len(of) for of in study.items.words["train"]])
    order = study.rng("usage", "halves").permutation(np.unique(sentence))
    found = []
    for some in (order[: len(order) // 2], order[len(order) // 2 :]):
        place = np.full(sentence.max(initial=0) + 1, len(sentence))
        place[some] = np.arange(len(some))
        mine = np.flatnonzero(place[sentence] < len(sentence))
        found.append(np.sort(mine[np.argsort(place[sentence[mine]], kind="stable")][:most]))
    return found[0], found[1]


def concepts(study: Study, split_in: Halves) -> tuple[list[Concept], list[Note]]:
    """The task's labels first, then the properties that the corpus has; and what was left out.

    Raises: DataError if the task has fewer than two classes with LEAST items in each half.
    """
    found: list[Concept] = []
    notes: list[Note] = []
    others = [task for task in PROPERTIES[study.labels.level] if task.name != study.task.name]
    for task in (study.task, *others):
        try:
            found.append(_concept(study, task, split_in, notes))
        except DataError as error:
            if task is study.task:
                raise
            notes.append(Note("skipped", f"usage: without the property {task.name}: {first_line(error)}"))
    return found, notes


def _concept(study: Study, task: Task, split_in: Halves, notes: list[Note]) -> Concept:
    labels = study.labels if task is study.task else task.labels(study.corpus)
    drawn = control(task, study.corpus, labels, (study.options.seed, 0), seen_form(study.checkpoint.folder))
    gold, random = (_coded(study, of, split_in) for of in (labels, drawn))
    if gold.n_classes < 2 or random.n_classes < 2:
        n_items = min(map(len, split_in))
        raise DataError(
            f"usage: of task={task.name}, {gold.n_classes} of {len(labels.classes)} classes have {LEAST} items in each "
            f"half of train ({n_items:,} items), and two are needed; give more sentences, or raise analysis.usage.items"
        )
    if rare := sorted(set(labels.classes) - set(gold.names)):
        text = f"usage: classes of {task.name} with fewer than {LEAST} items in a half of train are left out: "
        notes.append(Note("skipped", text + ", ".join(rare)))
    return Concept(task.name, gold, random)


def _coded(study: Study, labels: Labels, split_in: Halves) -> Coded:
    """The classes of the study's items that are frequent enough, numbered from 0."""
    words = study.items.words
    flat = {
        split: np.concatenate([np.asarray(v)[w] for v, w in zip(labels.values[split], words[split], strict=True)])
        for split in SPLITS
    }
    n = len(labels.classes)
    inside = [flat["train"][half] for half in split_in]
    counts = np.min([np.bincount(of[(of >= 0) & (of < n)], minlength=n) for of in inside], axis=0)
    kept = np.flatnonzero(counts >= LEAST)
    number = np.full(n + 1, -1)
    number[kept] = np.arange(len(kept))
    coded = {split: number[np.where((of >= 0) & (of < n), of, n)] for split, of in flat.items()}
    return Coded(tuple(labels.classes[at] for at in kept), coded)


def apart_from(concept: Concept, others: Sequence[Concept], half: IntArray) -> list[Concept]:
    """The concepts that ``concept`` does not largely determine: at most SHARED of their entropy on ``half`` of train.

    Changing a part of speech must change the tag that names it: such a property cannot show that a change is selective.
    """
    return [other for other in others if other is not concept and told(concept, other, half) <= SHARED]


def told(concept: Concept, other: Concept, half: IntArray) -> float:
    """Which share of the entropy of ``other`` the concept tells, on items that have both: 0 to 1."""
    from sklearn.metrics import mutual_info_score

    one, two = (of.gold.of["train"][half] for of in (concept, other))
    both = (one >= 0) & (two >= 0)
    entropy = mutual_info_score(two[both], two[both])
    return float(mutual_info_score(one[both], two[both]) / entropy) if entropy > 0 else 1.0
