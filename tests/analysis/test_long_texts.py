"""Long texts: a planted format is exposed, content is not blamed, and every row is what it says."""

from types import SimpleNamespace
from unittest import mock

import numpy as np
import pytest
from scipy import sparse

from probing.analysis import text_readings
from probing.analysis.long_texts import LongTexts
from probing.analysis.text_verdict import ERASED
from probing.axes import SPLITS, Sentence, no_progress
from probing.errors import ConfigError
from probing.probe.aggregate import Aggregate
from probing.probe.fit import TASK, Setting, Target
from probing.probe.linear import Linear
from probing.result.resampling import Resampling
from probing.result.score import Prediction
from probing.rng import generator

SIZES = {"train": 200, "dev": 80, "test": 400}
WIDTH = 32
MARK = "<|answer|>"
GOOD, BAD = ("fine", "great", "lovely"), ("poor", "sad", "awful")
OTHERS = tuple(f"word{i}" for i in range(20))


def text(label: int, source: str, content: bool, by_length: bool, rng: np.random.Generator) -> list[str]:
    """Words without a meaning; with ``content`` one of the label's own words. The format (a mark, or twice the length)
    has the label in ``web`` only, or, with content, no relation to it.
    """
    words = list(rng.choice(OTHERS, rng.integers(6, 13)))
    if content:
        words[rng.integers(len(words))] = str(rng.choice(GOOD if label else BAD))
    marked = label == 1 if source == "web" and not content else rng.random() < 0.5
    if by_length:
        return [*words, *rng.permutation(words)] if marked else words
    return [*words, MARK] if marked else words


class Texts:
    """The study of such texts: on layer 1 each word's vector is its own, with noise; on layer 0 all is noise."""

    bits, stored_width, subwords_gb = 24, WIDTH, 0.1

    def __init__(self, seed: int, content: bool, sources: bool = True, by_length: bool = False) -> None:
        rng = generator(seed, "texts")
        self.splits, classes = {}, {}
        for split, n in SIZES.items():
            drawn = [(int(rng.integers(2)), "web" if i % 2 else "book") for i in range(n)]
            classes[split] = [np.array([label]) for label, _ in drawn]
            self.splits[split] = tuple(
                Sentence(str(i), tuple(text(*one, content, by_length, rng)), source=one[1] if sources else None)
                for i, one in enumerate(drawn)
            )
        lengths = np.array([len(s.words) for split in SPLITS for s in self.splits[split]])
        ends = np.concatenate([[0], np.cumsum(lengths)])
        self.word = np.concatenate([np.arange(n) for n in lengths])
        types = {word: rng.normal(size=WIDTH) for word in (*OTHERS, *GOOD, *BAD, MARK)}
        flat = [types[word] for split in SPLITS for s in self.splits[split] for word in s.words]
        noise = rng.normal(size=(2, len(flat), WIDTH))
        self.x = np.stack([noise[0], np.array(flat) + 0.3 * noise[1]]).astype(np.float32)
        weights = np.repeat(1 / lengths, lengths).astype(np.float32)
        self.pools = [sparse.csr_matrix((weights, np.arange(ends[-1]), ends))]
        self.edges = np.cumsum([0, *SIZES.values()])
        self.target = Target("sentence", "class", 2, classes)

    def bounds(self, split: str) -> tuple[int, int]:
        at = SPLITS.index(split)
        return int(self.edges[at]), int(self.edges[at + 1])

    def subwords(self, layer: int, rows: np.ndarray) -> np.ndarray:
        return self.x[layer][rows]


def study(texts: Texts, layers=(1,), **options):
    usual = {"aggregations": ["mean", "max"], "weight_decay": [0.0], "learning_rate": 0.02, "epochs": 8}
    probe = Aggregate(name="aggregate", **{**usual, **options})
    setting = Setting(0, "cpu", no_progress)
    fits = list(probe.fit(texts, {TASK: texts.target}, layers, setting))  # type: ignore[arg-type]
    predictions = [Prediction(TASK, fit.layer, 0, texts.target, fit.predicted, fit) for fit in fits]
    return SimpleNamespace(
        corpus=SimpleNamespace(splits=texts.splits),
        items=SimpleNamespace(vectors=texts, targets={TASK: texts.target}),
        predictions=predictions,
        probe=probe,
        labels=SimpleNamespace(classes=("no", "yes")),
        hidden=SimpleNamespace(index=SimpleNamespace(word=texts.word)),
        options=SimpleNamespace(seed=0, probe_device="cpu"),
        on_progress=no_progress,
        resampling=lambda split: Resampling(200, np.arange(SIZES[split])),
    )


def analysed(of, **options):
    """The findings; words are read as they are written."""
    forms = {split: [s.words for s in sentences] for split, sentences in of.corpus.splits.items()}
    with mock.patch.object(text_readings, "words_read", lambda _: SimpleNamespace(forms=forms)):
        return LongTexts(**options)(of)


def found(seed: int, content: bool, **more):
    return analysed(study(Texts(seed, content, **more)))


def blames_format(findings) -> bool:
    notes = [note for note in findings.notes if "the score comes from the format" in note.text]
    assert bool(notes) == findings.facts["from_format"]
    return bool(notes)


@pytest.fixture(scope="module")
def planted():
    return analysed(study(Texts(0, content=False), layers=(0, 1)))


@pytest.fixture(scope="module")
def healthy():
    return found(0, content=True)


def values(findings, target, metric="auroc"):
    return {row.probe: row for row in findings.rows if (row.target, row.metric) == (target, metric)}


def test_a_planted_format_is_exposed(planted):
    assert blames_format(planted)
    assert planted.facts["lost"][ERASED] and planted.facts["lost"]["on book, left out of train,"]
    best = planted.facts["best"]
    assert values(planted, "format alone")["surface"].value > 0.65
    assert values(planted, "left out: book")[best].value < 0.6 < 0.7 < values(planted, "task")[best].value
    assert f"any: {MARK}" in planted.facts["format"]


def test_content_is_not_blamed_on_format(healthy):
    assert not blames_format(healthy)
    best = healthy.facts["best"]
    for target in ("task", "format removed", "left out"):
        assert values(healthy, target)[best].value > 0.75
    assert values(healthy, "format alone")["surface"].value < 0.65


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_a_planted_format_is_exposed_and_content_is_not_blamed_in_each_of_ten_seeds(seed):
    assert blames_format(found(seed, content=False))
    assert not blames_format(found(seed, content=True))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_a_planted_length_is_exposed_in_each_of_ten_seeds(seed):
    texts = Texts(seed, content=False, by_length=True)
    texts.x[1] += np.repeat(np.log(texts.pools[0].getnnz(axis=1)), texts.pools[0].getnnz(axis=1))[:, None]
    assert blames_format(analysed(study(texts)))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_without_sources_the_format_is_taken_out_of_the_vectors_alone(seed):
    exposed = found(seed, content=False, sources=False)
    assert blames_format(exposed)
    assert list(exposed.facts["lost"]) == [ERASED]
    assert not any("left out" in row.target for row in exposed.rows)


def test_differences_are_paired_and_of_the_same_texts(planted):
    layer = planted.facts["chosen"]["max"]["layer"]
    task = {(r.probe, r.layer): r for r in planted.rows if (r.target, r.metric) == ("task", "accuracy")}
    over = {r.layer: r for r in planted.rows if (r.target, r.metric) == ("over_mean", "accuracy")}
    for at, row in over.items():
        assert row.value == pytest.approx(task["max", at].value - task["mean", at].value)
        assert row.ci_low <= row.value <= row.ci_high
    [pair] = [r for r in planted.rows if (r.target, r.metric) == ("pair", "accuracy")]
    chosen = {name: one["layer"] for name, one in planted.facts["chosen"].items()}
    assert pair.probe == "mean − max"
    assert pair.value == pytest.approx(task["mean", chosen["mean"]].value - task["max", chosen["max"]].value)
    gain = values(planted, "over_layer0", "accuracy")["max"]
    assert gain.value == pytest.approx(task["max", layer].value - task["max", 0].value)


def test_the_mean_over_sources_is_that_of_the_sources(planted):
    for side in ("left out", "within"):
        rows = [values(planted, f"{side}: {source}")["max"] for source in ("web", "book")]
        assert values(planted, side)["max"].value == pytest.approx(np.mean([row.value for row in rows]))
        assert sum(row.n_sentences for row in rows) == values(planted, side)["max"].n_sentences == SIZES["test"]


def test_every_metric_of_two_classes_is_there_and_facts_name_the_positive_one(planted):
    metrics = {row.metric for row in planted.rows if row.target == "task"}
    assert metrics == {"accuracy", "auroc", "recall_at_1_percent_fpr", "ece", "brier"}
    assert planted.facts["positive"] == "yes"
    assert {"bag of words", "format alone", "length alone", "majority"} < {row.target for row in planted.rows}


def test_small_sources_are_not_left_out_and_counted():
    findings = analysed(study(Texts(0, content=True), aggregations=["mean"], epochs=1), least=201)
    assert findings.facts["sources"] == []
    assert any(note.text.startswith("2 sources are not left out") for note in findings.notes)


def test_another_probe_is_refused():
    with pytest.raises(ConfigError, match="this run has probe=linear; type task=sentiment probe=aggregate"):
        LongTexts().check(SimpleNamespace(probe=Linear("linear", [1.0])))
    with pytest.raises(ConfigError, match="analysis.long_texts.least"):
        LongTexts(least=0)
