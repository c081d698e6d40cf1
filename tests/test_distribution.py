"""How programs are named in messages and pages, by how they were started or installed."""

import pytest

from probing import distribution
from probing.distribution import COMMAND, as_typed
from probing.errors import DataError
from probing.report.gather import gather
from probing.view.bundle import page

TEXT = "type python -m pipelines.run task=pos"


@pytest.fixture
def typed(monkeypatch, tmp_path):
    """A function that sets how programs were started (None: not by a command), and whether the package is installed."""

    def started(command: str | None, installed: bool = False) -> None:
        monkeypatch.delenv(COMMAND, raising=False)
        if command:
            monkeypatch.setenv(COMMAND, command)
        monkeypatch.setattr(distribution, "INSTALLED", tmp_path if installed else tmp_path / "nothing")

    return started


@pytest.mark.parametrize(
    ("command", "installed", "said"),
    [
        (None, False, TEXT),
        (None, True, "type probe run task=pos"),  # a notebook: only the command of the package works there
        ("probe", False, "type probe run task=pos"),
        ("python -m probing", True, "type python -m probing run task=pos"),
    ],
)
def test_a_command_is_the_one_that_works_here(typed, command, installed, said):
    typed(command, installed)
    assert as_typed(TEXT) == said


def test_views_and_errors_name_the_command_of_an_installed_package(typed):
    typed(None, installed=True)
    view = page([])
    assert "probe run task=pos" in view and "probe explore" in view
    with pytest.raises(DataError, match=r"make a run first \(probe run\)"):
        gather([])
    assert "pipelines." not in view
