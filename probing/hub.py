"""Whether the Hugging Face Hub answers: decided once, in seconds, so that nothing hangs without a network."""

import functools
import os
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
    endpoint = os.environ.get("HF_ENDPOINT", "https://huggingface.co")
    try:
        urllib.request.urlopen(urllib.request.Request(endpoint, method="HEAD"), timeout=TIMEOUT_S).close()
    except urllib.error.HTTPError:
        return True  # it answered, if only to refuse HEAD
    except (OSError, ValueError):
        os.environ["HF_HUB_OFFLINE"] = os.environ["HF_DATASETS_OFFLINE"] = "1"
        return False
    return True
