"""The explorer over HTTP: every address, every way to ask wrongly, foreign pages, and how it ends."""

import base64
import gzip
import http.client
import json
import signal
import socket
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from types import SimpleNamespace

import numpy as np
import pytest
import uvicorn

from pipelines.exploring.api_description import HEADER, MODEL, REMOVE_REQUEST, UNPACK, WHY_REQUEST
from pipelines.exploring.request import REMOVE_FIELDS, WHY_FIELDS
from pipelines.exploring.server import FRAMED, HEADERS, application
from pipelines.shared.hide_folders import without_folders
from probing.errors import DataError, StoreError
from probing.rng import generator
from probing.view.record import Tokens, View

TEXT = "<script>alert('&')</script> naïve 🙂 \u2028 \0"
LIMIT = 100


class Fake:
    """Looks at nothing: says what it was asked, and fails where a text says so."""

    def __init__(self) -> None:
        self.at_once = self.most_at_once = 0
        self.ready = True

    def status(self):
        return {"ready": self.ready, "stage": "ready", "limits": {"characters": LIMIT, "subwords": 9}, "error": None}

    def view(self, text, text_b, parts):
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        time.sleep(0.02)
        self.at_once -= 1
        if text.startswith("raise "):
            raise {
                "data": DataError("/home/me/models/tiny/vocab.txt: no subword; give other text"),
                "store": StoreError("the store is gone"),
                "bug": KeyError("secret /home/me"),
                "half": KeyError("half a pair: \ud800"),
                "half data": DataError("half a pair: \ud800"),
                "memory": MemoryError("3 GB wanted for /home/me"),
                "nan": ValueError("Out of range float values are not JSON compliant"),
            }[text.removeprefix("raise ")]
        return {"text": text, "text_b": text_b, "parts": parts}, {"attention/1": "AAAA"}

    def why(self, wanted):
        self.view(wanted.text, None, None)
        return {"diagnosis": wanted._asdict(), "page": "/why/1/text-1.html"}

    def remove(self, wanted):
        self.view(wanted.text, None, None)
        return {**wanted.wanted._asdict(), "text": wanted.text, "task": wanted.task}

    def file(self, number, name):
        return (b"<!doctype html>page", "text/html") if (number, name) == (1, "figures/a b.html") else None


@contextmanager
def serving(session) -> Iterator[int]:
    """A real server in a thread, at a free port."""
    here = socket.create_server(("127.0.0.1", 0))
    port = here.getsockname()[1]
    app = application("<!doctype html><title>page</title>", session, port)
    server = uvicorn.Server(uvicorn.Config(app, lifespan="off", ws="none", log_config=None, log_level="critical"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [here]})
    thread.start()
    try:
        yield port
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        here.close()
        assert not thread.is_alive()


@pytest.fixture(scope="module")
def fake() -> Fake:
    return Fake()


@pytest.fixture(scope="module")
def port(fake) -> Iterator[int]:
    with serving(fake) as port:
        yield port


def call(port: int, method: str, path: str, body: object = None, **headers: str | None) -> SimpleNamespace:
    """One request as told, no more: its status, headers, text and, where it is JSON, data."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    raw = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    given = {"Host": f"127.0.0.1:{port}", **({"Content-Type": "application/json"} if raw is not None else {})}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    with closing(connection):
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in given.items():
            if value is not None:
                connection.putheader(name, value)
        if raw is not None:
            connection.putheader("Content-Length", str(len(raw)))
        connection.endheaders(raw)
        answer = connection.getresponse()
        text = answer.read().decode()
    data = json.loads(text) if text and answer.headers["content-type"] == "application/json" else None
    return SimpleNamespace(status=answer.status, headers=answer.headers, text=text, data=data)


def ask(port: int, **body: object) -> SimpleNamespace:
    return call(port, "POST", "/api/view", body)


def test_every_address_answers(port):
    page = call(port, "GET", "/")
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert page.text.startswith("<!doctype html>")
    described = call(port, "GET", "/api").data
    assert set(described["addresses"]) == {
        "GET /",
        "GET /api",
        "GET /api/model",
        "POST /api/view",
        "POST /api/why",
        "POST /api/remove",
        "GET /why/{number}/{name}",
    }
    assert described["limits"] == {"characters": LIMIT, "subwords": 9}
    assert f"http://127.0.0.1:{port}/api/view" in described["example"]
    assert call(port, "GET", "/api/model").data["ready"] is True
    assert call(port, "HEAD", "/").status == 200


def test_a_view_comes_back_as_it_was_asked_for(port):
    found = ask(port, text=TEXT, text_b="b", parts=["flow", "norm"])
    assert found.status == 200
    assert found.data == {
        "header": {"text": TEXT, "text_b": "b", "parts": ["flow", "norm"]},
        "arrays": {"attention/1": "AAAA"},
    }
    assert ask(port, text="a", text_b=" \n").data["header"] == {"text": "a", "text_b": None, "parts": None}
    assert call(port, "POST", "/api/view", {"text": "a"}, Content_Type="application/JSON; charset=utf-8").status == 200
    assert ask(port, text="🙂" * LIMIT, text_b="🙂" * LIMIT).status == 200  # twelve bytes each, as JSON writes them


def test_a_diagnosis_comes_back_as_it_was_asked_for(port):
    found = call(port, "POST", "/api/why", {"text": TEXT, "label": "<b>"})
    assert (found.status, found.data["diagnosis"]) == (200, {"text": TEXT, "label": "<b>", "task": None})
    assert call(port, "POST", "/api/why", {"text": "a", "label": "b", "task": "c"}).data["diagnosis"]["task"] == "c"
    assert set(WHY_REQUEST) == set(WHY_FIELDS)
    assert call(port, "POST", "/api/why", {"text": "raise data", "label": "b"}).status == 400
    assert call(port, "POST", "/api/why", {"text": "raise bug", "label": "b"}).status == 500


REMOVE = {"text": TEXT, "property": "pos", "layer": 3}


def test_a_removal_comes_back_as_it_was_asked_for(port):
    found = call(port, "POST", "/api/remove", REMOVE)
    assert (found.status, found.data) == (200, {**REMOVE, "method": "leace", "task": None})
    asked = {**REMOVE, "method": "<b>", "task": "c"}
    assert call(port, "POST", "/api/remove", asked).data == asked
    assert set(REMOVE_REQUEST) == set(REMOVE_FIELDS)
    assert call(port, "POST", "/api/remove", {**REMOVE, "text": "raise data"}).status == 400
    assert call(port, "POST", "/api/remove", {**REMOVE, "text": "raise bug"}).status == 500


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (b"[]", 400, 'a list; an object is expected; send {"text": "The cat sat", "property": "pos", "layer": 3}'),
        ({"text": "a", "layer": 3}, 400, "property is null; a string is expected; send"),
        ({**REMOVE, "property": " "}, 400, "property is empty"),
        ({**REMOVE, "layer": "3"}, 400, 'layer is "3"; a whole number from 0 on is expected'),
        ({**REMOVE, "layer": True}, 400, "layer is a boolean"),
        ({**REMOVE, "layer": -1}, 400, "layer is a number; a whole number from 0 on"),
        ({**REMOVE, "layer": 1.5}, 400, "layer is a number"),
        ({"text": "a", "property": "pos"}, 400, "layer is null"),
        ({**REMOVE, "method": 3}, 400, "method is a number"),
        ({**REMOVE, "task": ["pos"]}, 400, "task is a list"),
        ({**REMOVE, "seed": 3}, 400, "the fields are text, property, layer, method, task"),
        ({**REMOVE, "text": "a" * (LIMIT + 1)}, 413, "text has 101 characters; at most 100"),
    ],
)
def test_a_removal_that_cannot_be_understood_is_refused(port, body, status, said):
    answer = call(port, "POST", "/api/remove", body)
    assert answer.status == status
    assert said in answer.data["error"]


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (b"{", 400, "not JSON"),
        (b"[]", 400, 'a list; an object is expected; send {"text": "It was not boring", "label": "positive"}'),
        ({"text": "a"}, 400, "label is null; a string is expected; send"),
        ({"text": " ", "label": "b"}, 400, "text is empty"),
        ({"text": "a", "label": ""}, 400, "label is empty"),
        ({"text": "a", "label": ["b"]}, 400, "label is a list"),
        ({"text": "a", "label": "b", "task": 3}, 400, "task is a number"),
        ({"text": "a", "label": "b", "text_b": "c"}, 400, "the fields are text, label, task"),
        (b'{"text": "a", "label": "\\ud83d"}', 400, "half a surrogate pair"),
        ({"text": "a" * (LIMIT + 1), "label": "b"}, 413, "text has 101 characters; at most 100"),
        ({"text": "a", "label": "b" * (LIMIT + 1)}, 413, "label has 101"),
        (b" " * 4000, 413, "3,424 bytes"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_bad_question_is_told_what_is_wrong(port, body, status, said):
    refused = call(port, "POST", "/api/why", body)
    assert (refused.status, list(refused.data)) == (status, ["error"])
    assert said in refused.data["error"]
    assert call(port, "POST", "/api/why", {"text": "a"}, Content_Type="text/plain").status == 415
    assert call(port, "POST", "/api/why", {"text": "a"}, Origin="http://evil.test").status == 403


def test_pages_of_a_diagnosis_are_shown_in_a_frame_of_this_page_and_can_do_nothing_else(port):
    found = call(port, "GET", "/why/1/figures/a%20b.html")
    assert (found.status, found.text) == (200, "<!doctype html>page")
    assert found.headers["content-type"] == "text/html; charset=utf-8"
    assert {name: found.headers[name] for name in FRAMED} == FRAMED
    policy = found.headers["content-security-policy"]
    assert "frame-ancestors 'self'" in policy and "sandbox" in policy and "allow-same-origin" not in policy
    for path in ("/why/2/text-1.html", "/why/1/../../conf/run.yaml", "/why/x/text-1.html", "/why/1/", "/why/-1/a"):
        assert call(port, "GET", path).status == 404
    assert call(port, "GET", "/why/1/figures/a%20b.html", Host="evil.test").status == 403


def test_the_description_s_own_example_works(port):
    example = call(port, "GET", "/api").data["example"]
    body = example.partition("-d '")[2].removesuffix("'")
    assert call(port, "POST", "/api/view", body.encode()).status == 200


def test_every_answer_has_the_headers_that_keep_it_to_itself(port):
    for answer in (call(port, "GET", "/"), ask(port, text="a"), ask(port), call(port, "GET", "/", Host="evil.test")):
        assert {name: answer.headers[name] for name in HEADERS} == HEADERS
        assert not [name for name in answer.headers if name.lower().startswith("access-control")]
    assert "frame-ancestors 'none'" in call(port, "GET", "/").headers["content-security-policy"]


BAD = [
    (b"", 400, "not JSON"),
    (b"{", 400, "not JSON"),
    (b"\xff\xfe\xff", 400, "not JSON"),
    (b"[" * 2000, 400, "not JSON"),
    (b"1" * 2000, 400, "a number; an object"),
    (b"1" * 3400, 400, "an object is expected"),
    (b"[]", 400, "a list; an object is expected"),
    (b"null", 400, "null; an object"),
    (b"{}", 400, "text is null; a string is expected"),
    ({"text": 3}, 400, "text is a number"),
    ({"text": " \t"}, 400, "text is empty"),
    ({"text": "a", "text_b": ["b"]}, 400, "text_b is a list"),
    (b'{"text": "\\ud83d"}', 400, "half a surrogate pair"),
    ({"text": "a", "model": "gpt2"}, 400, 'no such field: ["model"]; the fields are text, text_b, parts'),
    (b'{"\\ud800": 1}', 400, "ud800"),
    ({"text": "a", "parts": "norm"}, 400, 'parts is "norm"; a list'),
    ({"text": "a", "parts": [["norm"]]}, 400, "norm, flow, neurons"),
    ({"text": "a", "parts": ["rollout"]}, 400, "norm, flow, neurons"),
    ({"text": "a" * (LIMIT + 1)}, 413, "text has 101 characters; at most 100"),
    ({"text": "a", "text_b": "b" * (LIMIT + 1)}, 413, "text_b has 101"),
    (b" " * 4000, 413, "3,424 bytes"),
    (b" " * 3_000_000, 413, "3,424 bytes"),
]


@pytest.mark.parametrize("body, status, said", BAD, ids=lambda value: str(value)[:30])
def test_a_bad_body_is_told_what_is_wrong_and_the_server_lives_on(port, body, status, said):
    refused = call(port, "POST", "/api/view", body)
    assert refused.status == status
    assert list(refused.data) == ["error"]
    assert said in refused.data["error"]
    assert ask(port, text="a").status == 200


@pytest.mark.parametrize(
    "start", ["", '{"text": ', '{"parts": ', '{"text": "a", "parts": ', '{"text": "a", "parts": ["norm", ']
)
def test_however_deeply_a_body_is_nested_the_answer_is_json(port, start):
    end = "".join({"{": "}", "[": "]"}[c] for c in reversed(start) if c in "{[")
    for deep in (10, *range(900, 1000, 3), 100_000 // LIMIT):  # Python's own limit lies between
        body = f"{start}{'[' * deep}{']' * deep}{end}".encode()
        refused = call(port, "POST", "/api/view", body)
        assert refused.status == 400, deep
        assert list(refused.data) == ["error"], deep


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", None])
def test_only_json_is_taken_which_no_foreign_form_can_send(port, kind):
    refused = call(port, "POST", "/api/view", {"text": "a"}, Content_Type=kind)
    assert refused.status == 415
    assert "Content-Type: application/json" in refused.data["error"]


@pytest.mark.parametrize(
    "method, path, status",
    [("GET", "/nowhere", 404), ("GET", "/api/", 404), ("GET", "/../conf/run.yaml", 404), ("GET", "/api/view", 405)]
    + [("POST", "/", 405), ("OPTIONS", "/api/view", 405), ("PUT", "/api/model", 405), ("DELETE", "/api", 405)],
)
def test_other_addresses_and_methods_are_refused_in_json(port, method, path, status):
    refused = call(port, method, path)
    assert refused.status == status
    assert "POST /api/view" in refused.data["error"]


@pytest.mark.parametrize("path", ["/", "/api", "/api/model", "/nowhere"])
@pytest.mark.parametrize("host", ["evil.test", "evil.test:{port}", "127.0.0.1", "localhost:1", "", None])
def test_a_foreign_name_that_points_here_gets_nothing(port, host, path):
    refused = call(port, "GET", path, Host=host and host.format(port=port))
    # what has no Host at all is no HTTP/1.1, which the server says before us
    assert refused.status == (400 if host is None else 403)
    assert "page" not in refused.text or "<" not in refused.text


@pytest.mark.parametrize(
    "origin", ["http://evil.test", "null", "https://127.0.0.1:{port}", "http://127.0.0.1", "http://127.0.0.1:{port}.x"]
)
def test_a_page_of_another_origin_may_not_ask(port, fake, origin):
    refused = call(port, "POST", "/api/view", {"text": "a"}, Origin=origin.format(port=port))
    assert refused.status == 403
    assert "only the page of" in refused.data["error"]


def test_its_own_page_may_ask_by_either_name(port):
    for name in ("127.0.0.1", "localhost"):
        own = {"Host": f"{name}:{port}", "Origin": f"http://{name}:{port}"}
        assert call(port, "POST", "/api/view", {"text": "a"}, **own).status == 200


def test_an_error_of_the_model_is_told_without_where_files_lie(port):
    refused = ask(port, text="raise data")
    assert (refused.status, refused.data) == (400, {"error": "…/vocab.txt: no subword; give other text"})
    assert ask(port, text="raise store").status == 500
    assert ask(port, text="raise half data").data == {"error": "half a pair: \\ud800"}


def test_lack_of_memory_is_a_line_for_the_page_and_one_for_the_terminal(port, caplog):
    answer = ask(port, text="raise memory")
    assert answer.status == 500
    assert answer.data == {"error": "memory ran out on this text; send a shorter one, or fewer parts"}
    assert "Traceback" not in caplog.text
    assert ask(port, text="fine").status == 200


@pytest.mark.parametrize("bug", ["bug", "nan", "half"])
def test_a_bug_is_told_in_a_line_and_in_full_on_the_terminal(port, caplog, bug):
    refused = ask(port, text=f"raise {bug}")
    assert refused.status == 500
    assert "terminal" in refused.data["error"]
    assert "/home" not in refused.text
    assert "Traceback" in caplog.text
    assert caplog.text.encode()
    assert ask(port, text="a").status == 200


def test_paths_lose_their_folders_and_nothing_else_does():
    assert without_folders("~/x/y/z.json and C:\\Users\\me\\w.bin, /a/b") == "…/z.json and …/w.bin, …/b"
    for kept in ("he/she and 1/2; type model=./x or and/or", "https://example.org/a/b", "a / b", "/x or /y"):
        assert without_folders(kept) == kept


def test_a_folder_may_have_spaces_in_its_name():
    for path in ("/home/My Name/my models/a.h5", "C:\\Program Files (x86)\\My Name\\a.h5", "~me/a b/c d/a.h5"):
        assert without_folders(f"{path}: it is torn") == "…/a.h5: it is torn"
    assert without_folders("/My Files/a.json and /My Files/b") == "…/a.json and …/b"


def test_many_ask_at_once_and_one_is_looked_at_at_a_time(port, fake):
    fake.most_at_once = 0
    found: list[str] = []

    def one(number: int) -> None:
        found.append(ask(port, text=f"text {number}").data["header"]["text"])

    threads = [threading.Thread(target=one, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        assert call(port, "GET", "/api/model").status == 200  # which waits for nobody
    assert sorted(found) == sorted(f"text {number}" for number in range(12))
    assert fake.most_at_once == 1


def test_nobody_waits_for_the_answers_of_clients_that_left():
    looked: list[str] = []
    started, go_on = threading.Event(), threading.Event()

    class Slow(Fake):
        def view(self, text, text_b, parts):
            looked.append(text)
            started.set()
            assert go_on.wait(timeout=20)
            return {"text": text}, {}

    def post(connection: socket.socket, text: str) -> None:
        body = json.dumps({"text": text}).encode()
        head = f"POST /api/view HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
        connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)

    with serving(Slow()) as port:
        with socket.create_connection(("127.0.0.1", port)) as running:
            post(running, "running")
            assert started.wait(timeout=20)
            for number in range(5):
                with socket.create_connection(("127.0.0.1", port)) as left:
                    post(left, f"left {number}")
        for _ in range(5):  # by whose answers the server has seen that they left
            assert call(port, "GET", "/api/model").status == 200
        go_on.set()
        assert ask(port, text="last").data["header"] == {"text": "last"}
    assert looked == ["running", "last"]


def test_clients_that_leave_or_talk_nonsense_do_no_harm(port):
    for sent in (
        b"POST /api/view HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Type: application/json\r\n"
        b"Content-Length: 99\r\n\r\n{",
        b"GET /api/model HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n",
        b"\x16\x03\x01 %d",
    ):
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(sent % port)
    assert ask(port, text="a").status == 200


@pytest.fixture(scope="module")
def live(tiny):
    """A tiny model behind a server; where it is, and the session."""
    from pipelines.exploring.session import LoadedModel, ModelSession
    from probing.model import encoder
    from probing.model.checkpoint import Model, resolve
    from probing.view.forward_view import Options

    def prepare(enter):
        enter("loading")
        model = Model(checkpoint=str(tiny))
        loaded = encoder.load(model, resolve(model), maps=True)
        return LoadedModel(loaded, Options(), notes=["a stand-in", "/home/My Name/runs/a: torn"])

    session = ModelSession(prepare, {"characters": 500, "subwords": 40}, "the fox", "tiny")
    with serving(session) as port:
        yield port, session


def test_a_real_model_from_loading_to_a_view(live):
    port, session = live
    waiting = ask(port, text="the fox")
    assert waiting.status == 503
    assert waiting.headers["retry-after"] == "1"
    assert call(port, "POST", "/api/why", {"text": "the fox", "label": "positive"}).status == 503
    assert call(port, "GET", "/api/model").data["stage"] == "starting"
    stages: list[str] = []
    session.load(stages.append)
    assert stages == ["loading"]
    model = call(port, "GET", "/api/model").data
    expected = {"ready": True, "model": "tiny", "n_layers": 3, "n_heads": 2, "window": 64, "text": "the fox"}
    assert {name: model[name] for name in expected} == expected
    assert model["notes"] == ["a stand-in", "…/a: torn"]

    from probing.view.pack import unpack

    found = ask(port, text="the <fox>", text_b="the dog").data
    header, arrays = found["header"], found["arrays"]
    assert header["forms"] == ["the", "<", "fox", ">", "the", "dog"]
    assert header["notes"][:2] == ["a stand-in", "…/a: torn"]
    assert {"forward", "analysis", "packing"} <= header["timings_ms"].keys()
    attention = unpack(header, arrays, "attention/3")
    assert attention.shape == (2, len(header["tokens"]), len(header["tokens"]))
    assert attention.sum(axis=-1) == pytest.approx(1, abs=1e-3)
    assert {"norm/1", "rollout/1", "queries/1", "keys/1"} <= arrays.keys()

    alone = ask(port, text="the fox", parts=[]).data
    assert {name.partition("/")[0] for name in alone["arrays"]} == {"attention", "rollout"}
    assert model["why"] is None  # this session has nothing to diagnose with
    refused = call(port, "POST", "/api/why", {"text": "the fox", "label": "positive"})
    assert (refused.status, "no classifier" in refused.data["error"]) == (400, True)
    assert set(alone["header"]["missing"]) == {"norm", "flow", "neurons"}
    assert "only when it is asked for" in header["missing"]["flow"]  # nobody waits for it while typing
    assert "flow/3" in ask(port, text="the fox", parts=["flow"]).data["arrays"]
    too_long = ask(port, text="fox " * 60)
    assert too_long.status == 413
    assert "subwords; at most 40" in too_long.data["error"]
    assert ask(port, text="the fox").status == 200


def test_without_what_removes_nothing_is_removed(live):
    port, session = live
    if not session.done:
        session.load(lambda stage: None)
    refused = call(port, "POST", "/api/remove", {"text": "the fox", "property": "pos", "layer": 1})
    assert (session.status()["remove"], refused.status) == (None, 400)
    assert "nothing can be removed" in refused.data["error"]


def test_what_is_answered_is_described_field_by_field(live):
    port, session = live
    if not session.done:
        session.load(lambda stage: None)
    for answer, described in ((ask(port, text="a").data["header"], HEADER), (session.status(), MODEL)):
        assert answer.keys() == {name for names in described for name in names.split(", ")}


@pytest.mark.parametrize("name", ["attention/1", "queries/1"])
@pytest.mark.parametrize("bits", [8, 16])
def test_the_description_unpacks_as_the_package_does(name, bits):
    from probing.view.pack import pack, unpack

    random = generator(bits, "unpack", name)
    maps = random.dirichlet(np.ones(2), size=(1, 3, 2)).astype(np.float32)
    tokens = Tokens(("a", "b"), (False, False), np.arange(2), np.zeros(2, int), ("a", "b"), np.zeros(2, int))
    vectors = random.normal(size=(1, 3, 2, 4)).astype(np.float32)
    header, arrays = vars(pack(View(tokens, maps, maps[:, 0], queries=vectors, keys=vectors), bits)).values()
    names = {"numpy": np, "gzip": gzip, "base64": base64, "header": header, "arrays": arrays, "name": name}
    for step in UNPACK.split("; "):
        to, _, expression = step.partition(" = ")
        names[to] = eval(expression, names)
    assert names["array"] == pytest.approx(unpack(header, arrays, name), abs=1e-6)
    assert names["array"].shape == unpack(header, arrays, name).shape


def test_a_model_that_cannot_be_loaded_says_so():
    from pipelines.exploring.session import ModelSession

    def prepare(enter):
        raise DataError("/a/b/model.safetensors is torn; fetch it again")

    session = ModelSession(prepare, {"characters": 9, "subwords": 9}, "", "x")
    session.load(lambda stage: None)
    assert isinstance(session.failure, DataError)
    assert session.status()["error"] == "…/model.safetensors is torn; fetch it again"
    assert session.status()["ready"] is False


def url_of(process) -> str:
    line = process.stdout.readline()
    assert line.startswith("http://127.0.0.1:"), line + process.stderr.read()
    return line.split()[0]


@pytest.mark.parametrize("when", ["loading", "ready"])
def test_ctrl_c_ends_it_whoever_is_connected(start, tiny, when):
    process = start(f"model.checkpoint={tiny}", "port=0", "threads=1", program="explore")
    url = url_of(process)
    port = int(url.rstrip("/").rpartition(":")[2])
    assert b"<script" in urllib.request.urlopen(url).read()  # at once
    if when == "ready":
        assert process.stdout.readline().startswith("tiny is ready after ")
    with socket.create_connection(("127.0.0.1", port)) as idle, socket.create_connection(("127.0.0.1", port)) as slow:
        idle.sendall(f"GET /api/model HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
        assert idle.recv(15) == b"HTTP/1.1 200 OK"
        slow.sendall(
            f"POST /api/view HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
            "Content-Length: 9\r\n\r\n".encode()
        )
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (0, "")
    assert out.endswith("stopped\n")


def test_a_port_in_use_is_known_before_anything_is_loaded(here, refused):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        message = refused(here(f"port={port}", "model=minilm", small=False, program="explore"), 2)
    assert f"port={port}: Address already in use; type port=0" in message


@pytest.mark.parametrize("given, said", [("port=80", "1024 to 65535"), ("characters=0", "greater than 0")])
def test_impossible_options_are_refused(here, refused, given, said):
    assert said in refused(here(given, small=False, program="explore"), 2)


def test_a_model_that_is_not_there_ends_the_program_in_a_line(there, refused, tmp_path):
    done = there(f"model.checkpoint={tmp_path}", "port=0", program="explore")
    assert str(tmp_path) in refused(done, 1)
