"""Running out of memory: a batch that does not fit is run in halves, and later batches are kept smaller."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from probing.errors import ModelError, no_memory

log = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass
class Memory:
    """What a device turned out to hold. ceiling: padded subwords of one pass; halvings: how often it fell."""

    ceiling: int = 2**62
    halvings: int = 0

    def halving(
        self,
        items: NDArray[np.int64],
        lengths: NDArray[np.int64],
        run: Callable[[NDArray[np.int64]], T],
        copies: int = 1,
    ) -> Iterator[T]:
        """What ``run`` returns for ``items`` (n,), in one piece, or piece by piece where memory does not suffice.

        lengths (n,): subwords of each item; ``copies``: how often each is in a pass. When a pass runs out of memory the
        ceiling falls below it, for good, and the halves are run in its place: ``run`` must therefore return what it
        found and change nothing.
        Raises: ModelError if one item alone does not fit.
        """
        waiting = [np.arange(len(items))]
        while waiting:
            some = waiting.pop()
            size = int(lengths[some].max()) * len(some) * copies
            if size <= self.ceiling or len(some) == 1:
                try:
                    found = run(items[some])
                except RuntimeError as error:
                    self._lower(error, size, int(lengths[some].max()), len(some))
                else:
                    yield found
                    continue
            middle = len(some) // 2
            waiting += [some[middle:], some[:middle]]

    def _lower(self, error: RuntimeError, size: int, longest: int, n_items: int) -> None:
        import torch

        if not no_memory(error):
            raise error
        if n_items == 1:
            raise ModelError(
                f"memory ran out on a single input of {longest} subwords; type model.max_subwords={longest // 2} or "
                "device=cpu, take shorter sentences, or use a smaller model"
            ) from error
        self.ceiling = size // 2
        self.halvings += 1
        log.warning("memory ran out on a batch of %d subwords; from now on at most %d", size, self.ceiling)
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
