import re

import pandas as pd
import pytest

from probing.report.load import load_run
from probing.report.page import write_page, write_report
from probing.report.plain_names import task_in_words
from probing.report.run_provenance import selected
from probing.report.sections import sections
from probing.report.tables import banded

from .one_file import foreign_scripts, loads_nothing, without_links

HOSTILE = "<script>alert('&amp;')</script>"
CAUSAL = re.compile(r"\b(uses|relies on|because of|drives)\b")


def page_of(folder):
    """The page of a run, without the links to glossary and papers."""
    run = load_run(folder)
    return without_links(write_page(run, sections(run), banded(run)).read_text(encoding="utf-8"))


@pytest.fixture
def hostile(make_run):
    folder = make_run("pos", (0.6, 0.8), notes=[{"kind": "caveat", "text": HOSTILE}], command=HOSTILE)
    table = pd.read_parquet(folder / "predictions.parquet")
    table = table.replace({"gold": {"VERB": HOSTILE}, "predicted": {"VERB": HOSTILE}}).assign(form=HOSTILE)
    table.to_parquet(folder / "predictions.parquet")
    return folder


def test_corpus_text_and_labels_never_become_markup(hostile):
    page = page_of(hostile)
    assert foreign_scripts(page) == []
    assert "&lt;script&gt;" in page


def test_the_whole_report_asks_for_nothing_outside_its_page(hostile):
    page = write_report(hostile)[-1].read_text(encoding="utf-8")
    assert loads_nothing(page)
    sources = re.findall(r"src=\"([^\"]{0,30})", page)
    assert len(sources) == 3
    assert all(source.startswith("data:image/png;base64,") for source in sources)


def test_commands_on_a_page_are_those_of_an_installed_package(make_run, monkeypatch):
    monkeypatch.setenv("PROBING_COMMAND", "probe")
    folder = make_run("pos", (0.6, 0.8), name="seed0")
    make_run("pos", (0.6, 0.7), name="seed1")
    page = page_of(folder)
    assert "probe report tag=" in page
    assert "python -m pipelines.view" not in page and "probe view " in page


@pytest.mark.parametrize("task", ["pos", "depth", "distance"])
def test_a_page_says_what_was_found_on_what_and_claims_no_use(make_run, task):
    folder = make_run(task, (0.4, 0.7, 0.6))
    page = page_of(folder)
    assert f"From layer 1 of tiny, a linear probe predicts {task_in_words(task)} with" in page
    assert "150 sentences of test" in page
    assert "corpus: toy" in page
    assert "2 sentences were cut at 512 subwords" in page
    assert "empty nodes: 3" in page
    assert "python -m pipelines.run model=tiny" in page
    finding = re.search(r'class="lead">(.*?)</p>', page)
    assert finding is not None
    assert not CAUSAL.search(finding[1])


def test_headline_and_tile_name_the_layers_that_may_be_the_best(make_run):
    page = page_of(make_run("distance", (0.4, 0.7, 0.7), dev=(0.4, 0.8, 0.7)))
    assert 'class="lead">On test, layers 1 and 2 cannot be distinguished from the best.' in page
    assert "<b>1 and 2</b><span>may be the best layer</span>" in page
    assert "<b>1</b><span>layer chosen on dev, of 3</span>" in page
    assert "≈ marks the layers that cannot be distinguished from the best on test" in page


def test_a_page_says_if_dev_chose_a_layer_that_is_worse_on_test(make_run):
    folder = make_run("distance", (0.4, 0.6, 0.8), dev=(0.4, 0.9, 0.7))
    page = page_of(folder)
    assert "On test, layer 2 is the best: each of the others is significantly worse than another layer." in page
    assert re.search(r"Dev chose layer 1, which is worse than layer 2 by 0\.\d+ \[0\.\d+, 0\.\d+\] on test\.", page)
    assert "From layer 1 of tiny" in page


def test_without_statistics_per_sentence_the_page_says_what_is_not_known(make_run):
    folder = make_run("distance", (0.4, 0.7, 0.7))
    (folder / "sentences.parquet").unlink()
    page = page_of(folder)
    assert 'class="lead">From layer' in page
    assert "this run has no UUAS of single sentences" in page
    assert "may be the best" not in page and "≈" not in page


def test_a_stand_in_is_on_the_page_and_a_missing_control_is_not(make_run):
    stand_in = {"name": "minilm", "requested": "bert", "stand_in": True, "sha256": "ab"}
    page = page_of(make_run("distance", control=False, checkpoint=stand_in))
    assert "Stand-in: model=bert could not be loaded" in page
    assert "over the control task" not in page


def test_the_same_folder_gives_the_same_page(make_run):
    folder = make_run("distance")
    assert page_of(folder) == page_of(folder)


def test_a_section_states_its_sample_under_its_title(make_run, run_with, add_analysis):
    folder = make_run("distance")
    lines = [("all", 1, 0.2, {"metric": "mass_on_special"})]
    add_analysis(folder, "rollout", run_with("rollout", lines, sample="20 of the 40 sentences of test"))
    page = page_of(folder)
    assert '>Attention rollout</h2>\n<p class="soft">Sample: 20 of the 40 sentences of test.</p>' in page
    add_analysis(folder, "unknown", run_with("unknown", lines))
    page = page_of(folder)
    assert '>unknown</h2>\n<p class="soft">This analysis states no sample.</p>' in page


def test_a_failed_analysis_stands_on_the_page_with_its_reason_escaped(make_run):
    page = page_of(make_run("distance", failed={"ablation": HOSTILE}))
    assert foreign_scripts(page) == []
    assert '<p class="warn">The analysis ablation failed: &lt;script&gt;' in page


def test_counter_examples_and_names_of_hypotheses_are_escaped(make_run, run_with, add_analysis):
    example = {"sentence": HOSTILE, "query": HOSTILE, "query_at": 0, "attended": HOSTILE, "attended_at": 1}
    facts = {f"counter_examples/hypothesis {HOSTILE}": [{**example, "weight": 0.5, "right": [HOSTILE]}]}
    chosen = {"metric": "head_accuracy", "probe": "attention", "head": 0}
    folder = make_run("distance")
    run = run_with("hypotheses", [(f"hypothesis {HOSTILE}", 1, 0.5, chosen)], sample=HOSTILE, **facts)
    add_analysis(folder, "hypotheses", run)
    made = sections(load_run(folder))
    assert len(made[0].tables) == 2
    page = page_of(folder)
    assert foreign_scripts(page) == []
    assert page.count("&lt;script&gt;") == 7


def test_a_report_reads_the_run_once_and_makes_its_sections_once(make_run, monkeypatch):
    from probing.report import page

    calls = []
    for name in ("load_run", "sections"):
        made = getattr(page, name)
        monkeypatch.setattr(page, name, lambda *given, made=made, name=name: calls.append(name) or made(*given))
    paths = write_report(make_run("distance"))
    assert calls == ["load_run", "sections"]
    assert {path.name for path in paths} == {"layers.csv", "layers.md", "layers.tex", "layers.png", "layers.pdf"} | {
        "index.html",
        "look.json",
    }


def test_hyper_parameters_are_listed_and_a_column_without_values_is_not(make_run):
    chosen = {"layer": 0, "target": "control", "dev": 0.61234, "converged": True, "l2": 1e-05}
    facts = {"probes": {"selected": [{**chosen, "draw": None}, {**chosen, "draw": None, "layer": 1}]}}
    table = selected(load_run(make_run("distance", analyses=facts)))
    assert table.columns.tolist() == ["layer", "target", "dev", "converged", "l2"]
    assert table.iloc[1].tolist() == ["1", "control", "0.612", "True", "1e-05"]
    facts["probes"]["selected"][0]["draw"] = 2
    facts["probes"]["selected"][1]["dev"] = float("nan")  # of labels that can only be memorised
    table = selected(load_run(make_run("distance", analyses=facts, name="draws")))
    assert (table["draw"].tolist(), table["dev"].tolist()) == (["2", "–"], ["0.612", "–"])


def test_a_page_explains_only_the_columns_that_it_has(make_run):
    assert "Selectivity: the score minus that of the control task" in page_of(make_run("pos", (0.6, 0.8)))
    assert "Selectivity:" not in page_of(make_run("pos", (0.6, 0.8), control=False, name="alone"))
