"""The version of the code that a result names."""

import subprocess
from pathlib import Path

import pytest

from pipelines.shared.versions import LIBRARIES, code_version, versions
from probing.distribution import NAME, VERSION

USER = ["-c", "user.name=n", "-c", "user.email=e@example.org"]


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(folder), *arguments], check=True)


@pytest.fixture
def repository(tmp_path) -> Path:
    """A repository with one commit of one file."""
    folder = tmp_path / "repository"
    folder.mkdir()
    (folder / "a.py").write_text("1\n")
    git(folder, "init", "-q")
    git(folder, "add", "a.py")
    git(folder, *USER, "commit", "-q", "-m", "one")
    return folder


def test_the_code_is_a_commit_with_a_mark_for_changes(repository, tmp_path):
    assert code_version(tmp_path) == f"{NAME} {VERSION}"
    assert code_version(tmp_path / "nowhere") == f"{NAME} {VERSION}"
    clean = code_version(repository)
    assert len(clean) == 40
    (repository / "a.py").write_text("2\n")
    assert code_version(repository) == f"{clean}+changes"
    git(repository, "add", "a.py")
    assert code_version(repository) == f"{clean}+changes"


def test_a_folder_that_only_lies_inside_of_a_repository_has_no_commit(repository):
    (repository / ".venv").mkdir()
    assert code_version(repository / ".venv") == f"{NAME} {VERSION}"


def test_a_hook_of_another_repository_does_not_change_the_commit(repository, monkeypatch, tmp_path):
    expected = code_version(repository)
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "another"))
    assert code_version(repository) == expected


def test_no_program_runs_that_the_configuration_of_the_folder_names(repository, tmp_path):
    ran, program = tmp_path / "ran", tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch '{ran}'\ncat\n")
    program.chmod(0o755)
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    (hooks / "post-index-change").symlink_to(program)
    (repository / ".gitattributes").write_text("*.py filter=own\n")
    names = {"core.fsmonitor": program, "filter.own.clean": program, "core.hooksPath": hooks}
    for name, value in names.items():
        git(repository, "config", name, str(value))
    (repository / "a.py").touch()  # git must read it again, through the filter
    assert len(code_version(repository)) == 40
    assert not ran.exists()
    subprocess.run(["git", "-C", str(repository), "status"], check=True, capture_output=True)
    assert ran.exists()  # so the test would have seen it


def test_every_library_has_a_version():
    assert versions().keys() == {NAME, *LIBRARIES}
    assert all(version[0].isdigit() for version in versions().values())
