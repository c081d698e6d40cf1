"""Errors of the project; each message says what was seen, what was expected and what to type."""

import errno
from collections.abc import Iterable
from pathlib import Path

# how libraries in other languages say that there is no memory; oneDNN says it as "could not create a primitive"
_NO_MEMORY = (
    *("out of memory", "not enough memory", "annot allocate memory", "DefaultCPUAllocator", "memory allocation failed"),
    *("failed to map segment", "unable to mmap", "could not create a primitive", "bad_alloc", "launch worker thread"),
)
SHOWN = 200  # characters of a value that a message quotes


class ProbingError(Exception):
    """Any failure that a user can correct; programs print it without a traceback."""


class ConfigError(ProbingError, ValueError):
    """An option has an impossible value."""


class DataError(ProbingError, ValueError):
    """A corpus is missing, malformed, or without the annotation that a task needs."""


class UnavailableError(ProbingError):
    """A checkpoint or corpus is not available here; a stand-in may run instead."""


class ModelError(ProbingError):
    """A checkpoint cannot be loaded, or its activations are unusable."""


class StoreError(ProbingError):
    """The store cannot be written or read."""


class DamagedStoreError(StoreError):
    """The store file at ``path`` fails its checks: it is rebuilt and never trusted."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(path, reason)
        self.path = path

    def __str__(self) -> str:
        return f"{self.path} is damaged or foreign ({self.args[1]})"


def no_memory(error: BaseException) -> bool:
    """Whether ``error`` says that memory ran out, of a processor or an accelerator."""
    if isinstance(error, MemoryError):
        return True
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno == errno.ENOMEM
    known = isinstance(error, RuntimeError | OSError | ImportError)
    return known and any(words in str(error) for words in _NO_MEMORY)


def shown(value: object) -> str:
    """``value`` as a message quotes it: in one line, without its end if it is long."""
    text = str(value)
    text = text if text.isprintable() else repr(text)[1:-1]
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}… ({len(text):,} characters)"


def first_line(error: BaseException) -> str:
    """The first line of an error's message, or its type where it has none."""
    return str(error).strip().split("\n", maxsplit=1)[0] or type(error).__name__


def one_of(option: str, value: object, allowed: Iterable[object]) -> None:
    """Raise ConfigError, naming the valid values, unless ``value`` is one of ``allowed``."""
    names = [str(a) for a in allowed]
    if str(value) not in names:
        raise ConfigError(f"{option}={shown(value)}: not a valid value; choose one of {', '.join(names)}")


def positive(option: str, value: float) -> None:
    """Raise ConfigError unless ``value`` is greater than zero."""
    if not value > 0:
        raise ConfigError(f"{option}={value}: must be greater than 0")


def dropout_share(option: str, value: float) -> None:
    """Raise ConfigError for a share of features that dropout cannot leave out."""
    if not 0 <= value < 1:
        raise ConfigError(f"{option}={value:g}: a share from 0 to below 1 is expected, e.g. 0.4")


def not_negative(option: str, value: float) -> None:
    """Raise ConfigError unless ``value`` is zero or greater."""
    if not value >= 0:
        raise ConfigError(f"{option}={value}: must be 0 or greater")
