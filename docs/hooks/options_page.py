"""The page of all options, made from conf/ when the site is built, so that it is never out of date."""

import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[2]
CONF = ROOT / "conf"
ADDRESS = "reference/options.md"
BEGIN = """# Options

This page is made from the files of `conf/`. A program takes `name=value`. A group takes the name of one of its
files, as in `model=bert`; an option of the chosen file is set with a dot, as in `model.precision=bfloat16`.
`???` means that a value must be given.

"""
FIRST = ("run", "report", "view", "explore", "plan", "coverage", "benchmark")  # programs, most used first
OPTION = re.compile(r"^( *)([\w-]+): *(.*?)(?: +# (.*))?$")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the page of options."""
    files.append(File.generated(config, ADDRESS, content=options_page(CONF)))
    return files


def options_page(conf: Path) -> str:
    """The page in Markdown: the programs, then each group with its files."""
    programs = sorted(conf.glob("*.yaml"), key=lambda file: (place(file.stem), file.stem))
    groups = sorted(folder for folder in conf.iterdir() if any(folder.glob("*.yaml")))
    parts = [BEGIN, "## Programs\n"]
    parts += [section(file, f"python -m pipelines.{file.stem}") for file in programs]
    for folder in groups:
        parts.append(f"## {folder.name}\n")
        parts += [section(file, titled(folder.name, file.stem)) for file in sorted(folder.glob("*.yaml"))]
    return "\n".join(parts)


def place(program: str) -> int:
    """Where a program stands on the page."""
    return FIRST.index(program) if program in FIRST else len(FIRST)


def titled(group: str, name: str) -> str:
    """How a file is chosen; a file whose name begins with _ is shared by the others of its group."""
    return f"all of {group}" if name.startswith("_") else f"{group}={name}"


def section(file: Path, title: str) -> str:
    """The heading of a file, what it says of itself, and a table of its options."""
    lines = file.read_text(encoding="utf-8").splitlines()
    lines = [line for line in lines if not line.startswith("# @package")]
    said = [line[2:] for line in lines[: opening(lines)]]
    words = " ".join(line for line in said if not line.startswith("  "))
    commands = [line.strip() for line in said if line.startswith("  ")]
    shown = "".join(f"    {command}\n" for command in commands)
    rows = [f"| `{name}` | {code(value)} | {cell(meaning)} |" for name, value, meaning in rows_of(lines)]
    table = "\n".join(["| option | default | meaning |", "|---|---|---|", *rows]) + "\n" if rows else ""
    return f"### `{title}`\n\n{cell(words)}\n\n{shown}\n{table}"


def opening(lines: list[str]) -> int:
    """The number of comment lines with which a file begins."""
    return next((i for i, line in enumerate(lines) if not line.startswith("# ")), len(lines))


def rows_of(lines: list[str]) -> list[tuple[str, str, str]]:
    """Name, default and meaning of each option; what belongs to Hydra or builds a part is left out."""
    found: list[tuple[str, str, str]] = []
    above: list[str] = []  # names of the mappings that the line is in
    for line in lines:
        match = OPTION.match(line)
        if not match:
            continue
        indent, name, value, meaning = match.groups()
        above = [*above[: len(indent) // 2], name]
        if above[0] in ("hydra", "defaults", "_target_") or (not value and not meaning):
            continue
        found.append((".".join(above), value, meaning or ""))
    return found


def code(value: str) -> str:
    """A value as code; an empty one stays empty."""
    return f"`{cell(value)}`" if value else ""


def cell(text: str) -> str:
    """Text that does not end a cell of a table, and in which <name> is no HTML."""
    return text.replace("|", "\\|").replace("<", "&lt;")
