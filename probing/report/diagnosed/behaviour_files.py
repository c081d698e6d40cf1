"""All files of a behaviour suite that was run on a classifier: page, rows.csv, diagnosis.json."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from probing.analysis.behaviour import Cell as Rate
from probing.data.behaviour_cases import CAPABILITIES
from probing.report.diagnosed.behaviour_record import Behaviour
from probing.report.diagnosed.behaviour_tables import (
    failure_table,
    rate_table,
    rows_of_behaviour,
    worst,
)
from probing.report.diagnosed.diagnoses_overview import provenance
from probing.report.diagnosed.diagnosis_files import JSON_FILE, ROWS_FILE, as_table
from probing.report.diagnosed.toned_table import percent
from probing.report.html import flat, write_html
from probing.result.folder import PAGE


def write_behaviour(of: Behaviour, folder: Path) -> Path:
    """Write the page, rows.csv and diagnosis.json into ``folder``; returns the page. All are made from one record."""
    folder.mkdir(parents=True, exist_ok=True)
    as_table(rows_of_behaviour(of.run.cells)).to_csv(folder / ROWS_FILE, index=False)
    written = json.dumps(as_json(of), indent=1, ensure_ascii=False, allow_nan=False)
    (folder / JSON_FILE).write_text(f"{written}\n", encoding="utf-8")
    return write_html("behaviour.html", folder / PAGE, facts(of))


def facts(of: Behaviour) -> dict[str, object]:
    """What the page says."""
    rates = of.run.cells
    capabilities = {one.capability for one in rates}
    return {
        "title": of.title,
        "classifier": of.classifier,
        "stand_ins": of.stand_ins,
        "says": in_words(rates),
        "tiles": {
            "cases": f"{of.run.n:,}",
            "fail": f"{of.run.failed:,}",
            "of all": percent(of.run.failed / of.run.n),
        },
        "per_cell": f"{of.per_cell:,}",
        "rates": rate_table(rates),
        "capabilities": {name: what for name, what in CAPABILITIES.items() if name in capabilities},
        "failing": [(titled(one), failure_table(one)) for one in worst(rates)],
        "notes": notes(of),
        "provenance": provenance(of.provenance),
        "config": flat(of.provenance.get("config", {})),
    }


def in_words(rates: tuple[Rate, ...]) -> str:
    """What fails most often, as a sentence."""
    found = worst(rates)
    if not found:
        return "No case fails."
    most = found[0]
    return (
        f"What fails most often: {most.capability}, {most.test}: {percent(most.rate)} "
        f"[{100 * most.ci_low:.1f}, {100 * most.ci_high:.1f}], {most.failed:,} of {most.n:,} cases."
    )


def titled(one: Rate) -> str:
    """The heading above the failures of a cell."""
    return f"{one.capability}, {one.test}: {one.failed:,} of {one.n:,} fail"


def notes(of: Behaviour) -> list[str]:
    """What was left out."""
    unread = f"{of.run.left_out:,} cases have a text that the classifier cannot read."
    return [*of.notes, *([unread] if of.run.left_out else [])]


def as_json(of: Behaviour) -> dict[str, Any]:
    """The same as JSON: provenance, measurements, and every failing case with the probabilities of all classes."""
    return {
        "provenance": of.provenance,
        "classifier": of.classifier,
        "notes": notes(of),
        "cases": of.run.n,
        "failed": of.run.failed,
        "left_out": of.run.left_out,
        "measurements": [row.known() for row in rows_of_behaviour(of.run.cells)],
        "failures": [asdict(failure) for one in of.run.cells for failure in one.failures],
    }
