"""What of the hidden states a study needs, and so what is extracted."""

from typing import TYPE_CHECKING

from probing.axes import SPLITS, Level
from probing.errors import ConfigError
from probing.probe.aggregate import Aggregate
from probing.probe.attention_pool import AttentionPool
from probing.probe.mix import Mix
from probing.store.key import NONE, Chosen

if TYPE_CHECKING:
    from probing.analysis.study import Study


def chosen_vectors(study: "Study") -> Chosen:
    """The layers that are probed, or read by an analysis; pooled if ``store.pool`` asks for it.

    Raises: ConfigError if the task or the probe needs what pooled vectors do not have.
    """
    return Chosen(_layers(study), _pooled(study))


def _layers(study: "Study") -> tuple[int, ...] | None:
    probed, further = study.options.layers, study.further_layers
    if probed is None or further is None:
        return None
    below = range(max(probed) + 1) if isinstance(study.probe, Mix) else ()
    return tuple(sorted({*probed, *further, *below}))


def _pooled(study: "Study") -> tuple[Level, str] | None:
    pool, task, level = study.store.pool, study.task, study.labels.level
    if pool == NONE:
        return None
    if isinstance(study.probe, AttentionPool | Aggregate):
        raise ConfigError(f"store.pool={pool}: probe={study.probe.name} reads all subwords; type store.pool=none")
    if level == "sentence" or task.vector == "cls":
        possible: tuple[Level, str] | None = ("sentence", task.vector)
    elif level in ("word", "pair") or task.vector != "mean" or _single_words(study):
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


def _single_words(study: "Study") -> bool:
    places = study.labels.places or {}
    return all((of.spans[..., 1] - of.spans[..., 0] == 1).all() for split in SPLITS for of in places[split])
