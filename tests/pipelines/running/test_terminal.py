"""The end of a run on the terminal: the table as wide as the terminal, and every note."""

import pandas as pd
import pytest
from rich.console import Console

from pipelines.running import terminal

TEXT = pd.DataFrame({"layer": ["0", "1 *"], "score": ["0.900", "0.950"], "a long name": ["0.1", "0.2"]})


@pytest.mark.parametrize("width, columns", [(80, 3), (22, 2)])
def test_columns_that_do_not_fit_are_left_out_and_the_table_says_where_they_are(width, columns, monkeypatch):
    monkeypatch.setattr(terminal, "CONSOLE", Console(width=width))
    table = terminal.terminal_table(TEXT, "title", "* best layer on dev")
    assert [column.header.replace("\n", " ") for column in table.columns] == list(TEXT.columns[:columns])
    assert ("tables/layers.md" in str(table.caption)) == (columns < 3)
    assert [row.style for row in table.rows] == [None, "bold"]


def test_the_sign_for_layers_that_may_be_the_best_is_explained_where_it_stands():
    marked = TEXT.assign(layer=["0 ≈", "1 * ≈"])
    assert terminal.marks(marked, "dev", "test") == "* chosen on dev; ≈ may be the best; scores on test"
    assert "≈" not in terminal.marks(TEXT, "dev", "test")


@pytest.mark.parametrize("width", range(1, 25))
def test_however_narrow_the_terminal_is_every_layer_has_its_score(width, monkeypatch, capsys):
    narrow = Console(width=width)
    monkeypatch.setattr(terminal, "CONSOLE", narrow)
    monkeypatch.setattr("pipelines.shared.cli.CONSOLE", narrow)
    terminal.print_table(TEXT, "title", "* best layer on dev")
    said = capsys.readouterr().out
    if width <= 16:
        assert said.splitlines() == ["title", "layer 0, score 0.900", "layer 1 *, score 0.950"]
    assert [score for score in ("0.900", "0.950") if score not in said] == []


def test_a_failed_analysis_is_a_note_at_the_end(capsys, monkeypatch):
    found = [{"kind": "failed", "text": "1 of the analyses (heads): no memory"}, {"kind": "caveat", "text": "few"}]
    manifest = {"data": {"skipped": {"empty nodes": 1200}}, "notes": found}
    run = type("Run", (), {"manifest": manifest, "metric": "accuracy", "chosen_on": "dev", "split": "test"})()
    monkeypatch.setattr("probing.report.load.load_run", lambda folder: run)
    monkeypatch.setattr("probing.report.load.heading", lambda run, instead: "title")
    monkeypatch.setattr("probing.report.tables.banded", lambda run: None)
    monkeypatch.setattr("probing.report.layer_notes.without_spread", lambda run, table: "")
    monkeypatch.setattr("probing.report.measured_on.population", lambda run: "7 sentences")
    monkeypatch.setattr("probing.report.tables.run_table", lambda run, table: (None, TEXT))
    monkeypatch.setattr("probing.report.best_layers.verdict_on_layers", lambda *_: "layers 1 and 2 may be the best")
    said = []
    monkeypatch.setattr(terminal, "say", lambda text, style=None: said.append((text, style)))
    terminal.show(None, {})
    assert said == [
        ("layers 1 and 2 may be the best", None),
        ("measured on 7 sentences", None),
        ("empty nodes: 1,200", None),
        ("failed: 1 of the analyses (heads): no memory", "bold yellow"),
        ("caveat: few", None),
    ]


def test_a_long_name_of_a_column_takes_several_lines_and_no_more_width_than_its_scores():
    text = pd.DataFrame({"layer": ["0"], "word type and suffix": ["0.854"], "bag": ["0.5"]})
    assert terminal.wrapped("word type and suffix") == "word\ntype and\nsuffix"
    assert terminal.widths(text) == [8, 11, 6]
    assert terminal.wrapped("selectivity") == "selectivity"  # one word stays whole


def test_the_ceiling_of_the_control_is_said_below_the_table(capsys, monkeypatch):
    manifest = {"data": {"skipped": {}}, "notes": []}
    run = type("Run", (), {"manifest": manifest, "metric": "accuracy", "chosen_on": "dev", "split": "test"})()
    monkeypatch.setattr("probing.report.load.load_run", lambda folder: run)
    monkeypatch.setattr("probing.report.load.heading", lambda run, instead: "title")
    with_ceiling = TEXT.assign(**{"control ceiling": "0.937"})
    monkeypatch.setattr("probing.report.tables.banded", lambda run: None)
    monkeypatch.setattr("probing.report.layer_notes.without_spread", lambda run, table: "")
    monkeypatch.setattr("probing.report.measured_on.population", lambda run: "7 sentences")
    monkeypatch.setattr("probing.report.tables.run_table", lambda run, table: (None, with_ceiling))
    monkeypatch.setattr("probing.report.best_layers.verdict_on_layers", lambda *given: "")
    said = []
    monkeypatch.setattr(terminal, "say", lambda text, style=None: said.append(text))
    terminal.show(None, {})
    assert said[0] == "measured on 7 sentences"
    assert said[1].startswith("control ceiling: 0.937, the score of looking up")
