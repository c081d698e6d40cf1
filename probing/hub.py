"""Whether the Hugging Face Hub answers: decided once, in seconds, so that nothing hangs without a network."""

import functools
import os
import queue
import threading
import urllib.error
import urllib.request

TIMEOUT_S = 4.0


@functools.cache
def reachable() -> bool:
    """True if the Hub answers; where it does not, libraries imported later read their local caches only.

    Without this, ``datasets`` retries for half a minute before it says what is known at once.
    """
    if os.environ.get("HF_HUB_OFFLINE", "").upper() in {"1", "ON", "YES", "TRUE"}:
        return False
    answer: queue.SimpleQueue[bool] = queue.SimpleQueue()
    # A thread, because urlopen's own limit does not cover the look-up of the name.
    threading.Thread(target=lambda: answer.put(_answers()), daemon=True).start()
    try:
        answers = answer.get(timeout=TIMEOUT_S)
    except queue.Empty:
        answers = False
    if not answers:
        os.environ["HF_HUB_OFFLINE"] = os.environ["HF_DATASETS_OFFLINE"] = "1"
    return answers


def _answers() -> bool:
    endpoint = os.environ.get("HF_ENDPOINT", "https://huggingface.co")
    try:
        urllib.request.urlopen(urllib.request.Request(endpoint, method="HEAD"), timeout=TIMEOUT_S).close()
    except urllib.error.HTTPError as error:
        return error.code < 500  # it answered, if only to refuse HEAD
    except (OSError, ValueError):
        return False
    return True
