"""What the tests of a diagnosis share: the program in this process, with a tiny model whose probes are trained once."""

import importlib
import io
import logging
import os
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from unittest import mock

import pytest

from pipelines.diagnosing.diagnosis_settings import separated
from pipelines.shared.cli import launch

SMALL = ("data=grammar", "data.train=60", "data.dev=40", "data.test=20", "threads=1", "resamples=50", "probe.l2=[1e-2]")


@pytest.fixture(scope="package")
def outputs(tmp_path_factory) -> Path:
    """The outputs that the tests of this folder share: the probes are trained once."""
    return tmp_path_factory.mktemp("outputs")


@pytest.fixture(scope="package")
def diagnose(outputs, tiny):
    """diagnose("text=…", …): the exit code, the output and the errors of the program, in this process."""

    def call(*arguments: str, small: tuple[str, ...] = SMALL) -> tuple[int, str, str]:
        module = importlib.import_module("pipelines.diagnose")
        out, err = io.StringIO(), io.StringIO()
        given = [*small, f"model.checkpoint={tiny}", f"outputs={outputs}", *arguments]
        with (
            mock.patch.object(sys, "argv", ["diagnose.py", *given]),
            mock.patch.dict(os.environ),
            mock.patch("probing.report.page.write_figures", lambda run, sections, table: []),
            redirect_stdout(out),
            redirect_stderr(err),
            pytest.raises(SystemExit) as ended,
        ):
            launch(module.main, module.__doc__ or "", (), separated)
        for name in ("probing", "pipelines"):
            logging.getLogger(name).handlers.clear()
            logging.getLogger(name).setLevel(logging.NOTSET)
        return int(ended.value.code or 0), out.getvalue(), err.getvalue()

    return call


@pytest.fixture(scope="package")
def message(diagnose):
    """message(…): the one line of a refused call."""

    def check(*arguments: str, small: tuple[str, ...] = SMALL) -> str:
        code, out, err = diagnose(*arguments, small=small)
        assert code in (1, 2), out + err
        assert "Traceback" not in out + err
        assert err.count("error: ") == 1 and len(err.strip().splitlines()) == 1, err
        assert "wrote: " not in out
        return err

    return check


@pytest.fixture(scope="package")
def page_of() -> Callable[[str], Path]:
    """The overview that the program says it wrote, in its last line."""

    def page(out: str) -> Path:
        last = out.strip().splitlines()[-1]
        assert last.startswith("wrote: ")
        return Path(last.removeprefix("wrote: "))

    return page
