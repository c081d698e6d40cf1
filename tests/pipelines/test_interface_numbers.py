"""The Python interface and the command line give the same numbers, to the last digit."""

import json

import pandas as pd
import pytest

import probing
from pipelines.diagnosing.diagnosis_settings import separated
from probing.result.rows import read_rows

SIZES = ("data.train=3000", "data.dev=600", "data.test=600", "data.max_sentences=30")
ONE = {"The movie was unexpectedly not boring": "positive"}
TWO = {"It was good": "positive", "A <b>dull</b> & slow film, but she liked it": "positive"}
KEYS = ["analysis", "split", "target", "probe", "layer", "head", "draw", "metric"]
ANALYSES = ("layers=3", "attention=none", "analysis=[rollout,heads,ablation]", "analysis.ablation.sentences=8")


@pytest.fixture(scope="module")
def apart(tmp_path_factory):
    """A folder of its own: other tests count what is in the store of all small runs."""
    return tmp_path_factory.mktemp("apart")


@pytest.fixture(scope="module")
def vectors(apart):
    """Read from the store that the runs write."""
    corpus = probing.load_corpus("grammar", max_sentences=30)
    return probing.extract(probing.load_model("minilm"), corpus, store=f"{apart}/store")


def same(found: pd.DataFrame, rows: pd.DataFrame, analysis: str) -> None:
    wanted = rows[rows["analysis"] == analysis]
    assert len(found) == len(wanted) > 0
    columns = [*KEYS, "value", "ci_low", "ci_high", "n_items", "n_sentences", "model", "data", "task", "seed"]
    ordered = [frame.sort_values(KEYS)[columns].reset_index(drop=True) for frame in (found, wanted)]
    pd.testing.assert_frame_equal(*ordered, check_exact=True)


def test_a_probe_and_the_analyses_of_attention(make, apart, vectors):
    rows = read_rows(make(*SIZES, *ANALYSES, "task=pos", f"outputs={apart}") / "rows.csv")
    probe = probing.fit_probe(vectors, task="pos", layer=3)
    same(probe.to_frame(), rows, "probes")
    same(probing.rollout(vectors.model, vectors.corpus), rows.assign(task="pos"), "rollout")
    same(probing.head_statistics(vectors.model, vectors.corpus), rows, "heads")
    same(probing.ablate(probe, sentences=8), rows, "ablation")


def test_all_layers_of_a_task_on_trees_and_one_of_a_task_on_sentences(make, apart, vectors):
    for task, layer in (("depth", None), ("sentiment", 2)):
        layers = [] if layer is None else [f"layers={layer}"]
        rows = read_rows(make(*SIZES, *layers, "attention=none", f"task={task}", f"outputs={apart}") / "rows.csv")
        same(probing.fit_probe(vectors, task=task, layer=layer).to_frame(), rows, "probes")


@pytest.mark.parametrize("texts", [pytest.param(ONE, marks=pytest.mark.slow, id="one"), pytest.param(TWO, id="two")])
def test_a_diagnosis(here, apart, vectors, tmp_path, texts):
    path = tmp_path / "mine.tsv"
    path.write_text("".join(f"{text}\t{label}\n" for text, label in texts.items()), encoding="utf-8")
    made = tmp_path / "made"
    given = ["model=minilm", "data=grammar", *SIZES, "threads=1", f"file={path}", f"outputs={apart}", f"out={made}"]
    done = here(*separated(given), small=False, program="diagnose")
    assert done.code == 0, done.err
    probe = probing.fit_probe(vectors, task="sentiment")
    found = probing.diagnose(probe, [*texts], [*texts.values()])
    saved = found.save(tmp_path / "saved").parent
    assert (saved / "rows.csv").read_bytes() == (made / "rows.csv").read_bytes()
    for number in range(1, len(texts) + 1):
        page = f"text-{number}.html"
        assert (saved / page).read_bytes() == (made / page).read_bytes()
    own, commands = (json.loads((folder / "diagnosis.json").read_text()) for folder in (saved, made))
    assert own.pop("provenance")["checkpoint"] == commands.pop("provenance")["checkpoint"]
    assert own == commands == {key: value for key, value in as_written(found.to_dict()).items() if key in own}
    assert found.to_frame().to_csv(index=False).encode() == (made / "rows.csv").read_bytes()


def as_written(value: object) -> dict:
    """As JSON holds it."""
    return json.loads(json.dumps(value))
