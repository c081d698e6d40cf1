"""The page of the Python interface, made from the names that ``import probing`` offers when the site is built."""

import ast
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[2]
ADDRESS = "reference/python.md"
BEGIN = """# Python interface

These are the names that `import probing` offers. Each is imported when it is first used, so `import probing` is fast.
[Use it from Python](../howto/python.md) shows them in a whole example. Every error of this tool is a
[ProbingError](library.md#probing.errors.ProbingError).

"""
FIRST = [
    "load_model",
    "load_corpus",
    "extract",
    "fit_probe",
    "Probe",
    "Score",
    "rollout",
    "flow",
    "head_statistics",
    "ablate",
    "diagnose",
    "report",
    "show",
]


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the page of the Python interface."""
    found = offered((ROOT / "probing" / "__init__.py").read_text(encoding="utf-8"))
    files.append(File.generated(config, ADDRESS, content=interface_page(found)))
    return files


def offered(source: str) -> dict[str, str]:
    """The module of each name that ``probing/__init__.py`` declares to type checkers, by name."""
    blocks = [node for node in ast.parse(source).body if isinstance(node, ast.If)]
    imports = [node for block in blocks for node in block.body if isinstance(node, ast.ImportFrom)]
    return {alias.name: str(node.module) for node in imports for alias in node.names}


def interface_page(found: dict[str, str]) -> str:
    """The page in Markdown: each name with its docstring, the most used first; the library has a page of errors."""
    names = [name for name in found if found[name] != "probing.errors"]
    names.sort(key=lambda name: (FIRST.index(name) if name in FIRST else len(FIRST), name))
    options = "    options: {heading_level: 2, show_root_full_path: false}\n"
    parts = [f"::: {found[name]}.{name}\n{options}" for name in names]
    return BEGIN + "\n".join(parts)
