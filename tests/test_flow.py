"""The folders are the design: what may import what, what importing may load, and how large a function may be."""

import ast
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import networkx
import pytest

ROOT = Path(__file__).resolve().parent.parent
# Read downwards: each package imports only what stands above it; packages in one row never import each other.
FLOW = [
    ("data",),
    ("task",),
    ("model",),
    ("store",),
    ("probe", "attention"),
    ("result",),
    ("analysis",),
    ("diagnosis",),
    ("report",),
    ("view",),
    ("interface",),
    ("__init__",),  # of probing/ itself: the names of the interface
]
BASE = {"axes", "errors", "rng", "hub", "distribution"}  # for everyone; they import each other alone
# packages of pipelines/, and the others that each may import; ``shared`` is for everyone
HELPERS: dict[str, set[str]] = {
    "shared": set(),
    "running": set(),
    "viewing": set(),
    "exploring": {"viewing", "running"},  # both make views; it reads the probes of runs
    "benchmarking": {"running", "exploring"},  # it measures what they do
    "covering": set(),
    "classifying": set(),
    "reproducing": {"running"},  # it makes runs
    "diagnosing": {"running"},  # it makes a run
    "validating": set(),
    "extracting": {"running"},  # it extracts what a run needs
}
# programs that have a package
PACKAGE_OF = {
    "run": "running",
    "view": "viewing",
    "explore": "exploring",
    "benchmark": "benchmarking",
    "coverage": "covering",
    "classifier": "classifying",
    "reproduce": "reproducing",
    "diagnose": "diagnosing",
    "validate": "validating",
    "extract": "extracting",
}
HEAVY = {"torch", "transformers", "datasets", "seaborn", "matplotlib", "sklearn"}
MOST_LINES, MOST_PARAMETERS = 30, 6

LIBRARY = sorted((ROOT / "probing").rglob("*.py"))
PROGRAMS = sorted((ROOT / "pipelines").rglob("*.py"))
RANK = {name: rank for rank, row in enumerate(FLOW) for name in row}


def name_of(file: Path) -> str:
    """The dotted name of a module."""
    return ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def path_of(file: Path) -> str:
    return str(file.relative_to(ROOT))


MODULES = {name_of(file): file for file in (*LIBRARY, *PROGRAMS)}


def part_of(file: Path) -> str:
    """The part of probing/ or pipelines/ that a file belongs to: its package, or the module at the top."""
    return file.relative_to(ROOT).parts[1].removesuffix(".py")


def imports(tree: ast.AST) -> Iterator[str]:
    """Every module that is imported anywhere, in functions and under TYPE_CHECKING too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            inside = {f"{module}.{alias.name}" for alias in node.names}
            modules = {name for name in inside if name in MODULES or module == "probing"}  # from probing import data
            yield from modules
            if modules != inside or module == "probing":
                yield module


def parsed(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


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


@pytest.mark.parametrize("file", LIBRARY, ids=path_of)
def test_imports_point_one_way_and_nothing_prints(file):
    tree, part = parsed(file), part_of(file)
    assert part in {*RANK, *BASE, "__main__"}, f"add {part} to FLOW"
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
        ("analysis", "probing.result.score", False),
        ("analysis", "probing.report.page", True),
        ("report", "probing.analysis.findings", False),
        ("interface", "probing.view.notebook", False),
        ("view", "probing.interface.corpora", True),
        ("__init__", "probing.interface.corpora", False),
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


def wrong_in_pipelines(part: str, module: str) -> bool:
    """Whether ``part`` of pipelines/, a program or a package, must not import ``module``."""
    top, _, rest = module.partition(".")
    if top == "" or (top == "pipelines" and not rest):
        return True
    if top != "pipelines":
        return False
    other = rest.split(".")[0]
    if other not in HELPERS:
        return other != part  # a program: nothing but itself imports it
    own = PACKAGE_OF.get(part, part)
    return other not in {"shared", own, *HELPERS.get(own, set())}


@pytest.mark.parametrize("file", PROGRAMS, ids=path_of)
def test_programs_and_their_packages_import_in_the_stated_directions(file):
    part = part_of(file)
    assert [module for module in imports(parsed(file)) if wrong_in_pipelines(part, module)] == []


@pytest.mark.parametrize(
    ("part", "module", "expected"),
    [
        ("run", "pipelines.running.config", False),
        ("run", "pipelines.run", False),
        ("run", "pipelines.viewing.inputs", True),
        ("view", "pipelines.run", True),
        ("view", "pipelines.shared.cli", False),
        ("benchmark", "pipelines.benchmarking.bench", False),
        ("benchmarking", "pipelines.running.config", False),
        ("benchmarking", "pipelines.run", True),
        ("running", "pipelines.exploring.session", True),
        ("shared", "pipelines.running.config", True),
        ("shared", "pipelines.shared.cli", False),
        ("shared", "probing.errors", False),
        ("shared", ".cli", True),
    ],
)
def test_the_rule_of_programs_itself(part, module, expected):
    assert wrong_in_pipelines(part, module) is expected


def test_pipelines_holds_at_its_top_programs_and_their_packages():
    top = ROOT / "pipelines"
    packages = {path.name for path in top.iterdir() if (path / "__init__.py").exists()}
    assert packages == HELPERS.keys(), "add the package to HELPERS"
    programs = [file for file in top.glob("*.py") if not file.name.startswith("__")]
    assert {part_of(file) for file in programs} >= PACKAGE_OF.keys()
    for file in programs:
        tree = parsed(file)
        calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
        assert any(isinstance(call, ast.Name) and call.id == "launch" for call in calls), (
            f"{file.name} is not a program"
        )
        help_text = ast.get_docstring(tree) or ""
        assert f"python -m pipelines.{file.stem}" in help_text.splitlines()[0]
        assert re.search(r"^Options.*:$", help_text, re.MULTILINE)
        assert re.search(r"^Examples:$", help_text, re.MULTILINE)


def graph_of(files: dict[str, ast.Module]) -> "networkx.DiGraph[str]":
    """Which module imports which; a package stands for its __init__.py."""
    graph = networkx.DiGraph()
    graph.add_nodes_from(files)
    for name, tree in files.items():
        graph.add_edges_from((name, module) for module in imports(tree) if module in files and module != name)
    return graph


def circles(graph: "networkx.DiGraph[str]") -> list[list[str]]:
    return sorted(sorted(found) for found in networkx.strongly_connected_components(graph) if len(found) > 1)


def test_no_modules_import_each_other_in_a_circle():
    # probing/__init__.py imports the interface for type checkers alone; at run time only when a name is first used
    assert circles(graph_of({name: parsed(file) for name, file in MODULES.items() if name != "probing"})) == []


def test_a_circle_is_found_wherever_its_imports_stand():
    sources = {
        "probing.rng": "def f():\n    from probing.hub import x",
        "probing.hub": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from probing import axes",
        "probing.axes": "import probing.rng",
        "probing.errors": "import probing.axes",
    }
    found = circles(graph_of({name: ast.parse(source) for name, source in sources.items()}))
    assert found == [["probing.axes", "probing.hub", "probing.rng"]]


def test_no_two_modules_have_the_same_name():
    places = defaultdict(list)
    for file in MODULES.values():
        folder = file.relative_to(ROOT).parent.as_posix()
        # an analysis, its section of the report and its method (rollout) share a name by design: it is one thing
        if not file.name.startswith("__") and folder not in ("probing/analysis", "probing/report/section"):
            places[file.name].append(folder)
    assert {name: where for name, where in places.items() if len(where) > 1} == {}


def test_every_analysis_has_its_option_its_file_and_its_section_under_one_name():
    options = {file.stem for file in (ROOT / "conf" / "analysis").glob("*.yaml")} - {"none"}
    for name in options:
        assert (ROOT / "probing" / "analysis" / f"{name}.py").is_file(), name
        if name != "probes":  # the page itself is about them
            assert (ROOT / "probing" / "report" / "section" / f"{name}.py").is_file(), name
    assert {"probes", "rollout", "heads", "syntax", "redundancy", "values", "ablation", "agreement"} <= options


Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(tree: ast.AST) -> Iterator[Function]:
    yield from (node for node in ast.walk(tree) if isinstance(node, Function))


def body_lines(function: Function) -> int:
    """From the first line after the docstring to the last."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def parameters(function: Function) -> int:
    """All that are named, except self and cls."""
    given = function.args
    named = [*given.posonlyargs, *given.args, *given.kwonlyargs]
    return len([one for one in named if one.arg not in ("self", "cls")])


@pytest.mark.parametrize("file", MODULES.values(), ids=path_of)
def test_functions_are_small(file):
    sizes = [(found.name, body_lines(found), parameters(found)) for found in functions(parsed(file))]
    too_large = [(name, lines, n) for name, lines, n in sizes if lines > MOST_LINES or n > MOST_PARAMETERS]
    assert too_large == [], f"name, lines of the body, parameters; at most {MOST_LINES} and {MOST_PARAMETERS}"


def test_the_measure_of_a_function_itself():
    body = '        """Two\n        lines."""\n        x = 1\n\n        return x\n'
    source = f"class A:\n    def f(self, a, /, b, *c, d, **e):\n{body}"
    [function] = functions(ast.parse(source))
    assert (body_lines(function), parameters(function)) == (3, 3)
    [short] = functions(ast.parse('async def g():\n    """Only a docstring."""\n'))
    assert (body_lines(short), parameters(short)) == (0, 0)


def test_importing_every_module_loads_nothing_heavy():
    modules = list(map(name_of, LIBRARY))
    program = (
        "import importlib, sys\n"
        f"for name in {modules}:\n"
        "    importlib.import_module(name)\n"
        f"    if found := {HEAVY} & sys.modules.keys():\n"
        "        sys.exit(f'{name} imports {found}')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
