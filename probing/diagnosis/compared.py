"""What a diagnosis compares: differences of two accuracies, in every group of sentences."""

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

import numpy as np

from probing.diagnosis.answers import Answers, Groups, Right
from probing.diagnosis.group_means import Measured
from probing.result.statistics import Floats

What = Literal["right", "weak", "trained", "agrees", "unused", "lost", "instead", "outweighed"]
ALL = "all sentences"
HALF = 0.5
FEWEST = 20  # sentences in a group: the spread of fewer says too little


class Comparison(NamedTuple):
    """One measurement in one group. detail: the layer of "lost", "instead" and "agrees", or the word of "outweighed".

    right: accuracy of the classifier. weak: its accuracy on the other sentences minus that. trained: its accuracy on
    train, as labelled there, minus that. agrees: accuracy of a probe that on train, as labelled there, is right more
    often than wrong. unused: accuracy of the probe on the layer that is read minus that of the classifier. lost:
    accuracy of the probe on a lower layer minus that of the probe on the layer that is read. instead: the same minus
    that of the classifier. outweighed: accuracy of the classifier without a word minus that with it.
    """

    what: What
    group: str
    detail: str = ""

    @property
    def elsewhere(self) -> "Comparison":
        """The same in all other sentences."""
        return self._replace(group=f"not {self.group}")


def kept_groups(groups: Groups) -> tuple[Mapping[str, Floats], tuple[str, ...]]:
    """All sentences and every group that leaves FEWEST inside and outside, (N,) each; the names of the others."""
    sizes = groups.inside.sum(axis=0)
    large = np.minimum(sizes, len(groups.inside) - sizes) >= FEWEST
    kept = {name: groups.inside[:, place] for place, name in enumerate(groups.names) if large[place]}
    everywhere = np.ones(len(groups.inside))
    left_out = tuple(name for name in groups.names if name not in kept)
    return {ALL: everywhere, **{name: inside.astype(np.float64) for name, inside in kept.items()}}, left_out


def comparisons(answers: Answers, groups: Mapping[str, Floats]) -> dict[Comparison, Measured]:
    """Everything that is compared, by group; "unused" and "lost" also in the sentences outside of each group."""
    found = dict(_of_words(answers))
    for name, inside in groups.items():
        found |= dict(_of_layers(answers, name, inside))
        found[Comparison("right", name)] = Measured(answers.right, inside)
        if name == ALL:
            continue
        outside = 1 - inside
        found[Comparison("weak", name)] = Measured(-answers.right, inside, less=outside)
        found |= {key.elsewhere: one for key, one in _of_layers(answers, name, outside)}
    return found | dict(_of_train(answers, groups))


def _of_layers(answers: Answers, group: str, inside: Floats) -> Iterator[tuple[Comparison, Measured]]:
    *lower, read = answers.probes_right
    yield Comparison("unused", group), Measured(read - answers.right, inside)
    for layer, right in zip(answers.layers, lower, strict=False):
        yield Comparison("lost", group, str(layer)), Measured(right - read, inside)
        yield Comparison("instead", group, str(layer)), Measured(right - answers.right, inside)


def _of_words(answers: Answers) -> Iterator[tuple[Comparison, Measured]]:
    """Of each word that enough sentences have, in all sentences that have it."""
    for word, classes in answers.without.items():
        has = (classes >= 0).astype(np.float64)
        if has.sum() >= FEWEST:
            gained = (classes == answers.gold) - answers.right
            yield Comparison("outweighed", f"with “{word}”", word), Measured(gained, has)


def _of_train(answers: Answers, groups: Mapping[str, Floats]) -> Iterator[tuple[Comparison, Measured]]:
    """Accuracy on train minus that on these sentences, by group; that on train is taken as known."""
    if answers.of_train is None:
        return
    right, of_train = answers.of_train
    everywhere = Groups((ALL, *of_train.names), np.column_stack([np.ones(len(right), bool), of_train.inside]))
    for place, name in enumerate(everywhere.names):
        inside = everywhere.inside[:, place]
        if name in groups and inside.sum() >= FEWEST:
            yield Comparison("trained", name), Measured(right[inside].mean() - answers.right, groups[name])
            yield from _agreeing(answers, name, groups[name], inside)


def _agreeing(answers: Answers, name: str, inside: Floats, of_train: Right) -> Iterator[tuple[Comparison, Measured]]:
    """Of each probe that gives the labels of train in a group more often than not, in the same group here."""
    if answers.probes_of_train is not None:
        for layer, right, here in zip(answers.layers, answers.probes_of_train, answers.probes_right, strict=True):
            if right[of_train].mean() > HALF:
                yield Comparison("agrees", name, str(layer)), Measured(here, inside)
