"""The code of a class from outside of this project, which a result depends on as much as on its options."""

import ast
import hashlib
import sys
from collections.abc import Iterator
from importlib.util import find_spec, resolve_name
from pathlib import Path

OURS = "probing"


def own_code(cls: type) -> str | None:
    """A digest of the file of ``cls`` and of those that it imports from beside it; None for a class of this project.

    Beside it are the modules of the same package, and those in the same folder. What it imports from other packages is
    not part of the digest.
    """
    if cls.__module__.partition(".")[0] == OURS:
        return None
    digest = hashlib.sha256()
    for name, file in sorted(_reached(cls.__module__).items()):
        digest.update(f"{name}\x1f".encode() + file.read_bytes() + b"\x1e")
    return digest.hexdigest()[:12]


def _reached(module: str) -> dict[str, Path]:
    """The files of ``module`` and of the modules beside it that it imports, however indirectly, by name."""
    top = module.partition(".")[0]
    start = _file(module)
    found: dict[str, Path] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        file = _file(name)
        beside = name.partition(".")[0] == top or (file and start and file.parent == start.parent)
        if file is None or name in found or not beside:
            continue
        found[name] = file
        waiting += [name.rpartition(".")[0], *_imports(file, name)]
    return found


def _file(name: str) -> Path | None:
    """The source of a module; None for one that has none, and for a name that is no module."""
    try:
        spec = sys.modules[name].__spec__ if name in sys.modules else find_spec(name) if name else None
    except (ImportError, ValueError, AttributeError):
        return None
    origin = spec.origin if spec else None
    return Path(origin) if origin and origin.endswith(".py") else None


def _imports(file: Path, name: str) -> Iterator[str]:
    """Every name that a file imports, anywhere in it: of modules, and of what may be modules."""
    package = name if file.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = resolve_name("." * node.level + (node.module or ""), package) if node.level else node.module or ""
            yield from (module, *(f"{module}.{alias.name}" for alias in node.names))
