"""Small faults planted in the code that makes numbers, each of which some test must notice.

The tables in tests/mutants/ name the faults. A ``[[module]]`` has the ``file``, the ``tests`` that must notice, and its
``mutants``: the exact old text, which occurs once in the file, and the new one. A third text says why a mutant changes
no number that anyone reads; such a mutant must pass the tests. A mutant that nothing notices needs a test.
"""

import multiprocessing
import shutil
import sys
import tomllib
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parent.parent
COPIED = ("probing", "pipelines", "conf", "tests", "pyproject.toml")
# slow to import, and the same in every mutant
HEAVY = ("torch", "transformers", "sklearn.linear_model", "scipy.stats", "pandas", "networkx")
NETWORKS = [f"transformers.models.{name}.modeling_{name}" for name in ("bert", "gpt2", "llama", "roberta")]
PASSED, FAILED = 0, 1
LEAST = 60
SECONDS = 300


class Mutant(NamedTuple):
    """One change of ``file``; why: the reason that nobody can notice, or empty."""

    file: str
    tests: tuple[str, ...]
    old: str
    new: str
    why: str = ""

    def __str__(self) -> str:
        return f"{self.file}: {self.old.strip()} → {self.new.strip()}"


def read(table: Path) -> Iterator[Mutant]:
    for module in tomllib.loads(table.read_text(encoding="utf-8"))["module"]:
        for mutant in module["mutants"]:
            yield Mutant(module["file"], tuple(module["tests"]), *mutant)


MUTANTS = [mutant for table in sorted((ROOT / "tests" / "mutants").glob("*.toml")) for mutant in read(table)]


def test_every_mutant_changes_one_place_of_a_file_that_exists():
    wrong = []
    for mutant in MUTANTS:
        found = (ROOT / mutant.file).read_text(encoding="utf-8").count(mutant.old)
        if found != 1 or mutant.old == mutant.new:
            wrong.append(f"{mutant}: its old text occurs {found} times")
        wrong += [f"{mutant}: no file {test}" for test in mutant.tests if not (ROOT / test).is_file()]
    assert not wrong, "correct tests/mutants/*.toml:\n" + "\n".join(wrong)


def test_there_are_enough_mutants_and_none_twice():
    assert len({mutant[:4] for mutant in MUTANTS}) == len(MUTANTS)
    assert sum(not mutant.why for mutant in MUTANTS) >= LEAST


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A copy of the project; processes that start from here on import it from there and leave no bytecode."""
    if sys.platform == "win32":
        pytest.skip("processes with torch in them cannot be forked on Windows")
    folder = tmp_path_factory.mktemp("mutants")
    for name in COPIED:
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy2)(source, folder / name)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("PYTHONPATH", str(folder))
        patch.setenv("PYTHONDONTWRITEBYTECODE", "1")  # it would be taken for that of the next mutant
        patch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # no test needs them, and to load them takes half a second
        yield folder


def outcome(copy: Path, tests: tuple[str, ...]) -> int:
    """pytest's exit code for some test files of the copy, in a process of its own."""
    forks = multiprocessing.get_context("forkserver")
    forks.set_forkserver_preload(["pytest", *HEAVY, *NETWORKS])
    options = ["-x", "-q", "--no-header", "--tb=line", "-o", "pythonpath=."]
    # the latter collects garbage among all that was imported, which takes longer than most tests
    options += [f"-pno:{plugin}" for plugin in ("cacheprovider", "unraisableexception")]
    with ProcessPoolExecutor(1, forks) as pool:
        return int(pool.submit(pytest.main, [*options, f"--rootdir={copy}", *tests]).result(timeout=SECONDS))


@pytest.mark.slow
@pytest.mark.parametrize("tests", sorted({mutant.tests for mutant in MUTANTS}), ids=" ".join)
def test_without_a_mutant_the_tests_pass(copy: Path, tests: tuple[str, ...]):
    assert outcome(copy, tests) == PASSED


@pytest.mark.slow
@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_a_mutant_is_noticed(copy: Path, mutant: Mutant):
    path, original = copy / mutant.file, ROOT / mutant.file
    assert original.read_text(encoding="utf-8").count(mutant.old) == 1, f"correct tests/mutants/*.toml: {mutant}"
    path.write_text(original.read_text(encoding="utf-8").replace(mutant.old, mutant.new), encoding="utf-8")
    try:
        assert outcome(copy, mutant.tests) == (PASSED if mutant.why else FAILED), mutant
    finally:
        shutil.copy2(original, path)
