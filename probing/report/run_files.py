"""Files of a run: whatever is wrong with one of them, the error names it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from probing.errors import DataError, ProbingError

T = TypeVar("T")


def read_file(path: Path, read: Callable[[Path], T]) -> T:
    """What ``read`` makes of a file of a run. Raises: DataError, naming the file, whatever goes wrong in it."""
    try:
        return read(path)
    except (ProbingError, MemoryError):
        raise
    # a damaged file without a checksum fails in as many ways as it has bytes
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise DataError(f"{path} cannot be read ({reason}); run it again or leave it out") from error


def optional(path: Path, read: Callable[[Path], T]) -> T | None:
    """What ``read`` makes of a file; None without it."""
    return read_file(path, read) if path.is_file() else None


def arrays(path: Path) -> dict[str, NDArray[Any]]:
    """The arrays of an .npz file by name."""
    with np.load(path, allow_pickle=False) as file:
        return dict(file)
