"""How long each part of a view took, and which parts could not be computed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import TypeVar

from probing.errors import ModelError

T = TypeVar("T")


class Clock:
    """Milliseconds by part, in ``ms``."""

    def __init__(self) -> None:
        self.ms: dict[str, float] = {}

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        """Time a ``with`` statement."""
        start = perf_counter()
        yield
        self.ms[name] = (perf_counter() - start) * 1000

    def part(self, name: str, missing: dict[str, str], make: Callable[[], T]) -> T | None:
        """The result of ``make``, timed; None if ``missing`` names the part.

        If ``make`` raises ModelError, its message becomes the reason in ``missing``.
        """
        if name in missing:
            return None
        with self(name):
            try:
                return make()
            except ModelError as error:
                missing[name] = str(error)
        return None
