"""A study of one's own follows docs/template step by step: with the installed package, in a folder of its own."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

import probing
from probing.distribution import VERSION
from probing.result.folder import find_runs
from probing.result.rows import read_rows

ROOT = Path(__file__).parent.parent
TEMPLATE = ROOT / "docs" / "template"
STEPS = re.findall(r"```sh\n(.*?)\n```", (TEMPLATE / "README.md").read_text(encoding="utf-8"), re.DOTALL)
Probe = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def wheel(tmp_path_factory) -> Path:
    """The package as it is distributed."""
    if find_spec("hatchling") is None:
        pytest.skip("hatchling, which builds the package, is not installed")
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    [file] = folder.glob("*.whl")
    return file


@pytest.fixture(scope="session")
def elsewhere(tmp_path_factory) -> Path:
    """A folder with a copy of the study."""
    folder = tmp_path_factory.mktemp("elsewhere")
    shutil.copytree(TEMPLATE / "my_study", folder / "my_study", ignore=shutil.ignore_patterns("__pycache__"))
    return folder


@pytest.fixture(scope="session")
def probe(wheel, elsewhere, tmp_path_factory) -> Probe:
    """probe("run", …): the command of the installed package, in a new environment and in the folder with the study."""
    environment = tmp_path_factory.mktemp("environment") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    [packages] = environment.glob("lib/python*/site-packages")
    # what the package needs, without the repository, which only a .pth file of this environment adds
    (packages / "needed.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    pip = [sys.executable, "-m", "pip", "--python", environment / "bin" / "python", "install"]
    subprocess.run([*pip, "--no-deps", "--no-index", "--quiet", wheel], check=True)
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PROBING_DATA", "COLUMNS")}
    variables = {**kept, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "COLUMNS": "120"}

    def call(*arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [environment / "bin" / "probe", *arguments]
        done = subprocess.run(command, cwd=elsewhere, env=variables, capture_output=True, text=True)
        assert "Traceback" not in done.stdout + done.stderr
        return done

    return call


def test_the_package_has_no_name_at_its_top_that_others_may_have(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.partition("/")[0] for name in names} == {"probing", f"layer_probing-{VERSION}.dist-info"}
    for folder in ("probing", "pipelines", "conf"):
        files = [file for file in (ROOT / folder).rglob("*") if file.is_file() and "__pycache__" not in file.parts]
        below = "" if folder == "probing" else "probing/programs/"
        missing = {below + file.relative_to(ROOT).as_posix() for file in files} - set(names)
        assert missing == set()


def test_the_command_lists_the_programs_and_refuses_others(probe):
    done = probe("--help")
    assert (done.returncode, done.stderr) == (0, "")
    names = [line.split()[1] for line in done.stdout.splitlines() if line.startswith("  probe ")]
    assert set(names) == {file.stem for file in (ROOT / "pipelines").glob("*.py")} - {"__init__", "__main__"}
    assert probe("--version").stdout == f"layer-probing {VERSION}\n"
    assert getattr(probing, "__version__", VERSION) == VERSION
    wrong = probe("rum")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert wrong.stderr.startswith("error: rum: no such program; did you mean run?")


def test_messages_name_the_command_that_was_typed(probe):
    done = probe("report", "tag=nothing")
    assert "make one with probe run, or" in done.stderr
    assert "python -m" not in probe("run", "--help").stdout


def test_without_the_folder_of_options_an_error_says_what_there_is(probe):
    done = probe("run", "task=capital")
    assert done.returncode == 2
    assert done.stderr.startswith("error: task=capital: no such option; choose one of agreement, ")


@pytest.mark.slow
def test_every_step_of_the_template_does_what_it_says(probe, tmp_path_factory):
    outputs = tmp_path_factory.mktemp("outputs")
    said = []
    for step in STEPS:
        command, *arguments = shlex.split(step)
        assert command == "probe"
        done = probe(*arguments, *([] if "--help" in arguments else [f"outputs={outputs}"]))
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
        said.append(done.stdout)
    for option in ("capital", "tagged_lines", "mini_bfloat16", "centroid", "mine", "late", "words_alike", "my_study"):
        assert option in said[0]
    runs = {"/".join(run.relative_to(outputs / "runs").parts[:5]): run for run in find_runs(outputs / "runs")}
    assert sorted(runs) == [
        "main/minilm/grammar-40/capital/centroid",
        "main/minilm/grammar-40/capital/linear",
        "main/minilm/lines-train/pos/linear",
        "my_study/mini_bfloat16/grammar-40/capital/linear",
        "my_study/minilm/grammar-40/capital/linear",
    ]
    own = runs["main/minilm/grammar-40/capital/centroid"]
    rows = read_rows(own / "rows.csv")
    assert set(rows["analysis"]) == {"probes", "rollout", "words_alike"}
    assert "How alike the words of a sentence are" in (own / "index.html").read_text(encoding="utf-8")
    manifest = json.loads((own / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["command"].startswith("probe run --config-dir my_study/conf ")
    assert manifest["outside_code"].keys() == {
        "my_study.capital.Capital",
        "my_study.centroid.Centroid",
        "my_study.similarity.WordsAlike",
    }
    hypotheses = read_rows(runs["main/minilm/grammar-40/capital/linear"] / "rows.csv")
    assert "hypothesis adjective_noun" in set(hypotheses["target"])
    assert (outputs / "reports" / "my_study" / "index.html").is_file()
    assert "probes: capital (" in said[-1]
    assert "gold labels are not shown" not in said[-1]


@pytest.mark.slow
def test_a_change_of_ones_own_code_is_never_answered_with_old_numbers(probe, elsewhere, tmp_path):
    given = ["--config-dir", "my_study/conf", "task=capital", "model=minilm", "data.max_sentences=60", "layers=1"]
    given += ["attention=none", f"outputs={tmp_path}"]
    assert probe("run", *given).stdout.splitlines()[-1].startswith("wrote: ")
    assert probe("run", *given).stdout.splitlines()[-1].startswith("already done: ")
    source = elsewhere / "my_study" / "capital.py"
    before = source.read_text(encoding="utf-8")
    source.write_text(before.replace("word[0]", "word[-1]"), encoding="utf-8")
    changed = probe("run", *given)
    source.write_text(before, encoding="utf-8")
    assert changed.returncode == 2
    assert "holds a run of another configuration" in changed.stderr
    assert probe("run", *given).stdout.splitlines()[-1].startswith("already done: ")
