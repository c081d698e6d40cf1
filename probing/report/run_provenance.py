"""Where the numbers of a run come from: command, commit, checkpoint, corpus, libraries, and what dev selected."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from probing.report.load import Run


def provenance(run: Run) -> dict[str, str]:
    """What produced the numbers of a run: command, commit, checkpoint, corpus, libraries, seconds per stage."""
    return from_manifest(run.manifest)


def from_manifest(manifest: Mapping[str, Any]) -> dict[str, str]:
    """The same from a manifest."""
    checkpoint, data = manifest["checkpoint"], manifest["data"]
    sizes = ", ".join(f"{split} {n:,}" for split, n in data.get("sentences", {}).items())
    facts = {
        "command": manifest.get("command"),
        "run": manifest["run_id"],
        "commit": manifest.get("commit"),
        "checkpoint": f"{checkpoint['name']} ({checkpoint.get('revision')})",
        "corpus": f"{data['name']} (fingerprint {data.get('fingerprint')}); sentences: {sizes}",
        "libraries": ", ".join(f"{name} {version}" for name, version in manifest.get("versions", {}).items()),
        "seconds": ", ".join(f"{stage} {seconds:,.1f}" for stage, seconds in manifest.get("timings", {}).items()),
        "finished": manifest.get("finished"),
    }
    return {name: str(value) for name, value in facts.items() if value}


def selected(run: Run) -> pd.DataFrame:
    """The hyper-parameters chosen on dev for each layer and target, as text."""
    table = pd.DataFrame(run.manifest.get("analyses", {}).get("probes", {}).get("selected", []))
    table = table.dropna(axis="columns", how="all")
    return pd.DataFrame({name: [_setting(str(name), value) for value in table[name]] for name in table})


def _setting(name: str, value: object) -> str:
    if isinstance(value, float):
        return "–" if pd.isna(value) else f"{value:,.3f}" if name == "dev" else f"{value:g}"
    return "–" if value is None else str(value)
