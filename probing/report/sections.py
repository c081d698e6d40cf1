"""The sections of a run's page: one per analysis, found by its name."""

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from probing.report import decodable_attended_used
from probing.report.emit import write_table
from probing.report.load import Run
from probing.report.section_parts import Section, Table


def sections(run: Run) -> list[Section]:
    """The joined view first, then one section per analysis in the order in which they ran; empty ones are left out."""
    made = [decodable_attended_used.section(run), *(of_analysis(run, name) for name in run.analyses)]
    return [one for one in made if one.tables or one.figures or one.sentences]


def of_analysis(run: Run, name: str) -> Section:
    """What probing/report/section/<name>.py makes of it; where there is no such file, its rows as a table."""
    where = f"probing.report.section.{name}"
    if find_spec(where) is not None:
        found: Section = import_module(where).section(run)
        return found
    rows = run.of(name).drop(columns=["tag", "model", "checkpoint", "data", "task", "run_id"])
    plain = Table(name, name, f"No section of its own: all rows of the analysis {name}.", rows, rows.astype(str))
    return Section(name, tables=[plain] if len(rows) else [])


def write_section_tables(run: Run, target: Path) -> list[Path]:
    """Write ``target``/<name>.{csv,md,tex} for every table of every section."""
    tables = [table for section in sections(run) for table in section.tables]
    return [path for table in tables for path in write_table(table.raw, table.text, target / table.name)]
