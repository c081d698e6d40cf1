"""The behaviour suite from the command line to its page; what it needs, and what cannot be typed."""

import json

import pandas as pd


def test_the_suite_has_a_page_rows_and_every_failing_case(diagnose, page_of):
    code, out, err = diagnose("behaviour=4")
    assert (code, err) == (0, "")
    page = page_of(out)
    assert page.parent.name.startswith("behaviour-4-")
    assert {path.name for path in page.parent.iterdir()} == {"index.html", "rows.csv", "diagnosis.json"}
    found = json.loads((page.parent / "diagnosis.json").read_text())
    assert f"{found['failed']} of {found['cases']} cases fail" in out
    assert len(found["failures"]) == found["failed"] > 0
    for failure in found["failures"]:
        assert set(failure["before"]) == {"negative", "positive"}
        assert (failure["after"] is None) == (failure["case"]["edited"] == "")
    rows = pd.read_csv(page.parent / "rows.csv", keep_default_na=False)
    whole = rows[(rows["name"] == "all capabilities") & (rows["method"] == "all tests")].iloc[0]
    assert (whole["n"], round(whole["value"] * whole["n"])) == (found["cases"], found["failed"])
    assert found["provenance"]["identity"]["behaviour"] == 4 and "behaviour=4" in found["provenance"]["command"]
    before = page.read_bytes()
    assert page_of(diagnose("behaviour=4")[1]) == page and page.read_bytes() == before


def test_a_suite_needs_its_classes_by_name(message, tmp_path):
    for split in ("train", "dev", "test"):
        lines = [f"It was {label} {n}\t{label}" for n in range(8) for label in ("good", "bad")]
        (tmp_path / f"{split}.tsv").write_text("\n".join(["text\tlabel", *lines]) + "\n", encoding="utf-8")
    own = ("data=labelled", *(f"data.{split}={tmp_path / split}.tsv" for split in ("train", "dev", "test")))
    said = message("behaviour=5", small=(*own, "threads=1"))
    assert (
        "the behaviour suite has the classes negative, positive, and the corpus has no negative and no positive" in said
    )
    assert "but bad, good; choose a corpus of sentiment" in said


def test_numbers_and_choices_that_cannot_be_used(message):
    assert "behaviour=-1" in message("behaviour=-1")
    assert "errors and behaviour: one of" in message("behaviour=5", "errors=3")
    assert "phenomena= is of the errors of a corpus" in message("behaviour=5", "phenomena=[hedge]")
