"""Made-up rows that equal, exceed and miss published numbers: the verdict that a reader finds on the page."""

import html
import json
import re

import pytest

from probing.report.published.paper_page import Reproduction, write_paper_page

from ..one_file import foreign_scripts, loads_nothing
from .conftest import published

COMMAND = "python -m pipelines.reproduce paper=made_up model=tiny"


def page_of(paper, folder, out, **rest):
    path, _ = write_paper_page(Reproduction(paper, "tiny", {"pos": folder}, COMMAND, **rest), out)
    return path.read_text(encoding="utf-8")


def verdict(page: str, claim: str) -> str:
    """The cell beside a claim, without markup."""
    found = re.search(rf"{re.escape(claim)}</th><td>(.*?)</td>", re.sub(r"</?a[^>]*>", "", page), re.DOTALL)
    assert found is not None
    return html.unescape(re.sub(r"<[^>]+>", "", found[1]))


@pytest.mark.parametrize(
    ("moved", "word", "beside"),
    [(0.0, "holds", "within tolerance"), (-0.05, "does not hold", "above"), (0.05, "does not hold", "below")],
)
def test_rows_that_equal_exceed_and_miss_the_paper_have_the_right_verdict_on_the_page(
    at_layer_2, paper, tmp_path, moved, word, beside
):
    run, score = at_layer_2
    page = page_of(paper(published(score + moved)), run.folder, tmp_path / "out")
    assert verdict(page, "The numbers are matched.") == word
    assert f">{beside}<" in page
    assert "1 published numbers are of the same model and data" in page


@pytest.mark.parametrize("changed", [{"model": "org/other"}, {"data": "another corpus"}])
def test_another_model_or_other_data_are_never_compared(at_layer_2, paper, tmp_path, changed):
    run, score = at_layer_2
    page = page_of(paper(published(score, **changed)), run.folder, tmp_path / "out")
    assert verdict(page, "The numbers are matched.").startswith("cannot be checked here, because the paper's number is")
    assert "No published number is drawn over ours" in page
    assert "within tolerance" not in page


@pytest.mark.parametrize("status", ["D", "R-high", "R-med"])
def test_a_number_that_is_not_verified_is_named_so_and_left_out_of_verdicts(at_layer_2, paper, tmp_path, status):
    run, _ = at_layer_2
    page = page_of(paper(published(0.1234, status=status)), run.folder, tmp_path / "out")
    assert verdict(page, "The numbers are matched.").startswith("cannot be checked here")
    assert "not verified" in page
    assert "0.1234" in page
    assert "0.1234" not in (tmp_path / "out" / "figures" / "figure.csv").read_text()


def test_the_reason_of_a_run_that_is_not_there_stands_beside_its_claims(paper, tmp_path):
    page = page_of(paper(published(0.5)), "fetch <the> treebank", tmp_path / "out")
    assert verdict(page, "The numbers are matched.") == "cannot be checked here, because fetch <the> treebank"
    assert "fetch &lt;the&gt; treebank" in page
    assert "There is nothing to draw" in page


def test_the_page_has_question_differences_and_command_and_loads_nothing(at_layer_2, paper, tmp_path):
    page = page_of(paper(published(0.5)), at_layer_2[0].folder, tmp_path / "out")
    assert "Does it &lt;b&gt;work&lt;/b&gt;?" in page
    assert "Ours is &lt;i&gt;small&lt;/i&gt;." in page
    assert COMMAND in page
    assert "https://example.org/paper" in page
    assert loads_nothing(page)
    assert foreign_scripts(page) == []


def test_the_same_runs_give_the_same_page(at_layer_2, paper, tmp_path):
    first, second = (page_of(paper(published(0.5)), at_layer_2[0].folder, tmp_path / "out") for _ in range(2))
    assert first == second


def test_the_page_names_no_folder_of_the_user_and_no_table_of_an_earlier_page(at_layer_2, paper, tmp_path):
    run, score = at_layer_2
    out = tmp_path / "out"
    assert "tables/published.csv" in page_of(paper(published(score)), run.folder, out)
    page = page_of(paper(published(score, model="org/other")), run.folder, out)
    assert str(tmp_path) not in page
    assert "tables/published.csv" not in page
    assert not (out / "tables" / "published.csv").exists()


def test_probes_that_were_trained_on_a_part_of_train_are_not_compared(ours, paper, tmp_path):
    folder = ours()
    manifest = folder / "manifest.json"
    facts = json.loads(manifest.read_text(encoding="utf-8"))
    facts["config"]["data"] = {"train_sentences": 200}
    manifest.write_text(json.dumps(facts), encoding="utf-8")
    page = page_of(paper(published(0.9)), folder, tmp_path / "out")
    assert "ours of probes trained on 200 sentences" in verdict(page, "The numbers are matched.")


def test_the_page_says_how_many_numbers_are_not_verified(at_layer_2, paper, tmp_path):
    run, score = at_layer_2
    numbers = [published(score), published(0.5, status="R-high"), published(0.6, status="D")]
    page = html.unescape(page_of(paper(*numbers), run.folder, tmp_path / "out"))
    assert "2 of the 3 numbers that we have of this paper are not verified in a source (from memory or read" in page
    assert "not verified in a source" not in page_of(paper(numbers[0]), run.folder, tmp_path / "out")


def test_a_stand_in_is_named_on_its_page(at_layer_2, paper, tmp_path):
    run, _ = at_layer_2
    page = page_of(paper(published(0.5)), run.folder, tmp_path / "out", stands_in_for="gpt2", options="seed=3")
    assert "Clark et al. 2019: tiny (stand-in for gpt2), seed=3" in page
    assert "model=gpt2 was asked for and could not be loaded; tiny stood in for it." in page
    assert "stood in" not in page_of(paper(published(0.5)), run.folder, tmp_path / "out")
