"""Bytes of a finished run are changed or cut off: readers name the file in one line, or give the same as before."""

import json
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipelines.running.finished_run import verify
from probing.errors import DataError
from probing.report.load import Run, load_run
from probing.report.look import FIGURES, Look, look, write_look
from probing.result.checksums import CHECKSUMS, OWN
from probing.result.folder import CONFIG, MANIFEST, find_runs
from probing.view.probe_selection import Probes, select_probes

DATA = ("attention.npz", MANIFEST, "predictions.parquet", "probes.safetensors", "rows.csv", "sentences.parquet")
FAST, SLOW = 8, 150  # mutations of each file


@pytest.fixture
def run(full, tmp_path) -> Path:
    """A copy of a finished run with every analysis."""
    return shutil.copytree(full, tmp_path / "runs" / "seed0")


def mutations(path: Path, n: int) -> Iterator[str]:
    """Change ``path`` in ``n`` ways, one after the other, and say how; at the end it is what it was."""
    whole, rng = path.read_bytes(), random.Random(path.name)
    for number in range(n):
        at, bit = rng.randrange(len(whole)), rng.randrange(8)
        if number % 4 == 0:
            path.write_bytes(whole[:at])
            yield f"cut at byte {at}"
        else:
            path.write_bytes(whole[:at] + bytes([whole[at] ^ (1 << bit)]) + whole[at + 1 :])
            yield f"bit {bit} of byte {at}"
    path.write_bytes(whole)


def as_loaded(run: Run) -> tuple[object, ...]:
    tables = (run.rows, run.others, run.predictions, run.sentences)
    arrays = {name: array.tolist() for name, array in run.arrays.items()}
    return (*(table.to_csv() for table in tables if table is not None), str(arrays), run.manifest)


def as_selected(probes: Probes) -> list[object]:
    """The probes that a page shows. Raises DataError if the page says that it passed some over."""
    if over := [note for note in probes.notes if note.startswith("passed over: ")]:
        raise DataError(*over)
    return [
        (one.outline, [(one.saved.weights[n].tolist(), one.saved.intercepts[n].tolist()) for n in one.saved.layers])
        for one in probes.trained
    ]


def readers(run: Path) -> dict[str, Callable[[], object]]:
    """What each program reads of the folder: a run that is returned, a report, and the page of view and explore."""
    manifest = json.loads((run / MANIFEST).read_text())
    revision, precision = manifest["checkpoint"]["revision"], manifest["config"]["model"]["precision"]
    return {
        "run": lambda: verify(run, Look()),
        "report": lambda: as_loaded(load_run(run)),
        "view": lambda: as_selected(select_probes([run.parent], revision, precision)),
    }


def unnoticed(run: Path, name: str, n: int) -> list[str]:
    """Where a reader gave something else than before, or a message that is not one line with the file's name."""
    found, programs = [], readers(run)
    before = {program: read() for program, read in programs.items()}
    for change in mutations(run / name, n):
        for program, read in programs.items():
            try:
                if read() != before[program]:
                    found.append(f"{program}, {change}: not noticed")
            except DataError as error:
                if str(run / name) not in str(error) or "\n" in str(error):
                    found.append(f"{program}, {change}: {error}")
    return found


@pytest.mark.parametrize("name", DATA)
def test_no_change_of_a_file_is_read_as_a_result(run, name):
    assert unnoticed(run, name, FAST) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", DATA)
def test_none_of_many_changes_is(run, name):
    assert unnoticed(run, name, SLOW) == []


@pytest.mark.parametrize("name", DATA)
def test_a_file_that_is_gone_is_named(run, name):
    programs = readers(run)
    (run / name).unlink()
    assert find_runs(run.parent) == [run]
    for program, read in programs.items():
        if (program, name) in {("view", one) for one in ("attention.npz", "predictions.parquet", "sentences.parquet")}:
            continue  # which it does not read
        if program != "report" or name != "probes.safetensors":
            with pytest.raises(DataError, match=name):
                read()


@pytest.mark.parametrize("name", [name for name in DATA if name != MANIFEST])
def test_a_run_of_an_earlier_version_is_read_or_refused_in_one_line(run, name):
    facts = json.loads((run / MANIFEST).read_text())
    kept = {key: value for key, value in facts.items() if key not in (CHECKSUMS, OWN)}
    (run / MANIFEST).write_text(json.dumps(kept))
    for _ in mutations(run / name, FAST):
        for read in readers(run).values():
            try:
                read()
            except DataError as error:
                assert str(run / name) in str(error)
                assert "\n" not in str(error)


def test_every_file_of_a_run_has_a_checksum(full):
    listed = json.loads((full / MANIFEST).read_text())[CHECKSUMS]
    assert set(listed) == {p.relative_to(full).as_posix() for p in full.rglob("*") if p.is_file()} - {MANIFEST}
    assert set(DATA) - {MANIFEST} < set(listed)


def test_a_returned_run_makes_tables_page_and_configuration_again(run, capsys, monkeypatch):
    monkeypatch.setattr("probing.report.page.write_figures", lambda run, sections, table: [])
    (run / "index.html").unlink()
    verify(run, Look())  # the page names its folder, and this is a copy in another place
    capsys.readouterr()
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    (run / "index.html").unlink()
    (run / "tables" / "layers.md").write_text("other")
    (run / CONFIG).write_text("seed: 1")
    verify(run, Look())
    said = capsys.readouterr().out
    assert [name for name in ("index.html", "tables/layers.md", CONFIG) if name not in said] == []
    assert {path: path.read_bytes() for path in before} == before
    verify(run, Look())
    assert capsys.readouterr().out == ""


def test_a_returned_run_draws_its_figures_anew_if_another_look_is_asked_for(run, capsys, monkeypatch):
    drawn = []
    monkeypatch.setattr("probing.report.page.write_figures", lambda run, *_: drawn.append(look()) or [noted(run)])
    numbers = {name: (run / name).read_bytes() for name in DATA if name != MANIFEST}
    paper = Look(title=False, width="column")
    verify(run, paper)
    assert drawn == [paper]
    assert "drawn again" in capsys.readouterr().out
    verify(run, paper)
    verify(run, Look())
    assert drawn == [paper, Look()]
    assert {name: (run / name).read_bytes() for name in numbers} == numbers


def noted(run: Run) -> Path:
    """The note on how the figures of a run look, as if they had been drawn."""
    return write_look(run.folder / FIGURES)


def test_pages_are_not_made_again_from_damaged_rows(run):
    (run / "index.html").unlink()
    (run / "rows.csv").write_text((run / "rows.csv").read_text().replace("0.9", "0.8", 1))
    with pytest.raises(DataError, match=r"rows\.csv is damaged"):
        verify(run, Look())
    assert not (run / "index.html").exists()


@pytest.fixture
def small_run(make) -> tuple[list[str], Path]:
    """A run of its own, and what makes it."""
    given = ["tag=damaged", "layers=1", "attention=none", "probe.l2=[1e-2]", "resamples=50"]
    return given, make(*given)


@pytest.mark.parametrize("program", ["run", "report"])
def test_a_program_names_the_damaged_file_and_the_command(program, small_run, here, outputs, refused):
    given, folder = small_run
    whole = (folder / "rows.csv").read_bytes()
    (folder / "rows.csv").write_bytes(whole.replace(b"0.9", b"0.8"))
    done = (
        here(*given) if program == "run" else here("tag=damaged", f"outputs={outputs}", program="report", small=False)
    )
    (folder / "rows.csv").write_bytes(whole)
    message = refused(done, 1)
    assert f"{folder / 'rows.csv'} is damaged" in message
    assert f"delete {folder}, then type python -m pipelines.run" in message
