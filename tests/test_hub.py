import io
import os
import socket
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest

from probing import hub


@pytest.fixture
def endpoint(monkeypatch):
    """endpoint("http://…"): where the Hub is, with nothing remembered."""
    from huggingface_hub import constants

    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    hub._asked.cache_clear()
    yield lambda address: monkeypatch.setattr(constants, "ENDPOINT", address)
    hub._asked.cache_clear()


@pytest.fixture
def silent():
    """The address of a server that takes the call and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.parametrize(
    ("address", "reason"),
    [("http://127.0.0.1:9", "refused"), ("no address", "unknown url type"), ("http://name.invalid", "URLError")],
)
def test_a_hub_that_refuses_is_unreachable_and_leaves_no_trace(endpoint, address, reason):
    endpoint(address)
    before = dict(os.environ)
    assert reason in (hub.unreachable() or "")
    assert dict(os.environ) == before


def test_an_answer_is_remembered_for_a_minute_at_most(endpoint, monkeypatch):
    answers = iter(["no route", None, "no route"])
    clock = SimpleNamespace(monotonic=lambda: 120.0)
    monkeypatch.setattr(hub, "time", clock)
    monkeypatch.setattr(hub, "_refusal", lambda _: next(answers))
    endpoint("http://hub")
    found = []
    for second in (120, 150, 179.9, 180, 239, 240):
        clock.monotonic = lambda second=second: second
        found.append(hub.unreachable())
    assert found == ["no route"] * 3 + [None] * 2 + ["no route"]


def test_a_hub_that_keeps_silent_is_unreachable_within_the_limit(endpoint, silent, monkeypatch):
    monkeypatch.setattr(hub, "SECONDS", 0.2)
    endpoint(silent)
    start = time.perf_counter()
    assert hub.unreachable()
    assert time.perf_counter() - start < 3


def test_a_name_server_that_keeps_silent_is_given_up_too(endpoint, monkeypatch):
    monkeypatch.setattr(hub, "SECONDS", 0.2)
    monkeypatch.setattr(hub.urllib.request, "urlopen", lambda *_, **__: time.sleep(10) or io.BytesIO())
    start = time.perf_counter()
    assert hub.unreachable() == "no answer within 0.2 s"
    assert time.perf_counter() - start < 3


def test_offline_mode_is_believed_without_asking(endpoint, monkeypatch):
    from huggingface_hub import constants

    monkeypatch.setattr(hub, "_refusal", lambda _: pytest.fail("asked"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert hub.unreachable() == "HF_HUB_OFFLINE or TRANSFORMERS_OFFLINE is set"


def test_within_gives_the_answer_or_the_error():
    assert hub.within(5, lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        hub.within(5, lambda: 1 // 0)
    with pytest.raises(TimeoutError):
        hub.within(0.05, lambda: time.sleep(1))


def test_offline_is_over_with_the_block(monkeypatch):
    import datasets
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", False)
    with pytest.raises(ValueError, match="anything"), hub.offline():
        assert constants.HF_HUB_OFFLINE and datasets.config.HF_HUB_OFFLINE
        raise ValueError("anything")
    assert not constants.HF_HUB_OFFLINE and not datasets.config.HF_HUB_OFFLINE


def test_a_corpus_of_an_unreachable_hub_is_unavailable_within_seconds(tmp_path):
    # In a process of its own, where no earlier test has set a cache or an endpoint.
    program = (
        "from probing.data.conllu import Conllu\n"
        "Conllu('ewt', 'a.conllu', 'b.conllu', folder='ud', hub='org/treebanks', hub_config='en').load()"
    )
    environment = {k: v for k, v in os.environ.items() if not k.startswith("HF_") and k != "PROBING_DATA"}
    environment |= {"HF_ENDPOINT": "http://127.0.0.1:9", "HF_HOME": str(tmp_path), "no_proxy": "*"}
    start = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True)
    assert time.perf_counter() - start < 15  # most of it the import; the retries of the client alone take longer
    assert "UnavailableError: corpus ewt: not found here, and not available from org/treebanks" in done.stderr
    assert "the Hub cannot be reached" in done.stderr
    assert "data.path=<folder with a.conllu>" in done.stderr
