"""The overview of all papers: every claim, and its verdict for each model."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from probing.report.html import write_html
from probing.report.other_runs import address
from probing.report.published.paper_page import VERDICTS
from probing.report.published.weighing import UNKNOWN
from probing.result.folder import PAGE

NOT_CLEAR, NOT_CHECKED = "not clear", "not checked"  # measured, but the interval includes both answers; not measured
STAND_IN = " (stand-in)"  # after a verdict that is of another model than the one that was asked for


def write_overview(folder: Path) -> Path:
    """Write ``folder``/index.html from the verdicts below it, ``<model>/<paper>/verdicts.json``; returns the page."""
    found = [
        (path.parent, json.loads(path.read_text(encoding="utf-8"))) for path in sorted(folder.glob(f"*/*/{VERDICTS}"))
    ]
    models = sorted({str(one["model"]) for _, one in found})
    papers: dict[str, list[tuple[Path, Mapping[str, Any]]]] = {}
    for place, one in found:
        papers.setdefault(str(one["paper"]), []).append((place, one))
    facts = {
        "title": "Papers, held against these models",
        "models": models,
        "papers": [paper_block(folder, of_paper, models) for _, of_paper in sorted(papers.items())],
    }
    return write_html("papers.html", folder / PAGE, facts)


def paper_block(folder: Path, pages: list[tuple[Path, Mapping[str, Any]]], models: list[str]) -> dict[str, object]:
    """A paper: its question, its pages, and a line for each claim with the verdict for each model."""
    by_model = {str(one["model"]): one for _, one in pages}
    claims = dict.fromkeys(claim["claim"] for _, one in pages for claim in one["claims"])
    return {
        "cited": pages[0][1]["cited"],
        "question": pages[0][1]["question"],
        "pages": [(str(one["model"]), address(place / PAGE, folder)) for place, one in pages],
        "claims": [
            {"claim": claim, "cells": [cell(by_model.get(model), claim) for model in models]} for claim in claims
        ],
    }


def cell(of_model: Mapping[str, Any] | None, claim: str) -> str:
    """The verdict of one claim for one model; a dash for a model without a page of this paper."""
    found = [one for one in (of_model or {}).get("claims", []) if one["claim"] == claim]
    if of_model is None or not found:
        return "–"
    verdict, numbers = str(found[0]["verdict"]), found[0]["numbers"]
    if verdict == UNKNOWN:
        verdict = NOT_CLEAR if numbers else NOT_CHECKED
    return verdict + (STAND_IN if of_model.get("stand_in") else "")
