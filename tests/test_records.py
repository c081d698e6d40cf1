"""Records that hold arrays compare by identity: equality by element has no truth value, so that ``in`` would fail."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ARRAYS = re.compile(r"\b(NDArray|Tensor|Floats|Float32|Float64|IntArray|FloatArray|Arrays)\b")


def records():
    """(name, decorator, whether a field holds arrays) of every dataclass."""
    for path in sorted([*(ROOT / "probing").rglob("*.py"), *(ROOT / "pipelines").rglob("*.py")]):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef):
                fields = [ast.unparse(line.annotation) for line in node.body if isinstance(line, ast.AnnAssign)]
                for decorator in map(ast.unparse, node.decorator_list):
                    if decorator.startswith("dataclass"):
                        yield f"{path.stem}.{node.name}", decorator, any(map(ARRAYS.search, fields))


def test_records_of_arrays_are_compared_by_identity():
    with_arrays = {name: decorator for name, decorator, holds in records() if holds}
    assert len(with_arrays) > 40
    assert [name for name, decorator in with_arrays.items() if "eq=False" not in decorator] == []
