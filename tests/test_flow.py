"""The folder is the figure: what may import what, and what a mere import may cost."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# Read downwards: each package imports only what stands above it; packages in one row never import each other.
FLOW = [("data",), ("task",), ("model",), ("store",), ("probe", "attention"), ("result",), ("report",), ("view",)]
BASE = {"axes", "errors", "rng", "hub"}  # for everyone; they import each other alone
HEAVY = {"torch", "transformers", "datasets", "seaborn", "matplotlib", "sklearn"}

FILES = sorted((ROOT / "probing").rglob("*.py"))
RANK = {name: rank for rank, row in enumerate(FLOW) for name in row}


def package(file: Path) -> str:
    """The part of probing/ that a file belongs to: its package, or the module at the top."""
    first = file.relative_to(ROOT / "probing").parts[0]
    return first.removesuffix(".py")


def imports(tree: ast.AST) -> Iterator[str]:
    """Every module that is imported anywhere, in functions and under TYPE_CHECKING too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")
            if node.module == "probing":  # from probing import data
                yield from (f"probing.{alias.name}" for alias in node.names)


def wrong(part: str, module: str) -> bool:
    """Whether ``part`` of probing/ must not import ``module``."""
    top, _, rest = module.partition(".")
    if top in ("", "hydra", "omegaconf", "pipelines"):  # "": a relative import, which hides where it leads
        return True
    if top != "probing" or not rest:
        return False
    other = rest.split(".")[0]
    if other in BASE or other == part:
        return False
    return part in BASE or RANK[other] >= RANK[part]


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_imports_point_one_way_and_nothing_prints(file):
    tree = ast.parse(file.read_text(encoding="utf-8"))
    part = package(file)
    assert part in {*RANK, *BASE, "__init__"}, f"say in FLOW where {part} stands"
    assert [module for module in imports(tree) if wrong(part, module)] == []
    calls = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    assert [call.lineno for call in calls if isinstance(call, ast.Name) and call.id == "print"] == []


@pytest.mark.parametrize(
    ("part", "module", "expected"),
    [
        ("task", "probing.data.corpus", False),
        ("data", "probing.task", True),
        ("report", "probing.result.rows", False),
        ("result", "probing.report", True),
        ("attention", "probing.probe.fit", True),
        ("probe", "probing.probe.fit", False),
        ("data", "probing.hub", False),
        ("rng", "probing.errors", False),
        ("rng", "probing.data.text", True),
        ("data", "omegaconf", True),
        ("data", "pipelines.running.config", True),
        ("data", ".corpus", True),
        ("data", "numpy.random", False),
    ],
)
def test_the_rule_itself(part, module, expected):
    assert wrong(part, module) is expected


def test_importing_every_module_loads_nothing_heavy():
    modules = [".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for file in FILES]
    program = (
        "import importlib, sys\n"
        f"for name in {modules}:\n"
        "    importlib.import_module(name)\n"
        f"    if found := {HEAVY} & sys.modules.keys():\n"
        "        sys.exit(f'{name} imports {found}')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
