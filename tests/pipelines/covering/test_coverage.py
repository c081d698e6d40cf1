"""The program itself, what it writes, and that what documents and notes quote is what it measured."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.coverage import Settings
from pipelines.covering.markdown import FAMILIES, tables
from pipelines.covering.replications import BEST, HEADS, LAYERS, Line
from probing.errors import ConfigError
from probing.result.few_units import HELD

ROOT = Path(__file__).parents[3]
DATA = json.loads((ROOT / "docs" / "coverage.json").read_text(encoding="utf-8"))
LINES = [Line(**line) for line in DATA["lines"]]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"pool": 20}, "pool=20: at least 200"),
        ({"controls": 2}, "controls=2: at least 5"),
        ({"sentences": [300, 1]}, "sentences=1: the size of a test set"),
        ({"documents": "many"}, "documents=many: the size of a test set"),
        ({"layer": 0}, "layer"),
    ],
)
def test_impossible_options_are_refused(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Settings(**wrong)  # type: ignore[arg-type]


def test_the_document_quotes_the_data_file() -> None:
    text = " ".join((ROOT / "docs" / "coverage.md").read_text(encoding="utf-8").split())
    assert " ".join(tables(LINES).split()) in text
    measured = DATA["measured"]
    assert f"{measured['sentences']:,} further sentences" in text
    assert f"Each of {measured['replications']:,} test sets" in text
    assert f"resampled {measured['resamples']:,} times" in text
    assert f"({measured['controls']} here)" in text


def test_the_data_file_was_measured_with_the_program_as_it_is_without_options() -> None:
    usual = Settings()
    for name in ("replications", "resamples", "controls", "layer", "seed"):
        assert DATA["measured"][name] == getattr(usual, name)
    assert DATA["measured"]["sentences"] == usual.pool
    sizes = {(line.drawn, line.n) for line in LINES}
    assert {("sentences", n) for n in usual.sentences} | {("documents", n) for n in usual.documents} < sizes


def test_the_note_on_few_units_quotes_the_data_file() -> None:
    for size, held in HELD.items():
        shares = [
            line.share for line in LINES if (line.drawn, line.n) == ("sentences", size) and line.measure not in FAMILIES
        ]
        assert held == pytest.approx((min(shares), max(shares)))


@pytest.mark.slow
def test_a_small_measurement_lies_within_its_binomial_bounds(tmp_path: Path) -> None:
    options = ["replications=100", "resamples=500", "pool=1500", "controls=12", "sentences=[300,100]", "documents=50"]
    command = [sys.executable, "-m", "pipelines.coverage", *options, f"outputs={tmp_path}"]
    subprocess.run(command, check=True, cwd=ROOT)
    found = json.loads((tmp_path / "coverage" / "main.json").read_text(encoding="utf-8"))
    lines = [Line(**line) for line in found["lines"]]
    assert (tmp_path / "coverage" / "main.md").read_text(encoding="utf-8") == tables(lines)
    tried = [line for line in lines if line.drawn in ("sentences", "documents") and line.measure not in FAMILIES]
    for line in tried:
        assert line.share >= 0.95 - 4 * (0.95 * 0.05 / 100) ** 0.5, line
    assert 0.93 <= sum(line.share for line in tried) / len(tried) <= 0.97
    families = {line.measure: line.share for line in lines if line.measure in FAMILIES}
    assert families[BEST] >= 0.95 - 3 * (0.95 * 0.05 / 100) ** 0.5
    for null in (LAYERS, HEADS):
        assert families[null] >= 0.95 - 3 * (0.95 * 0.05 / 100) ** 0.5
