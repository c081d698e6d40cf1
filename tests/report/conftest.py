"""Synthetic run folders: planted scores, a few hundred sentences, no model."""

import json
import runpy
from collections.abc import Callable, Sequence
from dataclasses import astuple
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from probing.report.load import Run
from probing.report.section_parts import Section
from probing.result import bootstrap, metrics
from probing.result.rows import Row, as_frame
from probing.result.statistics import Statistics
from probing.rng import generator

CLASSES = ("NOUN", "VERB", "PUNCT", "A&B_%")
WORDS = ("watch", "light", ".", "that")
N_SENTENCES = 150
Draw = Callable[[float, np.random.Generator], tuple[Statistics, pd.DataFrame | None]]


def row(target: str, layer: int | None, value: float, **rest: Any) -> Row:
    """A test row of which only what matters is said; its interval is ± 0.01."""
    names = {
        "tag": "main",
        "model": "m",
        "checkpoint": "c",
        "data": "d",
        "task": "pos",
        "analysis": "probes",
        "probe": "linear",
    }
    facts = {
        "split": "test",
        "head": None,
        "seed": 0,
        "draw": None,
        "metric": "accuracy",
        "n_items": 1200,
        "n_sentences": 150,
    }
    ends = {"ci_low": value - 0.01, "ci_high": value + 0.01, "run_id": "r0"}
    return Row(target=target, layer=layer, value=value, **{**names, **facts, **ends, **rest})


@pytest.fixture
def make_rows() -> Callable[..., pd.DataFrame]:
    """make_rows(("task", 0, 0.5), ("task", 0, 0.6, {"split": "dev"}), …) -> rows."""

    def make(*lines: tuple[Any, ...]) -> pd.DataFrame:
        return frame([row(*line[:3], **(line[3] if len(line) > 3 else {})) for line in lines])

    return make


def frame(rows: Sequence[Row]) -> pd.DataFrame:
    return as_frame([astuple(each) for each in rows])


def draw_classes(accuracy: float, rng: np.random.Generator) -> tuple[Statistics, pd.DataFrame]:
    """Sentences of 4 to 12 words; each word's class is predicted with probability ``accuracy``."""
    lengths = generator(0, "lengths").integers(4, 13, size=N_SENTENCES)
    classes = generator(0, "gold").choice(4, p=[0.5, 0.3, 0.15, 0.05], size=lengths.sum())
    wrong = (classes + rng.integers(1, 4, size=len(classes))) % 4
    predicted = np.where(rng.random(len(classes)) < accuracy, classes, wrong)
    table = items(lengths, [WORDS[c] for c in classes], [CLASSES[c] for c in classes], [CLASSES[c] for c in predicted])
    cuts = np.cumsum(lengths)[:-1]
    return metrics.accuracy(np.split(classes, cuts), np.split(predicted, cuts)), table


def draw_depths(correlation: float, rng: np.random.Generator) -> tuple[Statistics, pd.DataFrame]:
    """Sentences of 4 to 40 words; predicted depth = gold depth + noise, the less the higher ``correlation``."""
    lengths = generator(0, "lengths").integers(4, 41, size=N_SENTENCES)
    gold = [generator(0, "gold", str(i)).integers(0, 9, size=n) * 1.0 for i, n in enumerate(lengths)]
    noise = 3 * np.sqrt(1 / correlation**2 - 1)
    predicted = [g + noise * rng.standard_normal(len(g)) for g in gold]
    table = items(lengths, ["word"] * lengths.sum(), np.concatenate(gold), np.concatenate(predicted))
    return metrics.nspr(gold, predicted), table


def draw_pairs(share: float, rng: np.random.Generator) -> tuple[Statistics, None]:
    """UUAS: of 10 edges in each sentence, a binomial number is found."""
    values = np.zeros((N_SENTENCES, 4))
    values[:, 0], values[:, 1] = rng.binomial(10, share, size=N_SENTENCES), 10
    return Statistics("uuas", values), None


def items(lengths: Any, forms: Any, gold: Any, predicted: Any) -> pd.DataFrame:
    sentence = np.repeat([f"s{i}" for i in range(len(lengths))], lengths)
    word = np.concatenate([np.arange(1, n + 1) for n in lengths])
    return pd.DataFrame({"sentence": sentence, "word": word, "form": forms, "gold": gold, "predicted": predicted})


TASKS: dict[str, tuple[Draw, str, str, str, str]] = {
    "pos": (draw_classes, "accuracy", "class", "word", "majority"),
    "depth": (draw_depths, "nspr", "scalar", "word", "chain"),
    "distance": (draw_pairs, "uuas", "scalar", "pair", "chain"),
}


@pytest.fixture
def make_run(tmp_path: Path) -> Callable[..., Path]:
    """make_run(task, test, …) -> folder of a run whose layer k scores near ``test[k]`` on test."""

    def make(
        task: str = "pos",
        test: Sequence[float] = (0.6, 0.8, 0.9, 0.7),
        *,
        dev: Sequence[float] | None = None,
        model: str = "tiny",
        seed: int = 0,
        first: int = 0,
        control: bool = True,
        name: str = "",
        **manifest: Any,
    ) -> Path:
        draw, metric, kind, level, baseline = TASKS[task]
        who = {"model": model, "data": "toy", "task": task, "run_id": f"{model}-{task}-{seed}"}
        who |= {"metric": metric, "seed": seed}
        counts = bootstrap.resample_counts(N_SENTENCES, 200, generator(0, "bootstrap"))
        rows = [row(baseline, None, 0.3, **who)]
        predictions, sentences = [], []
        for layer, planted in enumerate(test, start=first):
            statistics, table = draw(planted, generator(seed, model, task, str(layer)))
            score = bootstrap.interval(statistics, counts)
            rows.append(row("task", layer, score.value, **who, ci_low=score.ci_low, ci_high=score.ci_high))
            rows.append(row("task", layer, (dev or test)[layer - first], **who, split="dev"))
            if control:
                rows.append(row("control", layer, 0.5, **who))
                rows.append(row("selectivity", layer, score.value - 0.5, **who))
            marks = {"layer": layer, "target": "task"}
            of = {"seed": seed, "draw": None}
            if table is not None:
                predictions.append(table.assign(split="test", **marks))
            ids = [f"s{i}" for i in range(N_SENTENCES)]
            values = dict(zip(["s0", "s1", "s2", "s3"], statistics.values.T, strict=True))
            sentences.append(
                pd.DataFrame({"metric": metric, "sentence": ids, "unit": range(len(ids)), **marks, **values, **of})
            )
        folder = tmp_path / "runs" / "main" / model / "toy" / task / "linear" / (name or f"seed{seed}")
        folder.mkdir(parents=True)
        frame(rows).to_csv(folder / "rows.csv", index=False)
        sentences.append(sentences[0].assign(target=baseline, layer=None))
        pd.concat(sentences).astype({"layer": "Int64", "draw": "Int64"}).to_parquet(folder / "sentences.parquet")
        if predictions:
            pd.concat(predictions).astype({"layer": "Int64"}).to_parquet(folder / "predictions.parquet")
        layers = list(range(first, first + len(test)))
        facts = facts_of(model, metric, kind, level) | {"model_layers": first + len(test) - 1}
        facts |= {"layers": layers, "config": config(model, task, seed, layers)}
        (folder / "manifest.json").write_text(json.dumps(facts | manifest))
        return folder

    return make


def config(model: str, task: str, seed: int, layers: list[int]) -> dict[str, Any]:
    return {
        "model": {"name": model},
        "task": {"name": task},
        "probe": {"l2": [0.01, 0.1]},
        "seed": seed,
        "layers": layers,
    }


def facts_of(model: str, metric: str, kind: str, level: str) -> dict[str, Any]:
    return {
        "run_id": "r0",
        "command": f"python -m pipelines.run model={model}",
        "commit": "0123abc",
        "versions": {"torch": "2.13.0"},
        "checkpoint": {"name": model, "revision": "ab" * 32, "requested": model, "stand_in": False},
        "data": {
            "name": "toy",
            "requested": "toy",
            "stand_in": False,
            "fingerprint": "f00d",
            "sentences": {"train": 300, "dev": 100, "test": N_SENTENCES},
            "skipped": {"empty nodes": 3},
        },
        "store": {"key": "k", "bytes": 123456},
        "metric": metric,
        "kind": kind,
        "level": level,
        "classes": list(CLASSES) if kind == "class" else [],
        "notes": [{"kind": "truncated", "text": "2 sentences were cut at 512 subwords"}],
        "selected": [{"layer": 0, "target": "task", "l2": 0.1, "dev": 0.6, "converged": True}],
        "timings": {"extract": 1.25, "probe": 0.5},
        "finished": "2025-01-01T00:00:00",
    }


@pytest.fixture
def run_with(tmp_path: Path) -> Callable[..., Run]:
    """run_with("rollout", lines, arrays, **facts): a run of two layers with one further analysis, in memory.

    A line is (target, layer, value, {further columns}), as for make_rows; facts are those of the manifest.
    """

    def make(analysis: str, lines: Sequence[tuple[Any, ...]], arrays: Any = None, **facts: Any) -> Run:
        probes = [row("task", layer, 0.5 + layer / 10, split=split) for layer in (0, 1, 2) for split in ("dev", "test")]
        others = [
            row(
                *line[:3],
                **{"analysis": analysis, "probe": analysis, "n_sentences": 20, **(line[3] if line[3:] else {})},
            )
            for line in lines
        ]
        manifest = facts_of("m", "accuracy", "class", "word") | {"config": config("m", "pos", 0, [0, 1, 2])}
        manifest |= {"analyses": {"probes": {}, analysis: facts}}
        return Run(tmp_path, frame(probes), manifest, None, None, frame(others), arrays or {})

    return make


@pytest.fixture(scope="session")
def faults() -> Callable[[Any], list[str]]:
    """faults(figure): what cannot be read in it, in words."""
    found: Callable[[Any], list[str]] = runpy.run_path(str(Path(__file__).with_name("legibility.py")))["faults"]
    return found


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch, faults: Callable[[Any], list[str]]) -> list[tuple[str, list[str]]]:
    """The name of each figure that is saved, and its faults."""
    from matplotlib.figure import Figure

    found: list[tuple[str, list[str]]] = []
    original = Figure.savefig

    def savefig(made: Figure, path: Path, **options: Any) -> None:
        original(made, path, **options)
        if path.suffix == ".png":
            found.append((path.stem, faults(made)))

    monkeypatch.setattr(Figure, "savefig", savefig)
    return found


@pytest.fixture
def written(tmp_path: Path, drawn: list[tuple[str, list[str]]]) -> Callable[[Run, Section], set[str]]:
    """written(run, section): write the figures of a section, each legible and with its numbers; the pictures' names."""

    def write(run: Run, section: Section) -> set[str]:
        paths = [path for made in section.figures for path in made.write(run, tmp_path / "written" / made.name)]
        tables = [path for path in paths if path.suffix == ".csv"]
        assert [path.stem for path in tables] == [made.name for made in section.figures]
        assert all(len(pd.read_csv(path)) for path in tables)
        assert dict(drawn) == dict.fromkeys(dict(drawn), [])
        pictures = [path for path in paths if path not in tables]
        assert all(path.stat().st_size > 1000 for path in pictures)
        return {path.name for path in pictures}

    return write


@pytest.fixture
def add_analysis() -> Callable[[Path, str, Run], None]:
    """add_analysis(folder, "rollout", run): add the rows and facts of one analysis of ``run`` to a run's folder."""

    def add(folder: Path, analysis: str, run: Run) -> None:
        rows = pd.concat([pd.read_csv(folder / "rows.csv"), run.others], ignore_index=True)
        rows.to_csv(folder / "rows.csv", index=False)
        facts = json.loads((folder / "manifest.json").read_text())
        facts |= {"analyses": {"probes": {}, analysis: run.facts(analysis)}}
        (folder / "manifest.json").write_text(json.dumps(facts))

    return add
