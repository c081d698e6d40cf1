"""The Hugging Face Hub: whether it answers, asked within seconds, so that nothing hangs without a network."""

import functools
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from threading import Thread
from typing import TypeVar

T = TypeVar("T")
SECONDS = 4.0  # for the Hub's first answer
REMEMBERED_S = 60.0  # how long an answer holds: one slow answer must not cut off a long-lived process


def unreachable() -> str | None:
    """Why the Hub cannot be used now, or None if it answers within SECONDS; remembered for REMEMBERED_S at most."""
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        return "HF_HUB_OFFLINE or TRANSFORMERS_OFFLINE is set"
    return _asked(constants.ENDPOINT, int(time.monotonic() // REMEMBERED_S))


@functools.lru_cache(maxsize=1)
def _asked(endpoint: str, period: int) -> str | None:
    """What ``unreachable`` says of ``endpoint``; a new ``period`` asks again."""
    try:
        return within(SECONDS, lambda: _refusal(endpoint))
    except TimeoutError:
        return f"no answer within {SECONDS:g} s"


def _refusal(endpoint: str) -> str | None:
    try:
        urllib.request.urlopen(urllib.request.Request(endpoint, method="HEAD"), timeout=SECONDS).close()
    except urllib.error.HTTPError as error:
        return None if error.code < 500 else str(error)  # below 500 it answered, if only to refuse HEAD
    except (OSError, ValueError) as error:
        return f"{type(error).__name__}: {error}"
    return None


def within(seconds: float, ask: Callable[[], T]) -> T:
    """The answer of ``ask``. Raises TimeoutError after ``seconds``, and what ``ask`` raises.

    In a thread, because the limits of HTTP clients cover neither the look-up of a name nor their retries.
    """
    answer: Future[T] = Future()

    def work() -> None:
        try:
            answer.set_result(ask())
        except Exception as error:
            answer.set_exception(error)

    Thread(target=work, daemon=True).start()
    return answer.result(timeout=seconds)


@contextmanager
def offline() -> Iterator[None]:
    """Let ``datasets`` read its local cache only, without the half minute of retries before it gives up."""
    from datasets import config
    from huggingface_hub import constants

    before = constants.HF_HUB_OFFLINE, config.HF_HUB_OFFLINE
    constants.HF_HUB_OFFLINE = config.HF_HUB_OFFLINE = True
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE, config.HF_HUB_OFFLINE = before
