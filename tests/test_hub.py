import io
import os
import socket
import subprocess
import sys
import time

import pytest

from probing import hub


@pytest.fixture
def asked(monkeypatch):
    """``reachable`` without what it remembers, and an environment of its own that it may change."""
    monkeypatch.setattr(os, "environ", {k: v for k, v in os.environ.items() if not k.startswith("HF_")})
    monkeypatch.setitem(os.environ, "no_proxy", "*")
    hub.reachable.cache_clear()
    yield hub.reachable
    hub.reachable.cache_clear()


@pytest.fixture
def silent():
    """The address of a server that takes the call and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:9", "no address", "http://name.invalid"])
def test_a_hub_that_refuses_is_unreachable_and_asked_once(asked, endpoint):
    os.environ["HF_ENDPOINT"] = endpoint
    assert not asked()
    assert os.environ["HF_HUB_OFFLINE"] == os.environ["HF_DATASETS_OFFLINE"] == "1"
    del os.environ["HF_HUB_OFFLINE"]
    assert not asked()
    assert "HF_HUB_OFFLINE" not in os.environ


def test_a_hub_that_keeps_silent_is_unreachable_within_the_limit(asked, silent, monkeypatch):
    monkeypatch.setattr(hub, "TIMEOUT_S", 0.2)
    os.environ["HF_ENDPOINT"] = silent
    start = time.perf_counter()
    assert not asked()
    assert time.perf_counter() - start < 3


def test_a_name_server_that_keeps_silent_is_given_up_too(asked, monkeypatch):
    monkeypatch.setattr(hub, "TIMEOUT_S", 0.2)
    monkeypatch.setattr(hub.urllib.request, "urlopen", lambda *_, **__: time.sleep(10) or io.BytesIO())
    start = time.perf_counter()
    assert not asked()
    assert time.perf_counter() - start < 3


def test_offline_mode_is_believed_without_asking(asked, monkeypatch):
    monkeypatch.setattr(hub, "_answers", lambda: pytest.fail("asked"))
    os.environ["HF_HUB_OFFLINE"] = "1"
    assert not asked()


def test_a_corpus_of_an_unreachable_hub_is_unavailable_within_seconds(tmp_path):
    # In a process of its own: whether the client works offline is settled when it is imported.
    program = (
        "from probing.data.conllu import Conllu\n"
        "Conllu('ewt', 'a.conllu', 'b.conllu', folder='ud', hub='org/treebanks', hub_config='en').load()"
    )
    environment = {k: v for k, v in os.environ.items() if not k.startswith("HF_") and k != "PROBING_DATA"}
    environment |= {"HF_ENDPOINT": "http://127.0.0.1:9", "HF_HOME": str(tmp_path), "no_proxy": "*"}
    start = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True)
    assert time.perf_counter() - start < 15  # most of it the import; the retries of the client alone take longer
    assert "UnavailableError: corpus ewt: not found here, nor to be had from org/treebanks" in done.stderr
    assert "the Hub cannot be reached" in done.stderr
    assert "data.path=<folder with a.conllu>" in done.stderr
