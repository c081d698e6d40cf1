"""The Hub through its real client, against a small server on this machine; and the Hub that does not answer."""

import hashlib
import json
import re
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest

from probing import hub
from probing.errors import ModelError, UnavailableError
from probing.model.checkpoint import Model, resolve
from probing.model.download import CONVERTER

MAIN, REQUEST = "a" * 40, "b" * 40  # commits
FILES = {"config.json": b"{}", "tokenizer.json": b"{}", "onnx/model.safetensors": b"other", "README.md": b"words"}
SAFE = {**FILES, "model.safetensors": b"weights", "pytorch_model.bin": b"pickles"}
PICKLED = {**FILES, "pytorch_model.bin": b"pickles"}


class Hub(BaseHTTPRequestHandler):
    """As much of the Hub as its client asks for: org/safe, org/pickled, org/converted."""

    def files(self, repo, revision):
        converted = repo == "org/converted" and revision in ("refs/pr/4", REQUEST)
        return SAFE if repo == "org/safe" or converted else PICKLED

    def do_GET(self):
        path, _, _ = self.path.replace("%2F", "/").partition("?")
        if path.endswith("/discussions"):
            request = {"num": 4, "title": "safetensors", "status": "open", "author": {"name": CONVERTER}}
            request |= {
                "isPullRequest": True,
                "createdAt": "2024-01-01T00:00:00.000Z",
                "repo": {"name": "org/converted", "type": "model"},
            }
            found = [request] if "converted" in path else []
            return self.answer(json.dumps({"discussions": found, "count": len(found), "start": 0}).encode())
        if match := re.fullmatch(r"/api/models/(org/\w+)/(revision|tree)/(.+)", path):
            return self.listing(*match.groups())
        if match := re.fullmatch(r"/(org/\w+)/resolve/(\w{40})/(.+)", path):
            repo, commit, name = match.groups()
            return self.answer(self.files(repo, commit)[name], commit)
        return self.answer(b"{}", status=404, error="RepoNotFound")

    do_HEAD = do_GET

    def listing(self, repo, kind, revision):
        if repo not in ("org/safe", "org/pickled", "org/converted"):
            return self.answer(b"{}", status=404, error="RepoNotFound")
        commit = REQUEST if revision in ("refs/pr/4", REQUEST) else MAIN
        files = self.files(repo, revision)
        if kind == "revision":
            siblings = [{"rfilename": name} for name in files]
            return self.answer(json.dumps({"id": repo, "sha": commit, "siblings": siblings}).encode())
        rows = [
            {"type": "file", "path": n, "size": len(c), "oid": hashlib.sha1(c).hexdigest()} for n, c in files.items()
        ]
        return self.answer(json.dumps(rows).encode())

    def answer(self, content, commit=MAIN, status=200, error=None):
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Content-Type", "application/json")
        self.send_header("ETag", f'"{hashlib.sha1(content).hexdigest()}"')
        self.send_header("X-Repo-Commit", commit)
        if error:
            self.send_header("X-Error-Code", error)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)

    def log_message(self, *_):
        pass


def point_to(monkeypatch, port):
    """Let the client talk to ``port`` of this machine instead of the Hub."""
    from huggingface_hub import constants

    endpoint = f"http://127.0.0.1:{port}"
    monkeypatch.setattr(constants, "ENDPOINT", endpoint)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", endpoint + "/{repo_id}/resolve/{revision}/{filename}")


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """An empty cache, so that no test sees the user's own."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    point_to(monkeypatch, 9)  # nothing listens there
    monkeypatch.setenv("no_proxy", "*")
    hub._asked.cache_clear()  # a port may be another server's now
    return tmp_path / "hub"


@pytest.fixture
def server(monkeypatch):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    point_to(monkeypatch, server.server_port)
    yield server
    server.shutdown()
    server.server_close()


def names(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_only_safetensors_configuration_and_tokenizer_are_fetched(server):
    found = resolve(Model("org/safe"))
    assert found.revision == MAIN
    assert found.name == "safe"
    assert names(found.folder) == ["config.json", "model.safetensors", "tokenizer.json"]


def test_what_was_fetched_is_found_again_without_the_hub(server, monkeypatch):
    first = resolve(Model("org/safe"))
    point_to(monkeypatch, 9)
    assert resolve(Model("org/safe")) == first


def test_a_download_cut_short_is_not_taken_for_a_checkpoint(server):
    folder = resolve(Model("org/safe")).folder
    (folder / "model.safetensors").unlink()
    assert (resolve(Model("org/safe")).folder / "model.safetensors").is_file()


def test_the_hubs_own_conversion_serves_where_the_repository_holds_pickles(server):
    found = resolve(Model("org/converted"))
    assert found.revision == REQUEST
    assert "model.safetensors" in names(found.folder)


def test_a_revision_can_be_named(server):
    assert resolve(Model("org/converted@refs/pr/4")).revision == REQUEST


def test_pickles_without_a_conversion_are_refused_before_they_are_fetched(server, cache):
    with pytest.raises(ModelError, match="org/pickled: only pytorch_model.bin, expected model.safetensors"):
        resolve(Model("org/pickled"))
    assert not cache.exists() or not list(cache.rglob("*.bin"))


def test_a_mistyped_id_is_an_error_where_the_hub_says_so(server):
    with pytest.raises(ModelError, match="the Hub has no such model"):
        resolve(Model("org/saef"))


def test_what_is_no_id_at_all_is_an_error():
    with pytest.raises(ModelError, match="neither a folder here nor a Hub id"):
        resolve(Model("what/is/this"))


def test_a_refused_connection_is_unavailable_and_shows_the_way():
    with pytest.raises(UnavailableError) as caught:
        resolve(Model("google-bert/bert-base-uncased"))
    message = str(caught.value)
    assert message.startswith("google-bert/bert-base-uncased: not in the local Hub cache")
    assert "hf download google-bert/bert-base-uncased --local-dir bert-base-uncased" in message
    assert "model.checkpoint=./bert-base-uncased" in message


def test_a_hub_that_never_answers_is_given_up_within_the_limit(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        point_to(monkeypatch, silent.getsockname()[1])
        monkeypatch.setattr(hub, "SECONDS", 0.3)
        start = time.monotonic()
        with pytest.raises(UnavailableError, match=r"cannot be reached \((no answer within|.*timed out)"):
            resolve(Model("org/safe"))
        assert time.monotonic() - start < 2


def test_a_hub_that_answers_again_is_used_by_the_same_process(server, monkeypatch):
    """One slow answer keeps a process from the Hub for a minute at most."""
    clock = SimpleNamespace(monotonic=lambda: 600.0)
    monkeypatch.setattr(hub, "time", clock)
    with monkeypatch.context() as slow:
        slow.setattr(hub, "_refusal", lambda _: "no route")
        with pytest.raises(UnavailableError, match=r"cannot be reached \(no route\)"):
            resolve(Model("org/safe"))
    clock.monotonic = lambda: 600.0 + hub.REMEMBERED_S / 2
    with pytest.raises(UnavailableError, match=r"cannot be reached \(no route\)"):  # remembered
        resolve(Model("org/safe"))
    clock.monotonic = lambda: 600.0 + hub.REMEMBERED_S
    assert resolve(Model("org/safe")).revision == MAIN


def test_offline_mode_is_respected(server, monkeypatch):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(UnavailableError, match="HF_HUB_OFFLINE|offline"):
        resolve(Model("org/safe"))
