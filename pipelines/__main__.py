"""All programs: python -m pipelines <program> …, and probe <program> … where the package is installed."""

import ast
import os
import runpy
import sys
from difflib import get_close_matches
from pathlib import Path

from probing.distribution import COMMAND, NAME, VERSION
from probing.errors import shown

HERE = Path(__file__).resolve().parent
FIRST = ("run", "report", "view", "explore", "plan")  # the others follow in alphabetical order


def main() -> None:
    """Run the program that the first argument names, or list them all. Exit code 2: there is no such program."""
    first = sys.argv[1] if len(sys.argv) > 1 else "--help"
    if first in ("--help", "-h", "help"):
        sys.stdout.write(listing())
    elif first == "--version":
        sys.stdout.write(f"{NAME} {VERSION}\n")
    elif first in programs():
        sys.argv = [f"{HERE / first}.py", *sys.argv[2:]]
        runpy.run_module(f"pipelines.{first}", run_name="__main__", alter_sys=True)
    else:
        near = "".join(f"; did you mean {name}?" for name in get_close_matches(first, programs(), 1))
        sys.stderr.write(f"error: {shown(first)}: no such program{near}; choose one of {', '.join(programs())}\n")
        sys.exit(2)


def programs() -> dict[str, str]:
    """Every program, with the question that it answers: the beginning of its help. None is imported."""
    names = {file.stem for file in HERE.glob("*.py")} - {"__init__", "__main__"}
    ordered = sorted(names, key=lambda name: (FIRST.index(name) if name in FIRST else len(FIRST), name))
    return {name: _question(HERE / f"{name}.py") for name in ordered}


def _question(file: Path) -> str:
    help_text = ast.get_docstring(ast.parse(file.read_bytes())) or ""
    return help_text.partition("  ")[0]


def listing() -> str:
    """One line for each program."""
    command = os.environ.get(COMMAND, "python -m pipelines")
    lines = [f"  {command} {name:10} {question}" for name, question in programs().items()]
    further = f"Type {command} <program> --help for its options; they are described in {HERE.parent / 'conf'}."
    return "\n".join([*lines, "", further, ""])


if __name__ == "__main__":
    main()
