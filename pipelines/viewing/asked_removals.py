"""The removals that a page of the viewer has: those of remove=, for every text."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from pipelines.shared.options import Parts
from pipelines.shared.schema import listed
from pipelines.viewing.inputs import Input
from pipelines.viewing.model_and_probes import asked_model
from pipelines.viewing.remover import Remover, removable_runs
from probing.analysis.text_removal import Wanted

if TYPE_CHECKING:
    from probing.view.probe_selection import Probes

Removals = Callable[[Input], list[dict[str, Any]]]


def asked_removals(parts: Parts, probes: "Probes", inputs: Sequence[Input]) -> Removals:
    """What gives the removals of an input; of a pair of texts none. All that is asked for is checked now, for the first
    input. Raises: ProbingError, for what cannot be removed.
    """
    settings = parts.settings
    remover, layers = Remover(removable_runs(probes.trained), *asked_model(parts)), listed(settings.remove_layers)

    def wanted(one: Input, name: str) -> list[Wanted]:
        there = remover.layers_of(one.place or one.text, name)
        return [Wanted(name, layer, settings.remove_method) for layer in layers or there]

    def removals(one: Input) -> list[dict[str, Any]]:
        if one.text_b is not None:
            return []
        each = (which for name in settings.removed for which in wanted(one, name))
        return [remover.remove(one.place or one.text, which) for which in each]

    for one in [one for one in inputs if one.text_b is None][:1]:
        for which in (which for name in settings.removed for which in wanted(one, name)):
            remover.check(one.place or one.text, which)
    return removals
