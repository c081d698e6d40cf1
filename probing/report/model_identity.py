"""Which checkpoint a run is of: its Hub id as it was asked for, else the folder; the bundled one by its Hub id."""

from probing.model.checkpoint import BUNDLED
from probing.report.load import Run

BUNDLED_ID = "sentence-transformers/all-MiniLM-L6-v2"


def checkpoint_of(run: Run) -> str:
    """``org/name``, without a revision that was given with it; a run of random weights or of a revision says so."""
    model = run.manifest["config"]["model"]
    name = str(model.get("checkpoint") or run.manifest["checkpoint"]["name"])
    name = BUNDLED_ID if name == BUNDLED else name
    revision = model.get("revision")
    if model.get("untrained_seed") is not None:
        return f"{name}, untrained"
    return f"{name}@{revision}" if revision else name
