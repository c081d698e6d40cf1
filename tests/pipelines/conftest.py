"""Small runs of the programs: in this process where that is enough, else in a process of their own."""

import importlib
import io
import logging
import os
import runpy
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from unittest import mock

import pytest

from pipelines.running.config import ANALYSES, GROUPS
from pipelines.running.swept_layers import with_layers_of_all_jobs
from pipelines.shared.cli import launch
from pipelines.shared.option_files import CONF
from pipelines.shared.typed_options import readable

if TYPE_CHECKING:
    import pandas as pd

    from probing.report.load import Run
    from probing.report.section_parts import Section

ROOT = CONF.parent
# 200 sentences, and one thread: more only wait for each other here
SMALL = ("model=minilm", "data=grammar", "data.train=120", "data.dev=40", "data.test=40", "threads=1")


class Done(NamedTuple):
    """The exit code of a program, and what it printed."""

    code: int
    out: str
    err: str


@pytest.fixture(autouse=True)
def same_threads() -> Iterator[None]:
    """Leave this process with the threads that it had."""
    import torch

    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def small() -> tuple[str, ...]:
    """What makes a run small, the model first."""
    return SMALL


@pytest.fixture(scope="session")
def outputs(tmp_path_factory) -> Path:
    """The folder of all runs of this session that share one extraction."""
    return tmp_path_factory.mktemp("outputs")


@pytest.fixture(scope="session")
def here(outputs) -> Callable[..., Done]:
    """here("task=pos", …): a program in this process, by default a small run; ``figures`` take seconds more."""

    def call(*arguments: str, small: bool = True, program: str = "run", figures: bool = False) -> Done:
        module = importlib.import_module(f"pipelines.{program}")
        out, err = io.StringIO(), io.StringIO()
        given = [*SMALL, f"outputs={outputs}", *arguments] if small else [*arguments]
        with (
            mock.patch.object(sys, "argv", ["run.py", *given]),
            mock.patch.dict(os.environ),
            mock.patch(
                "probing.report.page.write_figures", _write_figures if figures else lambda run, sections, table: []
            ),
            redirect_stdout(out),
            redirect_stderr(err),
            pytest.raises(SystemExit) as ended,
        ):
            read = with_layers_of_all_jobs if program == "run" else readable
            launch(module.main, module.__doc__ or "", (*GROUPS, *ANALYSES, "experiment"), read)
        for name in ("probing", "pipelines"):
            logging.getLogger(name).handlers.clear()
            logging.getLogger(name).setLevel(logging.NOTSET)
        return Done(int(ended.value.code or 0), out.getvalue(), err.getvalue())

    return call


def _write_figures(run: "Run", sections: "Sequence[Section]", table: "pd.DataFrame") -> list[Path]:
    from probing.report.figures import write_figures

    return write_figures(run, sections, table)


@pytest.fixture(scope="session")
def make(here) -> Callable[..., Path]:
    """make("task=depth", …): the folder of a small run that succeeds."""

    def call(*arguments: str, figures: bool = False) -> Path:
        done = here(*arguments, figures=figures)
        assert done.code == 0, done.err
        return Path(done.out.splitlines()[-1].partition(": ")[2])

    return call


@pytest.fixture(scope="session")
def environment(tmp_path_factory) -> dict[str, str]:
    """Variables of a process without Hub, cache of the Hub and corpora, and with one thread."""
    kept = {name: value for name, value in os.environ.items() if name not in ("PROBING_DATA", "COLUMNS")}
    return {
        **kept,
        "HF_HUB_OFFLINE": "1",
        "HF_HOME": str(tmp_path_factory.mktemp("hub")),
        "OMP_NUM_THREADS": "1",
        "OMP_WAIT_POLICY": "passive",
        "PYTHONPATH": str(ROOT),
    }


@pytest.fixture(scope="session")
def start(environment, tmp_path_factory) -> Callable[..., "subprocess.Popen[str]"]:
    """start("--help"): ``python -m pipelines.run --help``, started in an empty folder."""
    folder = tmp_path_factory.mktemp("elsewhere")

    def call(*arguments: str, program: str = "run") -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", f"pipelines.{program}", *arguments],
            cwd=folder,
            env=environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    return call


@pytest.fixture(scope="session")
def there(start) -> Callable[..., Done]:
    """there("--help"): the same, waiting for its end."""

    def call(*arguments: str, program: str = "run") -> Done:
        process = start(*arguments, program=program)
        out, err = process.communicate(timeout=300)
        return Done(process.returncode, out, err)

    return call


@pytest.fixture(scope="session")
def plain(there, tmp_path_factory) -> tuple[Path, Done]:
    """``python -m pipelines.run`` without Hub and corpora, on 150 sentences: its outputs, and what it printed."""
    folder = tmp_path_factory.mktemp("plain")
    given = ["data.max_sentences=150", "layers=1", "threads=1", "probe.l2=[1e-2]", f"outputs={folder}"]
    return folder, there(*given)


@pytest.fixture(scope="session")
def tiny(tmp_path_factory) -> Path:
    """The folder of a tiny BERT, three blocks of width 16; copy it before changing anything in it."""
    build = runpy.run_path(str(ROOT / "tests" / "model" / "conftest.py"))["build"]
    return build("bert", tmp_path_factory.mktemp("checkpoints") / "tiny")


@pytest.fixture
def refused() -> Callable[..., str]:
    """refused(done, code): the one message of a program that ended with ``code``, without a traceback."""

    def check(done: Done, code: int) -> str:
        assert done.code == code, done.out + done.err
        assert "Traceback" not in done.out + done.err
        assert done.err.count("error: ") == 1, done.err
        assert done.err.startswith("error: "), done.err
        return done.err

    return check
