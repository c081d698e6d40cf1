"""The sections of a run's page: one per analysis, found by its name."""

from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from probing.report import decodable_attended_used, layer_mix, numbering, untrained_twins
from probing.report.emit import write_table
from probing.report.load import Run
from probing.report.outside_section import outside_section
from probing.report.section_parts import Section, Table, sample_of


def sections(run: Run) -> list[Section]:
    """The mix of layers, the joined section and that of untrained twins, then one per analysis, as they ran.

    Empty ones are left out.
    """
    made = [layer_mix.section(run), decodable_attended_used.section(run), untrained_twins.section(run)]
    made += [of_analysis(run, name) for name in run.analyses]
    return [one for one in made if one.tables or one.figures or one.sentences]


INTERVENTIONS = ("ablation", "pruning", "agreement", "usage")
FLOW = "Attention and rollout show where information may pass: they are associations."
EFFECTS = (
    "Effects come only from interventions: a part of the model or of its input was changed, and the output was "
    "measured again. Tables and figures of interventions say so."
)


def about_analyses(run: Run, made: Sequence[Section]) -> list[str]:
    """What a reader must know before the sections of this run: how heads are numbered, what shows an effect."""
    names = [name for name in run.analyses if not run.of(name).empty]
    with_heads = any(run.of(name)["head"].notna().any() for name in names) or "redundancy/map" in run.arrays
    attention = [name for name in names if name not in ("information", "explanation", "long_texts", *INTERVENTIONS)]
    texts = {numbering.HEADS: with_heads, FLOW: attention, EFFECTS: set(names) & set(INTERVENTIONS)}
    return [text for text, there in texts.items() if there and made]


def of_analysis(run: Run, name: str) -> Section:
    """The section that probing/report/section/<name>.py makes, or the module of an analysis from elsewhere; if there is
    neither, a plain table of all rows.
    """
    where = f"probing.report.section.{name}"
    if find_spec(where) is not None:
        found: Section = import_module(where).section(run)
        return found
    if (own := outside_section(run, name)) is not None:
        return own(run)
    rows = run.of(name).drop(columns=["tag", "model", "checkpoint", "data", "task", "run_id"])
    note = f"All rows of the analysis {name}, unrounded: no function section makes tables of them."
    text = rows.astype(object).where(rows.notna(), "–").astype(str)
    tables = [Table(name, "All rows", note, rows, text)] if len(rows) else []
    return Section(name, tables=tables, sample=sample_of(run, name))


def write_section_tables(made: Sequence[Section], target: Path) -> list[Path]:
    """Write ``target``/<name>.{csv,md,tex} for every table of the sections ``made``; returns their paths."""
    tables = [table for section in made for table in section.tables]
    return [path for table in tables for path in write_table(table.raw, table.text, target / table.name)]
