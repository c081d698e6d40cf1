"""Labels of dev and test that train does not have: how many items there are, and of which labels."""

from collections import Counter

import numpy as np

from probing.axes import SPLITS, Labels, Split
from probing.task.labels import some


def unseen_counts(labels: Labels) -> dict[str, dict[Split, int]]:
    """How many items have each label of ``labels.unseen``, in the splits where it occurs."""
    counts: dict[str, dict[Split, int]] = {name: {} for name in labels.unseen}
    for split in SPLITS if labels.unseen else ():
        flat = np.concatenate([np.ravel(v) for v in labels.values[split]])
        for number, n in sorted(Counter(flat[flat >= len(labels.classes)].tolist()).items()):
            counts[labels.unseen[number - len(labels.classes)]][split] = n
    return counts


def unseen_notes(labels: Labels) -> list[str]:
    """One sentence for each split with such items; its most frequent labels come first, then those of train.

    Both are named because a label may be missing from train for its spelling only.
    """
    notes, known = [], some(labels.classes)
    for split in SPLITS:
        there = {name: found[split] for name, found in unseen_counts(labels).items() if split in found}
        names = some(sorted(there, key=lambda name: (-there[name], name)))
        n = sum(there.values())
        if n:
            has, counts = ("items have", "each counts") if n > 1 else ("item has", "it counts")
            seen = f"a label that train does not have ({names}): {counts} as an error; train has {known}"
            notes.append(f"{n:,} {split} {has} {seen}")
    return notes
