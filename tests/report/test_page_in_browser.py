"""Tables of a page in a real browser: folded, filtered and sorted with the program, whole without it."""

import pytest

from pipelines.benchmarking.view_ratios import ARGUMENTS
from pipelines.benchmarking.view_ratios import browser as find
from probing.errors import UnavailableError
from probing.report.load import load_run
from probing.report.wrong_items import write_wrong_items

pytestmark = pytest.mark.slow
VISIBLE = "[...document.querySelectorAll('tbody tr')].filter((row) => row.offsetHeight).map((row) => row.innerText)"


@pytest.fixture
def chromium():
    try:
        program = find()
    except UnavailableError as error:
        pytest.skip(str(error))
    from playwright.sync_api import sync_playwright

    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=program, args=ARGUMENTS) as started,
    ):
        yield started


def test_a_list_of_wrong_items_folds_filters_sorts_and_fills_the_command(make_run, chromium):
    page = write_wrong_items(load_run(make_run("pos", (0.6, 0.8))), 1)[1]
    errors = []
    tab = chromium.new_page()
    tab.on("console", lambda message: errors.append(message.text))
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.goto(page.as_uri())
    every = tab.evaluate("document.querySelectorAll('tbody tr').length")
    assert len(tab.evaluate(VISIBLE)) == 10 < every
    assert f"10 of {every} rows" in tab.inner_text(".tools")
    tab.click("text=show all")
    assert len(tab.evaluate(VISIBLE)) == every
    tab.click("thead th:last-child")
    numbers = [int(row.split("\t")[-1]) for row in tab.evaluate(VISIBLE)]
    assert numbers == sorted(numbers)
    tab.click("thead th:last-child")
    assert [int(row.split("\t")[-1]) for row in tab.evaluate(VISIBLE)] == sorted(numbers, reverse=True)
    tab.select_option("select", "VERB")
    assert {row.split("\t")[0] for row in tab.evaluate(VISIBLE)} == {"VERB"}
    tab.fill("input", "no such text")
    assert tab.evaluate(VISIBLE) == []
    tab.fill("input", "")
    name = tab.inner_text("tbody tr:not([hidden]) button.id")
    tab.click("tbody tr:not([hidden]) button.id")
    assert tab.inner_text("code[data-before]").endswith(f" sentence={name}")
    tab.goto(f"{page.as_uri()}#gold=NOUN&predicted=VERB")
    tab.reload()
    assert {tuple(row.split("\t")[:2]) for row in tab.evaluate(VISIBLE)} == {("NOUN", "VERB")}
    assert errors == []


def test_without_the_program_every_row_is_there(make_run, chromium):
    page = write_wrong_items(load_run(make_run("pos", (0.6, 0.8))), 1)[1]
    tab = chromium.new_context(java_script_enabled=False).new_page()
    tab.goto(page.as_uri())
    assert tab.locator("tbody tr").count() == page.read_text(encoding="utf-8").count("<tr><th") - 1 > 15
    assert tab.locator("tbody tr").last.is_visible()
    assert tab.locator("code[data-before]").inner_text().startswith("python -m pipelines.view data=toy")
