"""The version of the code that a result names."""

import subprocess

from pipelines.shared.versions import LIBRARIES, code_version, versions


def test_the_code_is_a_commit_with_a_mark_for_changes(tmp_path):
    assert code_version(tmp_path) == "unknown"
    (tmp_path / "a.py").write_text("1\n")
    user = ["-c", "user.name=n", "-c", "user.email=e@example.org"]
    for command in (["init", "-q"], ["add", "a.py"], [*user, "commit", "-q", "-m", "one"]):
        subprocess.run(["git", "-C", str(tmp_path), *command], check=True)
    clean = code_version(tmp_path)
    assert len(clean) == 40
    (tmp_path / "a.py").write_text("2\n")
    assert code_version(tmp_path) == f"{clean}+changes"


def test_every_library_has_a_version():
    assert versions().keys() == set(LIBRARIES)
    assert all(version[0].isdigit() for version in versions().values())
