"""The programs of the pages: the linter and the type checker find nothing, and they do find faults."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
SECONDS = 120


def run(*command: object, where: Path = HERE) -> subprocess.CompletedProcess:
    return subprocess.run(
        [str(part) for part in command], cwd=where, capture_output=True, text=True, timeout=SECONDS, check=False
    )


def lint(folder: Path) -> subprocess.CompletedProcess:
    program = Path(sys.executable).with_name("oxlint")
    if not program.exists():
        pytest.skip("oxlint is not installed; type pip install -e '.[dev]'")
    return run(program, "--deny-warnings", folder)


@pytest.fixture(scope="module")
def tsc() -> Path:
    """The type checker, from npm in the version that the lock file states; installed once."""
    compiler = HERE / "node_modules/typescript/bin/tsc"
    npm = shutil.which("npm")
    if not npm or not shutil.which("node"):
        pytest.skip("node and npm are not installed: the types of the pages' programs are not checked")
    wanted = json.loads((HERE / "package.json").read_text())["devDependencies"]["typescript"]
    with FileLock(HERE / "node_modules.lock"):  # tests may run in several processes
        there = HERE / "node_modules/typescript/package.json"
        if not there.is_file() or json.loads(there.read_text())["version"] != wanted:
            done = run(npm, "ci", "--no-audit", "--no-fund", "--fetch-retries=0")
            if done.returncode:
                pytest.skip(f"npm cannot install typescript here: {done.stderr.strip()[-200:]}")
    return compiler


def check(tsc: Path, config: Path) -> subprocess.CompletedProcess:
    return run("node", tsc, "--project", config)


def test_the_linter_finds_nothing():
    done = lint(ROOT / "probing")
    assert done.returncode == 0, done.stdout
    assert "Found 0 warnings and 0 errors" in done.stdout


def test_the_linter_does_find_what_is_wrong(tmp_path):
    (tmp_path / "wrong.js").write_text("const unused = 1;\n")
    assert lint(tmp_path).returncode != 0


def test_the_type_checker_finds_nothing(tsc):
    done = check(tsc, HERE / "tsconfig.json")
    assert done.returncode == 0, done.stdout


def test_the_type_checker_does_find_what_is_wrong(tsc, tmp_path):
    options = json.loads((HERE / "tsconfig.json").read_text())
    (tmp_path / "wrong.js").write_text('document.getElementById("x").value = 1;\n')
    (tmp_path / "tsconfig.json").write_text(json.dumps({**options, "include": ["*.js"]}))
    done = check(tsc, tmp_path / "tsconfig.json")
    assert done.returncode != 0
    assert "possibly 'null'" in done.stdout


def test_no_rule_is_switched_off_and_no_registry_is_named():
    for file in (ROOT / "probing").rglob("*.js"):
        text = file.read_text(encoding="utf-8")
        assert not [mark for mark in ("@ts-", "eslint-disable", "oxlint-disable") if mark in text], file
    assert "http" not in (HERE / "package-lock.json").read_text()
