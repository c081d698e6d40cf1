"""What the site makes when it is built: pages from conf/ and from docstrings, formulas, boxes of the README."""

import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent


def hook(name: str) -> dict[str, object]:
    return runpy.run_path(str(ROOT / "docs" / "hooks" / f"{name}.py"))


def test_options_stand_with_defaults_and_meanings(tmp_path):
    (tmp_path / "task").mkdir()
    (tmp_path / "run.yaml").write_text("# One run\ndefaults:\n  - task: pos\nseed: 0     # of <all> draws\n")
    lines = ["# @package _global_", "# A task", "#   python -m pipelines.run task=pos", "_target_: a.B"]
    lines += ["columns: [upos|xpos]  # one or two", "maps:", "  kept: 200  # of test", "name: pos"]
    (tmp_path / "task" / "pos.yaml").write_text("\n".join(lines))
    page = hook("options_page")["options_page"](tmp_path)
    assert "### `python -m pipelines.run`\n\nOne run" in page
    assert "| `seed` | `0` | of &lt;all> draws |" in page
    assert "### `task=pos`\n\nA task\n\n    python -m pipelines.run task=pos\n" in page
    assert "| `columns` | `[upos\\|xpos]` | one or two |" in page
    assert "| `maps.kept` | `200` | of test |" in page
    assert "| `name` | `pos` |  |" in page
    assert "_target_" not in page and "`task`" not in page


def test_the_interface_page_has_what_the_package_declares():
    module = hook("interface_page")
    source = "if TYPE_CHECKING:\n    from probing.b import other\n    from probing.a import load_model\n"
    assert module["offered"](source) == {"other": "probing.b", "load_model": "probing.a"}
    page = module["interface_page"]({**module["offered"](source), "DataError": "probing.errors"})
    assert page.index("::: probing.a.load_model") < page.index("::: probing.b.other")
    assert "DataError" not in page


def test_a_formula_is_a_picture_with_its_source_as_text():
    module = hook("formulas")
    drawn = module["drawn"](r"\(x_n &lt; \frac1N\)", display=False)
    assert 'aria-label="x_n &lt; \\frac1N"' in drawn
    assert 'fill="currentColor"' in drawn
    taller = module["svg"](r"\frac{x}{N}").partition("height:")[2].partition("em")[0]
    assert float(taller) > float(module["svg"]("x").partition("height:")[2].partition("em")[0])
    with pytest.raises(ValueError, match="Unknown symbol"):
        module["svg"](r"\nosuchsymbol")


def test_a_box_of_the_readme_is_shown_or_missed():
    module = hook("files_from_elsewhere")
    assert module["box_with"]("two", "```\none\n```\n\n```\ntwo\n```\n") == "```\ntwo\n```"
    with pytest.raises(ValueError, match="no box with 'three'"):
        module["box_with"]("three", "```\none\n```\n")
    assert module["linked_in_site"]("[a](docs/b.md), [c](CHANGELOG.md)") == "[a](b.md), [c](changelog.md)"


def test_what_pre_commit_runs_is_what_the_tests_run():
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"][0]["hooks"]
    entries = [hook["entry"].removeprefix(".venv/bin/").replace(" --force-exclude", "") for hook in hooks]
    tested = (ROOT / "tests" / "test_lint.py").read_text(encoding="utf-8")
    assert entries == ["ruff check", "ruff format --check", "mypy"]
    assert all(entry.split()[0] in tested for entry in entries)


def test_words_are_explained_as_reports_explain_them():
    entry = SimpleNamespace(name="UUAS", text="The share of edges that are found.", forms=())
    assert "**UUAS**\n:   The share of edges that are found.\n" in hook("words_page")["words_page"]([entry])
