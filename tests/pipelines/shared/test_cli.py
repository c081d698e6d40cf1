"""What a user meets on the command line: one screen of help, one line per error, no noise in a pipe."""

import os
import pty
import re
import signal
import subprocess
import sys
import time
from itertools import takewhile
from types import FunctionType

import pytest
import yaml
from hydra.errors import HydraException
from joblib.externals.loky.process_executor import TerminatedWorkerError

from pipelines.running.config import ANALYSES, GROUPS
from pipelines.shared.cli import Failed, fail, guarded, help_screen, interrupt_again
from pipelines.shared.option_files import options
from pipelines.shared.typed_options import explain
from probing import errors

HEAVY = ("torch", "transformers", "datasets", "sklearn", "matplotlib", "seaborn")
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@pytest.fixture(scope="module")
def screen(there) -> str:
    done = there("--help")
    assert done.code == 0
    assert done.err == ""
    return done.out


def test_help_fits_a_screen_and_names_every_option(screen):
    lines = screen.splitlines()
    assert len(lines) <= 40
    for group in (*GROUPS, *ANALYSES, "experiment"):
        [at] = [number for number, line in enumerate(lines) if line.startswith(f"  {group}=")]
        further = takewhile(lambda line: line.startswith(" " * 14), lines[at + 1 :])  # a long list goes on below
        assert " ".join([lines[at].split("=")[1], *further]).split() == ", ".join(options(group)).split()
    assert sum(line.startswith("  python -m pipelines.run ") for line in lines) == 5


def test_every_example_of_the_help_composes(screen, here):
    examples = [line.split("   ")[0] for line in screen.splitlines() if line.startswith("  python -m pipelines.run ")]
    for example in examples:
        arguments = [a for a in example.split()[3:] if a != "-m" and "," not in a]
        done = here(*arguments, "--cfg", "job", small=False)
        assert (done.code, done.err) == (0, "")


def test_help_loads_nothing_heavy(environment):
    program = (
        "import runpy, sys\n"
        "sys.argv = ['run.py', '--help']\n"
        "runpy.run_module('pipelines.run', run_name='__main__')\n"
        f"sys.exit(', '.join({set(HEAVY)} & sys.modules.keys()) or None)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("program", ["report", "benchmark"])
def test_the_other_programs_have_a_screen_too(program, there):
    done = there("-h", program=program)
    assert done.code == 0
    assert f"python -m pipelines.{program}" in done.out
    assert len(done.out.splitlines()) <= 40
    assert max(map(len, done.out.splitlines())) <= 120
    assert "{" not in done.out


def test_help_screens_are_filled_in():
    assert help_screen("Options:\n{groups}\n", ("store",)) == "Options:\n  store=      hdf5"


def test_cfg_job_prints_the_configuration(there):
    done = there("--cfg", "job", "task=distance", "seed=3")
    config = yaml.safe_load(done.out)
    assert (config["seed"], config["task"]["name"], config["probe"]["name"]) == (3, "distance", "structural")
    assert config.keys() >= {"data", "model", "store", "layers", "nulls"}
    assert "hydra" not in config


def test_tab_completion_is_there(environment, there):
    assert "complete -o nospace" in there("--shell-completion", "install=bash").out
    models = {f"model={name}" for name in options("model")}
    for typed, offered in (("task=de", {"task=deprel", "task=depth"}), ("model=", models)):
        line = {"COMP_LINE": f"python pipelines/run.py {typed}", "COMP_POINT": "40"}
        command = [sys.executable, "-m", "pipelines.run", "-sc", "query=bash"]
        done = subprocess.run(command, env={**environment, **line}, capture_output=True, text=True)
        assert set(done.stdout.split()) == offered  # the base of all models, _base, is none of them


def test_a_pipe_gets_plain_lines(plain):
    folder, done = plain
    assert CONTROL.findall(done.out) == []
    lines = done.out.splitlines()
    assert sum(line.startswith("extracting ") for line in lines) == 1  # the estimate, but no bar
    stages = [line.partition("  ")[2] for line in lines if " (stage " in line]
    assert stages == [
        "extract (stage 1 of 4)",
        "probes (stage 2 of 4)",
        "rollout (stage 3 of 4)",
        "page and figures (stage 4 of 4)",
    ]
    assert done.out.splitlines()[-1].startswith(f"wrote: {folder}/runs/main/minilm/grammar-150/pos/")


def test_a_terminal_gets_colours_and_a_line_per_error(environment):
    here, there = pty.openpty()
    command = [sys.executable, "-m", "pipelines.run", "seed=abc"]
    process = subprocess.Popen(command, env={**environment, "TERM": "xterm"}, stdout=there, stderr=there)
    assert process.wait(timeout=60) == 2
    os.close(there)
    assert os.read(here, 10_000).startswith(b"\x1b[1;31merror: seed=abc")
    os.close(here)


def test_an_interrupt_ends_with_130_and_can_be_gone_on_from(start, here, tmp_path):
    many_batches = ["data.train=400", "data.dev=50", "data.test=50", "store.batch_subwords=128"]
    arguments = ["model=minilm", "data=grammar", *many_batches, "task=sentiment", "layers=1", "threads=1"]
    process = start(*arguments, f"outputs={tmp_path}")
    assert process.stdout.readline().endswith("  extract (stage 1 of 4)\n")
    assert process.stdout.readline().startswith("extracting")
    deadline = time.monotonic() + 60
    while not any(path.stat().st_size for path in tmp_path.rglob("*.journal*")) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err == "error: interrupted; run the same command again to continue\n"
    assert list(tmp_path.rglob("*.h5")) == list(tmp_path.rglob("rows.csv")) == []
    again = here(*arguments, f"outputs={tmp_path}", small=False)
    assert again.code == 0
    assert re.search(r"[1-9]\d* of \d+ batches are there; going on", again.out)


class Interrupted:
    def __del__(self):
        raise KeyboardInterrupt


def test_an_interrupt_that_python_ignores_is_delivered_again(monkeypatch):
    monkeypatch.setattr(sys, "unraisablehook", interrupt_again)
    with pytest.raises(KeyboardInterrupt):
        Interrupted()
        time.sleep(10)


def raising(error: BaseException):
    def work():
        raise error

    return work


@pytest.mark.parametrize(
    "error, code, message",
    [
        (errors.ConfigError("a=b: choose c"), 2, "a=b: choose c"),
        (errors.DataError("x.conllu:3: no"), 1, "x.conllu:3: no"),
        (errors.UnavailableError("[not] markup"), 1, "[not] markup"),
        (HydraException("no such group\nConfig search path:\n  here"), 2, "no such group"),
        (FileNotFoundError(2, "No such file or directory", "/nowhere"), 1, "/nowhere: No such file or directory"),
        (OSError(28, "No space left on device"), 1, "input or output: No space left on device"),
        (MemoryError("3 GB wanted"), 1, "memory ran out (3 GB wanted); give this program more"),
        (OSError(12, "Cannot allocate memory"), 1, "memory ran out"),
        (TerminatedWorkerError("The exit codes of the workers are {SIGKILL(-9)}"), 1, "a process of the sweep was"),
        (Failed(2), 2, "the sweep is incomplete"),
    ],
)
def test_each_error_has_its_code_and_its_message(error, code, message, capsys):
    assert guarded(raising(error)) == code
    assert capsys.readouterr().err.startswith(f"error: {message}")


@pytest.mark.parametrize(
    ("seen", "advice"),
    [
        ("The node timed out.", "run the same command again"),
        ("With an existing cluster, num_cpus must not be.", "type hydra.launcher.ray.init.address=local"),
    ],
)
def test_what_ray_raises_is_one_line(seen, advice, capsys):
    def start():
        raise RuntimeError(seen)

    assert guarded(FunctionType(start.__code__, {"__name__": "ray._private.node"}, closure=start.__closure__)) == 1
    assert capsys.readouterr().err.startswith(f"error: Ray: {seen}; {advice}")


def test_lack_of_memory_is_named_behind_another_error(capsys):
    refusal = errors.ModelError("transformers cannot load this: Cannot allocate memory")
    refusal.__cause__ = MemoryError()
    assert guarded(raising(refusal)) == 1
    assert "cannot load this: Cannot allocate memory; memory ran out: give this" in capsys.readouterr().err


def test_an_unknown_width_prints_all_the_same(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "0")
    fail("seen; wanted; type this")
    assert capsys.readouterr().err == "error: seen; wanted; type this\n"


def test_a_bug_keeps_its_traceback():
    for error in (ValueError("ours"), KeyError("ours"), AssertionError("ours")):
        with pytest.raises(type(error), match="ours"):
            guarded(raising(error))


def test_what_cannot_be_explained_is_quoted():
    assert explain(HydraException("  odd  ")) == "odd"
