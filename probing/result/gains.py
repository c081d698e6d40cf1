"""How much a probe's score exceeds what explains it without the layer's context: paired on the same resamples."""

from collections.abc import Iterator, Sequence
from typing import Protocol, TypeVar

from probing.probe.fit import TASK
from probing.result.bootstrap import Resampled

GAINS = {"surface": "over_surface", "chain": "over_surface", "word_types": "over_word_types"}  # baseline: its gain
OVER_LAYER_0 = "over_layer0"


class Predictor(Protocol):
    """Whose predictions were scored."""

    @property
    def target(self) -> str:
        """task, surface, chain …"""

    @property
    def layer(self) -> int | None:
        """The layer that it reads; None: it reads none."""


P = TypeVar("P", bound=Predictor)


def gains(found: Sequence[tuple[P, Resampled]]) -> Iterator[tuple[P, str, Resampled]]:
    """On each layer the task's score minus each baseline's in GAINS, and minus that of the same probe on layer 0.

    Yields the task's predictor, the target of the row, and the difference: both scores are resampled together.
    """
    of_task = [(p, score) for p, score in found if p.target == TASK]
    others = [(GAINS[p.target], score) for p, score in found if p.target in GAINS]
    others += [(OVER_LAYER_0, score) for p, score in of_task if p.layer == 0]
    for p, score in of_task:
        for name, other in others:
            if other is not score:
                yield p, name, score - other
