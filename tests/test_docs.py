"""The documentation site builds without a warning, needs no network, and what its pages tell readers to type works."""

import json
import os
import re
import runpy
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path

import pytest
import yaml
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

import probing
from pipelines.diagnosing.diagnosis_settings import separated
from pipelines.extracting.extract_settings import separated as separated_of_extract
from pipelines.running.config import build
from pipelines.shared.typed_options import readable

ROOT = Path(__file__).resolve().parent.parent
CONF = ROOT / "conf"
BLOCKS = runpy.run_path(str(ROOT / "tests" / "docs_blocks.py"))
EVERY = [box for page in BLOCKS["pages"]() for box in BLOCKS["boxes"](page)]
TYPED = [(box, words) for box in EVERY if box.language == "bash" for words in BLOCKS["commands"](box.text)]
# commands of this project; those with options of a reader's own run in their page alone
OURS = [(box, words) for box, words in TYPED if BLOCKS["program"](words) and "--config-dir" not in words]
# pages whose boxes run in the ordinary tests; those of the others take longer and are slow tests
QUICK = ["howto/read_store.md", "howto/own_model.md"]
# why a box is not run, as readers see it above the box, and how many boxes say so
REASONS = {
    "Needs the Hub": 4,
    "Needs a GPU and the Hub": 1,
    "Needs several GPUs and the Hub": 1,
    "Needs Slurm": 3,
    "Needs Ray": 2,
    "Needs a package registry": 1,
    "Needs a shell with nohup": 1,  # the same command runs in other boxes
    "Takes minutes": 5,  # the tests, the pictures, the measurement of intervals, every concept and method, three types
    "Stays open until you press Ctrl-C": 1,
}
FETCHED = re.compile(
    r"<(script|img|iframe|source)[^>]* src=.?(https?:)?//|<link[^>]* href=.?(https?:)?//|url\(.?https?:"
    r"|import\(.?https?:|fetch\(.?https?:"
)
# what makes runs of a copy of the project small; options on the command line would stand in the names of folders
SMALLER = {
    "data/grammar.yaml": {"train: 3000": "train: 60", "dev: 600": "dev: 20", "test: 600": "test: 20"},
    "analysis/ablation.yaml": {"sentences: 100": "sentences: 10"},
    "analysis/agreement.yaml": {"sentences: 50": "sentences: 5"},
    "analysis/usage.yaml": {"sentences: 50": "sentences: 5", "draws: 5": "draws: 3"},
    "run.yaml": {"threads: null": "threads: 1"},
}


def ran(pages: list[str], tmp_path: Path, *options: str) -> dict[str, list[str]]:
    """Run the boxes of ``pages`` with a copy of the project whose grammar has 100 sentences; what failed, by page."""
    house = tmp_path / "house"
    for name in ("probing", "pipelines", "conf"):
        shutil.copytree(ROOT / name, house / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name, replaced in SMALLER.items():
        file = house / "conf" / name
        text = file.read_text(encoding="utf-8")
        for found, wanted in replaced.items():
            assert found in text
            text = text.replace(found, wanted)
        file.write_text(text, encoding="utf-8")
    kept = {name: value for name, value in os.environ.items() if name not in ("PROBING_DATA", "COLUMNS")}
    environment = {**kept, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "PYTHONPATH": str(house)}
    call = [sys.executable, ROOT / "tests" / "docs_blocks.py", tmp_path / "boxes", *pages, *options]
    (tmp_path / "boxes").mkdir()
    done = subprocess.run(call, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    failed: dict[str, list[str]] = json.loads((tmp_path / "boxes" / "failed.json").read_text(encoding="utf-8"))
    assert list(failed) == pages
    return failed


def test_boxes_of_quick_pages_run(tmp_path):
    failed = ran(QUICK, tmp_path, "--without-figures")
    assert not any(failed.values()), "\n".join(line for lines in failed.values() for line in lines)


@pytest.mark.slow
def test_boxes_of_all_other_pages_run(tmp_path):
    failed = ran([page for page in BLOCKS["pages"]() if page not in QUICK], tmp_path)
    assert not any(failed.values()), "\n".join(line for lines in failed.values() for line in lines)


@pytest.mark.parametrize(
    "language, text",
    [("python", "assert 1 == 2"), ("bash", "ls"), ("bash", "python -m pipelines.plan difference=none")],
)
def test_a_box_that_fails_is_not_passed_over(language, text, monkeypatch):
    monkeypatch.setattr(sys, "argv", [])
    with pytest.raises((AssertionError, ValueError, SystemExit)):
        BLOCKS["run_box"](BLOCKS["Box"]("page.md", 1, language, "", text), {})


def test_boxes_that_are_not_run_say_why_and_are_few():
    assert Counter(box.title for box in EVERY if box.left_out) == REASONS
    for box in EVERY:
        assert box.left_out or not box.title or box.title.split(".")[-1] in ("yaml", "py"), f"{box.page}:{box.line}"
        assert box.language in ("", "bash", "python", "yaml", "json", "bibtex"), f"{box.page}:{box.line}"
    typed = [box for box in EVERY if box.language in ("bash", "python")]
    assert sum(box.left_out for box in typed) < 0.25 * len(typed)


READ = {"diagnose": separated, "extract": separated_of_extract}  # programs that read options of a run


@pytest.mark.parametrize("box, words", OURS, ids=[f"{box.page}:{box.line}" for box, _ in OURS])
def test_every_command_has_options_that_exist(box, words, monkeypatch, tmp_path):
    for other in EVERY:
        if other.page == box.page and other.title.endswith(".yaml"):
            (tmp_path / other.title).write_text(other.text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    module, typed = BLOCKS["program"](words)
    name = module.removeprefix("pipelines.")
    given = READ.get(name, readable)(typed)
    swept = "-m" in given
    overrides = [first_of(word) if swept else word for word in given if word != "-m" and not word.startswith("hydra")]
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose(name, overrides=overrides, return_hydra_config=True)
    choices = {str(group): str(option) for group, option in config.hydra.runtime.choices.items()}
    if name == "run":
        build(OmegaConf.masked_copy(config, [key for key in config if key != "hydra"]), choices)
    for option in config.get("options", ()):  # of the run that the program makes
        with initialize_config_dir(str(CONF), version_base="1.3"):
            compose("run", overrides=[option])


def first_of(word: str) -> str:
    """One value of a sweep, ``name=a`` of ``name=a,b``."""
    return word if "[" in word else word.split(",")[0]


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """The site, built as `make docs` builds it."""
    folder = tmp_path_factory.mktemp("site")
    call = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", folder]
    done = subprocess.run(call, cwd=ROOT, env={**os.environ, "NO_COLOR": "1"}, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_the_site_fetches_nothing(site):
    read = [*site.rglob("*.html"), *site.rglob("*.css")]
    assert len(read) > 30
    for file in read:
        text = file.read_text(encoding="utf-8")
        text = re.sub(r"<link[^>]*rel=\"?canonical[^>]*>", "", text)
        assert not FETCHED.search(text), file


def test_search_works_from_disk(site):
    assert "function" not in (site / "search" / "search_index.js").read_text(encoding="utf-8")[:20]
    index = json.loads((site / "search" / "search_index.js").read_text(encoding="utf-8").removeprefix("var __index = "))
    assert any("selectivity" in document["text"].lower() for document in index["docs"])
    assert 'src="assets/iframe-worker.js"' in (site / "index.html").read_text(encoding="utf-8")


def test_the_site_has_every_option_of_conf(site):
    text = (site / "reference" / "options.html").read_text(encoding="utf-8")
    for file in CONF.rglob("*.yaml"):
        if file.parent != CONF and not file.stem.startswith("_"):
            assert f"<code>{file.parent.name}={file.stem}</code>" in text, file
        for option in re.findall(r"^(\w+): .* # ", file.read_text(encoding="utf-8"), re.MULTILINE):
            assert f"<code>{option}</code>" in text, (file, option)


def test_the_gallery_and_formulas_are_on_the_site(site):
    assert {picture.name for picture in (ROOT / "outputs" / "gallery").glob("*.png")} == {
        picture.name for picture in (site / "gallery").glob("*.png")
    }
    solver = (site / "solver.html").read_text(encoding="utf-8")
    assert solver.count('role="img"') > 50
    assert "\\(" not in re.sub(r'aria-label="[^"]*"', "", solver)


def test_all_that_says_how_to_cite_says_the_same():
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    [entry] = [box.text for box in EVERY if box.language == "bibtex"]
    fields = dict(re.findall(r"(\w+) += \{+([^}]*)\}", entry))
    assert fields["title"] == cited["title"]
    assert fields["author"] == cited["authors"][0]["name"]
    assert (fields["version"], fields["license"]) == (str(cited["version"]), cited["license"])
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert cited["version"] == (getattr(probing, "__version__", None) or project["version"])


def test_every_file_that_a_page_names_in_code_is_there():
    for page in BLOCKS["pages"]():
        text = (ROOT / "docs" / page).read_text(encoding="utf-8")
        for path in re.findall(r"`((?:probing|pipelines|conf|tests)/[\w/.]+\.\w+)`", text):
            assert (ROOT / path).exists(), f"{page}: {path}"
