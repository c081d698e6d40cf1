"""What of the hidden states a study needs, and so what is extracted."""

from collections.abc import Sequence

from probing.axes import SPLITS, Labels, Level
from probing.errors import ConfigError
from probing.probe.aggregate import Aggregate
from probing.probe.attention_pool import AttentionPool
from probing.probe.fit import Probe
from probing.probe.mix import Mix
from probing.store.key import ALL, NONE, Store
from probing.task.labels import Task

Layers = Sequence[int] | None  # None: all of the model


def layers_read(probe: Probe, probed: Layers, further: Layers) -> tuple[int, ...] | None:
    """The layers that are probed, and ``further`` ones that analyses read; None: all."""
    if probed is None or further is None:
        return None
    below = range(max(probed) + 1) if isinstance(probe, Mix) else ()
    return tuple(sorted({*probed, *further, *below}))


def layers_stored(store: Store, read: tuple[int, ...] | None) -> tuple[int, ...] | None:
    """The layers of a new file: those that are ``read``, and those of ``store.layers``; None: all."""
    if read is None or store.layers == ALL:
        return None
    return tuple(sorted({*read, *(store.layers or ())}))


def pooled_to(pool: str, task: Task, probe: Probe, labels: Labels) -> tuple[Level, str]:
    """What ``store.pool`` pools to, word or sentence, and in which way.

    Raises: ConfigError if the task or the probe needs what pooled vectors do not have.
    """
    level = labels.level
    if isinstance(probe, AttentionPool | Aggregate):
        raise ConfigError(f"store.pool={pool}: probe={probe.name} reads all subwords; type store.pool=none")
    if level == "sentence" and labels.places is not None:
        possible: tuple[Level, str] | None = None  # a part of each text, which a vector of the whole does not have
    elif level == "sentence" or task.vector == "cls":
        possible = ("sentence", task.vector)
    elif level in ("word", "pair") or task.vector != "mean" or _single_words(labels):
        possible = ("word", "mean" if task.vector == "ends" else task.vector)
    else:
        possible = None  # the mean of several words is that of their subwords
    if possible is None or possible[0] != pool:
        other = NONE if possible is None else possible[0]
        raise ConfigError(
            f"store.pool={pool}: the vectors of task={task.name} with task.vector={task.vector} cannot be made from "
            f"those of {pool}s; type store.pool={other}"
        )
    return possible


def _single_words(labels: Labels) -> bool:
    places = labels.places or {}
    return all((of.spans[..., 1] - of.spans[..., 0] == 1).all() for split in SPLITS for of in places[split])
