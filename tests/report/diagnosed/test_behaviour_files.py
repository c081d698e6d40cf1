"""The files of a behaviour suite: page, rows and JSON have the numbers of the record, and no text becomes markup."""

import html
import json
import re

import pandas as pd
import pytest

from probing.analysis.behaviour import Failure, cell_of
from probing.data.behaviour_cases import Case
from probing.diagnosis.behaviour_suite_run import SuiteRun
from probing.report.diagnosed.behaviour_files import write_behaviour
from probing.report.diagnosed.behaviour_record import Behaviour
from probing.report.diagnosed.behaviour_tables import failure_table, rate_table, with_sums

from ..one_file import foreign_scripts, loads_nothing

PROVENANCE = {
    "identity": {"behaviour": 4},
    "command": "python -m pipelines.diagnose behaviour=4",
    "commit": "0123abc",
    "versions": {"torch": "2"},
    "run_id": "r1",
    "checkpoint": {"name": "tiny", "revision": "sha256:1"},
    "data": {"name": "grammar", "fingerprint": "f00"},
    "config": {"model": {"name": "<i>tiny</i>"}},
}
SAYS = {"negative": 0.7, "positive": 0.3}
WRONG = Failure(Case("negation", "minimum functionality", "not <b>bad</b>", "positive"), SAYS)
STAYS = Failure(
    Case("negation", "direction", "bad", "negative", "not bad", "positive"), SAYS, {"negative": 0.75, "positive": 0.25}
)
TURNS = Failure(
    Case("names", "invariance", "Tom is bad", "negative", "Bill is bad", "negative"),
    SAYS,
    {"negative": 0.4, "positive": 0.6},
)
CELLS = (
    cell_of(("names", "invariance"), [TURNS], 4),
    cell_of(("negation", "direction"), [STAYS], 2),
    cell_of(("negation", "minimum functionality"), [WRONG], 4),
    cell_of(("vocabulary", "minimum functionality"), [], 4),
)
OF = Behaviour("tiny on grammar", "the probe on layer 2", SuiteRun(CELLS, 3), 4, ("one note",), (), PROVENANCE)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("behaviour")
    assert write_behaviour(OF, folder) == folder / "index.html"
    return folder


def shown(row):
    return [cell.text.replace("\u00a0", " ") for cell in row]


def test_cells_add_up_along_both_sides():
    table = rate_table(CELLS)
    assert table.head == ["capability", "minimum functionality", "invariance", "direction", "all tests"]
    rows = {row[0].text: shown(row)[1:] for row in (*table.rows, *table.foot)}
    assert [*rows] == ["vocabulary", "negation", "names", "all capabilities"]
    assert rows["negation"] == ["25.0 % [4.6, 69.9] 1/4", "–", "50.0 % [9.5, 90.5] 1/2", "33.3 % [9.7, 70.0] 2/6"]
    assert rows["all capabilities"][-1] == "21.4 % [7.6, 47.6] 3/14"
    assert with_sums(CELLS)["all capabilities", "minimum functionality"].n == 8


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (CELLS[2], ["not <b>bad</b>", "positive", "negative 70.0 %"]),
        (CELLS[0], ["Tom is bad", "negative 70.0 %", "Bill is bad", "positive 60.0 %"]),
        (CELLS[1], ["bad", "not bad", "positive", "30.00 %", "25.00 %"]),
    ],
)
def test_a_failing_case_has_what_was_said_before_and_after(cell, expected):
    table = failure_table(cell)
    assert shown(table.rows[0]) == expected and len(table.head) == len(expected)


def test_page_rows_and_json_have_the_same_numbers(folder):
    page = (folder / "index.html").read_text(encoding="utf-8")
    plain = html.unescape(re.sub(r"<.*?>", "", page))
    found = json.loads((folder / "diagnosis.json").read_text(encoding="utf-8"))
    rows = pd.read_csv(folder / "rows.csv", keep_default_na=False, na_values=[""])
    assert (found["cases"], found["failed"], found["left_out"]) == (14, 3, 3)
    assert [one["value"] for one in found["measurements"]] == rows["value"].tolist()
    assert {(one.name, one.method): one.n for one in rows.itertuples()}["negation", "all tests"] == 6
    assert "What fails most often: negation, direction: 50.0 % [9.5, 90.5], 1 of 2 cases." in plain
    assert [one["before"] for one in found["failures"]] == [SAYS] * 3 and found["failures"][2]["after"] is None
    assert "3 cases have a text that the classifier cannot read." in plain and "one note" in plain
    assert plain.index("negation, direction: 1 of 2 fail") < plain.index("names, invariance: 1 of 4 fail")


def test_the_page_needs_no_other_file_and_no_text_becomes_markup(folder):
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert loads_nothing(page) and foreign_scripts(page) == []
    assert "not &lt;b&gt;bad&lt;/b&gt;" in page and "<b>bad" not in page and "<i>tiny" not in page


def test_a_suite_without_a_failure_says_so(tmp_path):
    none = Behaviour("t", "c", SuiteRun(CELLS[3:], 0), 4, (), (), PROVENANCE)
    page = write_behaviour(none, tmp_path / "none").read_text(encoding="utf-8")
    assert page.count("No case fails.") == 2 and "Nothing was left out." in page
