"""JSON files of a checkpoint, which anyone may have written: an object, or an error that names file and place."""

import json
from pathlib import Path
from typing import Any

from probing.errors import ModelError

AGAIN = "fetch the file again, or save the checkpoint again with save_pretrained"


def read_object(path: Path) -> dict[str, Any]:
    """The JSON object in ``path``. Raises: ModelError if it cannot be read or is anything else."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise ModelError(f"{path}:{error.lineno}: not JSON ({error.msg}, column {error.colno}); {AGAIN}") from error
    except UnicodeDecodeError as error:
        raise ModelError(f"{path}: byte {error.start:,} is not UTF-8; {AGAIN}") from error
    except RecursionError as error:
        raise ModelError(f"{path}: nested too deeply; {AGAIN}") from error
    except ValueError as error:  # a whole number of thousands of digits
        raise ModelError(f"{path}: not JSON that can be read ({error}); {AGAIN}") from error
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror})") from error
    if not isinstance(found, dict):
        raise ModelError(f"{path}: a JSON object is expected, not {type(found).__name__}; {AGAIN}")
    return found
