"""Prompts and chats from the command line: a tiny random decoder answers and is probed; bad input is one line."""

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from probing.result.folder import parsed_manifest

sys.path.append(str(Path(__file__).parent.parent))  # for chat_models.py

from chat_models import chat_model

MOODS = {"good": ("great", "lovely", "warm"), "bad": ("awful", "cold", "sad")}
N = 48


def chats():
    rng = np.random.default_rng(0)
    for _ in range(N):
        label = str(rng.choice([*MOODS]))
        text = f"The fox {rng.choice(['saw', 'left'])} the {rng.choice(MOODS[label])} moon."
        messages = [
            {"role": "user", "content": "Who are you?", "label": "ask"},
            {"role": "assistant", "content": "I am a fox."},
            {"role": "user", "content": text, "label": "tell"},
        ]
        spans = [{"message": 2, "words": [4, 5], "label": label}, {"message": 0, "words": [0, 1], "label": "other"}]
        yield {"messages": messages, "label": label, "spans": spans}


def write(path, records):
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def decoder(tmp_path_factory):
    return chat_model("chatml", tmp_path_factory.mktemp("decoder") / "chatty")


@pytest.fixture(scope="module")
def run(here, decoder, tmp_path_factory):
    """run("task=message", …): what a run on chats prints, and its exit code."""
    outputs = tmp_path_factory.mktemp("outputs")

    def call(path, *options):
        usual = (f"model.checkpoint={decoder}", "model=minilm", "attention=none", "resamples=50", "threads=1")
        return here(*usual, f"data.train={path}", f"outputs={outputs}", "device=cpu", *options, small=False)

    return call


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return write(tmp_path_factory.mktemp("data") / "moods.jsonl", chats())


def folder_of(done):
    assert done.code == 0, done.err
    return Path(done.out.splitlines()[-1].partition(": ")[2])


def test_answers_are_written_once_and_probed_at_the_last_subword_of_the_prompt(run, file):
    options = ("task=conversation", "data.generate=3")
    folder = folder_of(run(file, *options))
    manifest = parsed_manifest(folder)
    assert manifest["data"]["name"].endswith("moods-answered3")
    [kept] = next(p for p in folder.parents if (p / "store").is_dir()).glob("store/answers/*.json")
    assert len(json.loads(kept.read_text(encoding="utf-8"))["answers"]) == N
    before = kept.stat().st_mtime_ns
    assert run(file, *options, "task.vector=answer").code == 0
    assert kept.stat().st_mtime_ns == before
    rows = pd.read_csv(folder / "rows.csv")
    scores = rows.query("metric == 'accuracy' and split == 'test'")
    majority = scores.query("target == 'majority'")["value"]
    layer_0 = scores.query("target == 'task' and layer == 0")["value"]
    assert [*layer_0] == [*majority]  # before any block the subword is the same in every prompt


@pytest.mark.parametrize("task", ["message", "span", "span_word"])
def test_messages_spans_and_words_are_probed(run, file, task):
    rows = pd.read_csv(folder_of(run(file, f"task={task}")) / "rows.csv")
    best = rows.query("target == 'task' and probe == 'linear' and metric == 'accuracy'")["value"].max()
    assert best > 0.9  # the words themselves tell


def test_bad_input_is_one_line(run, file, tmp_path, decoder):
    broken = tmp_path / "broken.jsonl"
    broken.write_text('{"text": "a", "label": "x"}\n{"text"\n', encoding="utf-8")
    outside = {"text": "a b", "label": "x", "spans": [{"words": [0, 3], "label": "y"}]}
    unlabelled = [{"text": f"a {n}"} for n in range(20)]
    without = chat_model("chatml", tmp_path / "without", template=False)
    refusing = chat_model("instruct", tmp_path / "refusing")
    system = [{"messages": [{"role": "system", "content": "x"}], "label": "ab"[n % 2]} for n in range(20)]
    for path, options, said in (
        (broken, (), "broken.jsonl:2: not JSON"),
        (write(tmp_path / "out.jsonl", [outside]), (), "out.jsonl:1: span 0: words=[0, 3] is outside of its text"),
        (write(tmp_path / "none.jsonl", unlabelled), (), "task=conversation needs a label"),
        (file, (f"model.checkpoint={without}",), "has no chat template"),
        (write(tmp_path / "system.jsonl", system), (f"model.checkpoint={refusing}",), "the chat template of"),
        (file, ("model.checkpoint=bundled", "data.generate=4"), "has no chat template"),
        (tmp_path / "missing.jsonl", (), "no train file"),
    ):
        done = run(path, "task=conversation", *options)
        assert done.code == 1 or done.code == 2
        assert said in " ".join(done.err.split())
        assert "Traceback" not in done.err
