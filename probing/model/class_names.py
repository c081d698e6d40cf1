"""Which class of a checkpoint's classifier each class of a corpus is: matched by name, never by number."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from probing.errors import ModelError


def match_classes(corpus_classes: Sequence[str], id2label: Mapping[int, str]) -> NDArray[np.int64]:
    """The number of each corpus class in the classifier, (C,), from its ``id2label``.

    Names match if they are equal, or else if they are equal without regard to case and to spaces around them. The
    classifier may have further classes (``further_classes``).
    Raises: ModelError if the classifier has one output only, if a corpus class is not among its names (LABEL_0, say,
    names nothing), or if a name could be two classes.
    """
    if len(id2label) < 2:
        raise ModelError(
            f"the model's own classifier has {len(id2label)} output ({_listed(id2label)}), as for regression: it "
            "cannot tell classes apart; choose a checkpoint with one output for each class"
        )
    found = [_candidates(name, id2label) for name in corpus_classes]
    unknown = [name for name, numbers in zip(corpus_classes, found, strict=True) if not numbers]
    if unknown:
        raise ModelError(_refusal(f"does not know {', '.join(unknown)}", corpus_classes, id2label))
    matched = [number for numbers in found for number in numbers]
    if len(matched) > len(found) or len(set(matched)) < len(matched):
        raise ModelError(_refusal("has names that could be two classes", corpus_classes, id2label))
    return np.array(matched, dtype=np.int64)


def further_classes(corpus_classes: Sequence[str], id2label: Mapping[int, str]) -> list[str]:
    """Names of the classifier's classes that are none of the corpus's, in order. Raises: as ``match_classes``."""
    known = set(match_classes(corpus_classes, id2label).tolist())
    return [name for number, name in sorted(id2label.items()) if number not in known]


def _candidates(name: str, id2label: Mapping[int, str]) -> list[int]:
    """Numbers of the classes of this very name; if there are none, of those that differ in case or spaces only."""
    exact = [number for number, other in id2label.items() if other == name]
    return exact or [number for number, other in id2label.items() if _plain(other) == _plain(name)]


def _plain(name: str) -> str:
    return name.strip().casefold()


def _listed(id2label: Mapping[int, str]) -> str:
    return ", ".join(f"{number} = {name}" for number, name in sorted(id2label.items()))


def _refusal(what: str, corpus_classes: Sequence[str], id2label: Mapping[int, str]) -> str:
    names = [*corpus_classes, *(f"class {n}" for n in range(len(corpus_classes), len(id2label)))]
    line = f"model.config.id2label = {dict(enumerate(names[: max(2, len(id2label))]))}"
    return (
        f"the model's own classifier {what}: its classes are {_listed(id2label)}; the corpus has "
        f"{', '.join(corpus_classes)}. Give the labels of the corpus the names that the classifier uses, or name the "
        f"outputs of the classifier, in the order in which it was trained: {line}; model.save_pretrained('named')"
    )
