"""Why? of the explorer: the numbers of the command, from the run that it finds; and what cannot be answered."""

import json
import re
from pathlib import Path

import pytest

import probing
from pipelines.diagnosing.diagnosis_settings import separated
from pipelines.exploring import diagnoser as module
from pipelines.exploring.classifiers import Classifier, classifiers_in
from pipelines.exploring.diagnoser import Diagnoser
from pipelines.exploring.request import RequestError, WhyRequest
from pipelines.running.finished_study import check_classes, classes_in, run_in
from probing.data.grammar import Grammar
from probing.errors import ConfigError, DataError
from probing.model.checkpoint import Model, resolve
from probing.view.probe_selection import select_probes

SMALL = ("data=grammar", "data.train=60", "data.dev=40", "data.test=20", "threads=1", "resamples=50", "probe.l2=[1e-2]")
TEXT, LABEL = "The movie was unexpectedly <b>not</b> boring", "positive"
LAYERS = 4  # of the tiny model, with the embedding output


@pytest.fixture(scope="module")
def command(here, tiny, tmp_path_factory) -> tuple[Path, Path]:
    """The outputs of ``python -m pipelines.diagnose``, and the folder of its diagnosis."""
    outputs = tmp_path_factory.mktemp("outputs")
    given = [*SMALL, f"model.checkpoint={tiny}", f"outputs={outputs}", f"text={TEXT}", f"label={LABEL}"]
    done = here(*separated(given), small=False, program="diagnose")
    assert done.code == 0, done.err
    return outputs, Path(done.out.splitlines()[-1].partition(": ")[2]).parent


@pytest.fixture(scope="module")
def classifier(command, tiny) -> Classifier:
    """What the explorer finds below the folder of runs."""
    probes = select_probes([command[0] / "runs"], resolve(Model(str(tiny))).revision, "float32")
    [found] = classifiers_in(probes.trained, LAYERS)
    assert classifiers_in(probes.trained, LAYERS + 1) == []  # a diagnosis needs a probe on every layer
    return found


@pytest.fixture(scope="module")
def asked(classifier) -> Diagnoser:
    return Diagnoser([classifier], "model=tiny", device="cpu", n_subwords=60)


def test_its_numbers_are_those_of_the_command(command, asked):
    assert asked.status() == {
        "classifiers": [{"task": "sentiment", "classes": ["negative", "positive"]}],
        "missing": None,
        "stage": None,
        "seconds": None,
    }
    answer = asked.why(WhyRequest(TEXT, LABEL, None))
    whole = json.loads((command[1] / "diagnosis.json").read_text(encoding="utf-8"))
    own = json.loads(json.dumps(answer["diagnosis"]))
    assert own.pop("provenance")["run_id"] == whole.pop("provenance")["run_id"]
    assert own == whole
    number = int(re.fullmatch(r"/why/(\d+)/text-1\.html", answer["page"])[1])
    assert asked.file(number, "rows.csv") == ((command[1] / "rows.csv").read_bytes(), "text/csv")
    page, kind = asked.file(number, "text-1.html")
    assert kind == "text/html"
    assert page.replace(b' target="_blank"', b"") == (command[1] / "text-1.html").read_bytes()
    assert b"<b>not</b>" not in page and page.count(b' target="_blank"') == page.count(b' rel="noreferrer"') > 0
    assert str(command[0]).encode() not in asked.file(number, "index.html")[0]
    assert asked.file(number, "none.html") is None and asked.file(99, "text-1.html") is None
    status = asked.status()
    assert status["seconds"] == answer["seconds"] > 0 and status["stage"] is None


def test_a_model_with_a_head_of_its_own_is_diagnosed_itself_here_and_from_python(here, tiny, tmp_path):
    headed, made = tmp_path / "headed", tmp_path / "made"
    shared = [*SMALL[:4], f"outputs={tmp_path}", "threads=1"]
    done = here(
        *shared, f"model.checkpoint={tiny}", "task=sentiment", f"out={headed}", small=False, program="classifier"
    )
    assert done.code == 0, done.err
    given = [*shared, f"model.checkpoint={headed}", "text=It was dull", "label=positive", f"out={made}"]
    done = here(*separated(given), small=False, program="diagnose")
    assert done.code == 0, done.err

    model = probing.load_model(str(headed), head=True)
    probes = select_probes([tmp_path / "runs"], model.checkpoint.revision, "float32")
    asked = Diagnoser(classifiers_in(probes.trained, LAYERS), "model=tiny", device="cpu")
    answer = asked.why(WhyRequest("It was dull", "positive", None))
    assert answer["diagnosis"]["classifier"] == "the model's own head of headed"
    rows = (made / "rows.csv").read_bytes()
    assert asked.file(1, "rows.csv")[0] == rows

    corpus = Grammar(name="grammar", train=60, dev=40, test=20).load()
    probe = probing.fit_probe(probing.extract(model, corpus), task="sentiment")
    found = probing.diagnose(probe, "It was dull", "positive")
    assert found.record.classifier == "the model's own head of headed"
    assert found.to_frame().to_csv(index=False).encode() == rows


def test_the_latest_pages_are_kept(monkeypatch):
    def write(said, folder):
        (folder / "figures").mkdir()
        (folder / "figures" / "a.csv").write_text(said, encoding="utf-8")

    monkeypatch.setattr(module, "KEPT", 2)
    monkeypatch.setattr("pipelines.exploring.typed_diagnosis.loaded", lambda *given: "loaded")
    monkeypatch.setattr("pipelines.exploring.typed_diagnosis.typed_diagnosis", lambda of, wanted, most: wanted.text)
    monkeypatch.setattr("probing.report.diagnosed.diagnosis_files.write_diagnosis", write)
    monkeypatch.setattr("probing.report.diagnosed.diagnosis_files.as_json", lambda found: {"text": found})
    asked = Diagnoser([Classifier("sentiment", ("a", "b"), Path())], "model=tiny")
    answers = [asked.why(WhyRequest(text, "a", "sentiment")) for text in ("x", "y", "z")]
    assert [answer["page"] for answer in answers] == [f"/why/{number}/text-1.html" for number in (1, 2, 3)]
    kept = [asked.file(number, "figures/a.csv") for number in (1, 2, 3)]
    assert kept == [None, (b"y", "text/csv"), (b"z", "text/csv")]


@pytest.mark.parametrize(
    ("wanted", "status", "said"),
    [
        (WhyRequest("Fine", "good", None), None, "label=good: not a valid value; choose one of negative, positive"),
        (WhyRequest("Fine", LABEL, "pos"), 400, "task is pos; the tasks with a classifier are sentiment"),
        (WhyRequest("the lazy dog " * 20, LABEL, None), 413, "the text has 62 subwords; at most 60 are accepted"),
        (WhyRequest("the lazy dog " * 40, LABEL, None), None, "the model reads 64 at most; shorten it"),
        (WhyRequest("\u200b", LABEL, None), None, "no word that the model reads"),
    ],
)
def test_what_cannot_be_answered_is_said_and_the_next_one_is_answered(asked, wanted, status, said):
    with pytest.raises((RequestError, ConfigError, DataError), match=re.escape(said)) as refused:
        asked.why(wanted)
    assert getattr(refused.value, "status", None) == status
    assert asked.status()["stage"] is None


def test_without_a_classifier_it_says_which_two_commands_give_one():
    none = Diagnoser([], "model=minilm model.bos=off")
    with pytest.raises(RequestError) as refused:
        none.why(WhyRequest("Fine", LABEL, None))
    for said in (str(refused.value), none.status()["missing"]):
        assert "pipelines.run model=minilm model.bos=off task=sentiment attention=none" in said
        assert "pipelines.classifier model=minilm model.bos=off task=sentiment" in said


def test_a_run_whose_parts_have_changed_is_not_diagnosed(classifier, monkeypatch):
    run_in(classifier.folder, "cpu")
    monkeypatch.setattr("pipelines.running.finished_study.identify", lambda *parts: "another")
    with pytest.raises(DataError, match=r"changed since it was made; run again: python -m pipelines\.run"):
        run_in(classifier.folder, "cpu")


def test_no_class_from_elsewhere_is_built_from_a_manifest():
    config = {"task": {"_target_": "probing.task.words.WordTask"}, "analysis": {"own": [{"_target_": "os.Popen"}]}}
    assert [*classes_in(config)] == ["probing.task.words.WordTask", "os.Popen"]
    with pytest.raises(ConfigError, match="_target_=os.Popen: neither a class of this project"):
        check_classes(config)
    with pytest.raises(ConfigError, match="_target_=3"):
        check_classes({"task": {"_target_": 3}})
    check_classes({"task": config["task"]})
