"""A paper from the command line to its page, on small data; what a user may type wrongly; what may be missing."""

import importlib
import io
import json
import logging
import os
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from unittest import mock

import pytest

from pipelines.reproducing.paper_files import names
from pipelines.reproducing.typed_papers import as_lists
from pipelines.shared.cli import launch

SMALL = ("data=grammar", "data.train=120", "data.dev=40", "data.test=40", "threads=1")
PAGES = "minilm,data=grammar,data.dev=40,data.test=40,data.train=120"  # the folder of pages with these options


@pytest.fixture(scope="session")
def papers_folder(tmp_path_factory) -> Path:
    """The outputs that the tests of this file share."""
    return tmp_path_factory.mktemp("papers")


@pytest.fixture(scope="session")
def reproduce(papers_folder):
    """reproduce("paper=liu2019", …): the exit code, the output and the errors of the program, in this process."""

    def call(*arguments: str, small: bool = True) -> tuple[int, str, str]:
        module = importlib.import_module("pipelines.reproduce")
        out, err = io.StringIO(), io.StringIO()
        given = [*(SMALL if small else ()), *arguments, f"outputs={papers_folder}"]
        with (
            mock.patch.object(sys, "argv", ["reproduce.py", *given]),
            mock.patch.dict(os.environ),
            mock.patch("probing.report.page.write_figures", lambda run, sections, table: []),
            redirect_stdout(out),
            redirect_stderr(err),
            pytest.raises(SystemExit) as ended,
        ):
            launch(module.main, module.__doc__ or "", (), as_lists)
        for name in ("probing", "pipelines"):
            logging.getLogger(name).handlers.clear()
            logging.getLogger(name).setLevel(logging.NOTSET)
        return int(ended.value.code or 0), out.getvalue(), err.getvalue()

    return call


def verdicts(folder: Path, pages: str, paper: str) -> dict[str, dict[str, str]]:
    found = json.loads((folder / "papers" / pages / paper / "verdicts.json").read_text(encoding="utf-8"))
    return {claim["claim"]: claim for claim in found["claims"]}


def test_one_command_makes_the_page_of_a_paper_and_a_second_call_returns_at_once(reproduce, papers_folder):
    code, out, err = reproduce("paper=liu2019")
    assert (code, err) == (0, "")
    assert "1 run; at most about" in out
    assert "wrote: " in out
    page = papers_folder / "papers" / PAGES / "liu2019" / "index.html"
    before = page.read_bytes()
    command = f"python -m pipelines.reproduce paper=liu2019 model=minilm outputs={papers_folder} data=grammar"
    assert command.encode() in before
    found = verdicts(papers_folder, PAGES, "liu2019")
    assert found["Vectors in context are better than those of layer 0."]["numbers"]
    last = found["The published accuracy on EWT (Table 1) is matched."]
    assert last["verdict"] == "cannot be checked here"
    assert last["because"] == "no number that the paper has of this is verified"
    assert "The best layers of a Transformer are in the middle." in out
    [manifest] = papers_folder.glob("runs/papers/minilm/grammar/**/manifest.json")
    command = json.loads(manifest.read_text(encoding="utf-8"))["command"]
    assert command.startswith("python -m pipelines.run model=minilm tag=papers ")
    assert "papers=" not in command
    with mock.patch("pipelines.running.carry_out.compute", None):  # nothing is computed again
        code, out, _ = reproduce("paper=[liu2019]", "model=[minilm]")
    assert code == 0
    assert "already done: " in out
    assert page.read_bytes() == before
    assert "liu2019/index.html" in (papers_folder / "papers" / "index.html").read_text(encoding="utf-8")


def test_without_its_corpus_claims_are_not_checked_and_it_says_what_to_fetch(reproduce, papers_folder, monkeypatch):
    monkeypatch.delenv("PROBING_DATA", raising=False)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    code, out, _ = reproduce("paper=liu2019", "tag=without", small=False)
    assert code == 0
    for claim in verdicts(papers_folder, "minilm,tag=without", "liu2019").values():
        assert claim["verdict"] == "cannot be checked here"
    assert "PROBING_DATA" in out
    assert reproduce("paper=liu2019", "tag=without", "strict=true", small=False)[0] == 1


def test_a_stand_in_has_a_page_of_its_own_and_is_called_one_in_the_overview(reproduce, papers_folder, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    real = papers_folder / "papers" / PAGES / "liu2019" / "index.html"
    assert reproduce("paper=liu2019")[0] == 0
    before = real.read_bytes()
    code, out, _ = reproduce("paper=liu2019", "model=gpt2")
    assert code == 0
    assert "minilm (stand-in for gpt2), data=grammar" in out
    assert real.read_bytes() == before  # all that its runs know of the other name leaves it alone
    pages = PAGES.replace("minilm", "gpt2,stand_in=minilm")
    page = (papers_folder / "papers" / pages / "liu2019" / "index.html").read_text(encoding="utf-8")
    assert "model=gpt2 was asked for and could not be loaded; minilm stood in for it." in page
    reproduce("paper=liu2019")
    assert real.read_bytes() == before
    overview = (papers_folder / "papers" / "index.html").read_text(encoding="utf-8")
    assert "minilm (stand-in for gpt2), data=grammar" in overview
    assert "<td>holds (stand-in)</td>" in overview
    assert "<td>holds</td>" in overview


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        (["paper=hewitt"], f"paper=hewitt: no such paper; choose one of {', '.join(names())}, or all"),
        ([], "paper is missing; type paper=…"),
        (["paper=liu2019", "model=brt"], "model=brt"),
        (["paper=liu2019", "task=deprel"], "task=deprel: the files of the paper say it"),
        (["paper=liu2019", "layers=[0,1]"], "layers=[0,1]: the files of the paper say it"),
        (["paper=liu2019", "model=[]"], "model is missing; type model=…"),
        (["paper=liu2019", "model=minilm,brt"], "model=brt"),
        (["paper=liu2019", "dta.train=3"], "dta"),
        (["paper=liu2019", "tag=a/b"], "tag='a/b'"),
    ],
)
def test_a_mistyped_option_is_named(reproduce, typed, message):
    code, out, err = reproduce(*typed, small=False)
    assert code == 2, out
    assert err.startswith("error: ")
    assert message in err
    assert "Traceback" not in err


def test_lists_become_lists_sweeps_and_options_of_every_run():
    assert as_lists(["paper=a,b", "model=[minilm]"]) == ["papers=[a,b]", "models=[minilm]"]
    assert as_lists(["-m", "paper=a", "model=x,y"]) == ["-m", "papers=a", "models=x,y"]
    assert as_lists(["-m", "paper=all"]) == ["-m", f"papers={','.join(names())}"]
    assert as_lists(["paper=a", "seed=3", "strict=true"]) == ["papers=[a]", "strict=true", 'options=["seed=3"]']
    assert as_lists(["-m", "paper=a", "hydra/launcher=joblib"])[1:] == ["papers=a", "hydra/launcher=joblib"]


def test_a_decoder_is_told_why_a_claim_makes_no_sense_and_the_rest_runs(reproduce, papers_folder, tmp_path):
    import runpy

    root = Path(__file__).parents[2]
    build = runpy.run_path(str(root / "model" / "conftest.py"))["build"]
    folder = build("gpt2", tmp_path / "tiny_decoder")
    code, _, err = reproduce("paper=kobayashi2020", "tag=decoder", f"model.checkpoint={folder}", "data.train=500")
    assert (code, err) == (0, "")
    pages = PAGES.replace("minilm", "tiny_decoder,tag=decoder").replace("train=120", "train=500")
    found = verdicts(papers_folder, pages, "kobayashi2020")
    special = found["Special tokens have a smaller share of the norms than of the weights."]
    assert special["verdict"] == "cannot be checked here"
    assert "the model reads from left to right: it has no [CLS] and [SEP]" in special["because"]
    assert found["Norms mix less than weights do (2021, Attn-N below Attn-W)."]["numbers"]


@pytest.mark.slow
def test_every_paper_runs_end_to_end_on_small_data(reproduce, papers_folder):
    code, _, err = reproduce("paper=all", "tag=every", "data.train=4000", "resamples=50")
    assert (code, err) == (0, "")
    pages = PAGES.replace("minilm", "minilm,tag=every").replace("train=120", "train=4000") + ",resamples=50"
    for name in names():
        assert (papers_folder / "papers" / pages / name / "index.html").is_file()
        assert verdicts(papers_folder, pages, name)
