import re

import pandas as pd
import pytest

from probing.report.load import load_run
from probing.report.page import write_page, write_report
from probing.report.sections import sections

HOSTILE = "<script>alert('&amp;')</script>"
CAUSAL = re.compile(r"\b(uses|relies on|because of|drives)\b")


def page_of(folder):
    run = load_run(folder)
    return write_page(run, sections(run))


@pytest.fixture
def hostile(make_run):
    folder = make_run("pos", (0.6, 0.8), notes=[{"kind": "caveat", "text": HOSTILE}], command=HOSTILE)
    table = pd.read_parquet(folder / "predictions.parquet")
    table = table.replace({"gold": {"VERB": HOSTILE}, "predicted": {"VERB": HOSTILE}}).assign(form=HOSTILE)
    table.to_parquet(folder / "predictions.parquet")
    return folder


def test_corpus_text_and_labels_never_become_markup(hostile):
    page = page_of(hostile).read_text(encoding="utf-8")
    assert "<script" not in page.lower()
    assert "&lt;script&gt;" in page


def test_the_whole_report_asks_for_nothing_outside_its_page(hostile):
    page = write_report(hostile)[-1].read_text(encoding="utf-8")
    assert "<script" not in page.lower()
    assert not re.findall(r"https?://|@import|<link|<iframe|url\(", page)
    sources = re.findall(r"(?:src|href)=\"([^\"]{0,30})", page)
    assert len(sources) == 3
    assert all(source.startswith("data:image/png;base64,") for source in sources)


@pytest.mark.parametrize("task", ["pos", "depth", "distance"])
def test_a_page_says_what_was_found_on_what_and_claims_no_use(make_run, task):
    folder = make_run(task, (0.4, 0.7, 0.6))
    page = page_of(folder).read_text(encoding="utf-8")
    assert f"From layer 1 of tiny, a linear probe decodes {task} with" in page
    assert "on 150 sentences of toy" in page
    assert "2 sentences were cut at 512 subwords" in page
    assert "empty nodes: 3" in page
    assert "python -m pipelines.run model=tiny" in page
    finding = re.search(r'class="lead">(.*?)</p>', page)
    assert finding is not None
    assert not CAUSAL.search(finding[1])


def test_a_stand_in_is_on_the_page_and_a_missing_control_is_not(make_run):
    stand_in = {"name": "minilm", "requested": "bert", "stand_in": True, "sha256": "ab"}
    page = page_of(make_run("distance", control=False, checkpoint=stand_in)).read_text(encoding="utf-8")
    assert "Stand-in: model=bert could not be loaded" in page
    assert "over the control task" not in page


def test_the_same_folder_gives_the_same_page(make_run):
    folder = make_run("distance")
    assert page_of(folder).read_bytes() == page_of(folder).read_bytes()
