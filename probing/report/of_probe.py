"""The page of a probe that was fitted from Python, in a folder like that of any other run."""

import hashlib
import json
from dataclasses import asdict, replace
from importlib import metadata
from pathlib import Path
from typing import Any, Protocol

from probing.analysis.findings import Findings
from probing.analysis.measured_facts import measured
from probing.analysis.prediction_tables import probes_to_save
from probing.analysis.study import Study
from probing.axes import SPLITS
from probing.data.corpus import fingerprint
from probing.errors import ConfigError
from probing.probe.saved import FILE, to_bytes
from probing.report.page import write_report
from probing.result.folder import CONFIG, PAGE, Contents, finish, read_manifest, write_first
from probing.result.rows import rows_of

_TAG = "python"
_LIBRARIES = ("torch", "transformers", "numpy", "scikit-learn")


class FittedProbe(Protocol):
    """A probe that was fitted to the vectors of a corpus."""

    @property
    def study_(self) -> Study:
        """The corpus, model, task and options."""

    @property
    def findings_(self) -> Findings:
        """Its scores."""


def report(probe: FittedProbe, folder: str | Path) -> Path:
    """Write a page on a probe: its scores by layer, their intervals and baselines, its errors.

    Args:
        probe: fitted by ``fit_probe`` to the vectors of a corpus.
        folder: a new folder. It gets the files of a run: ``index.html``, ``rows.csv``, tables, figures, predictions;
            ``python -m pipelines.report`` compares it with other runs.

    Returns:
        The path of the page. A folder that holds the page of the same probe already is left as it is.

    Raises:
        ConfigError: the probe was fitted to arrays, or the folder holds something else.

    Examples:
        >>> import probing
        >>> corpus = probing.load_corpus("grammar", max_sentences=40)
        >>> probe = probing.fit_probe(probing.extract(probing.load_model("minilm"), corpus), task="pos", layer=3)
        >>> probing.report(probe, "my-report").name
        'index.html'
    """
    study, findings, target = probe.study_, probe.findings_, Path(folder).expanduser()
    whence = provenance_of(study)
    run_id = whence["run_id"]
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        if target.is_dir() and (read_manifest(target) or {}).get("run_id") == run_id:
            return target / PAGE
        raise ConfigError(f"{target} holds something else; name a new folder, or delete that one")
    names = {**study.names, "tag": _TAG, "run_id": run_id}
    manifest = {
        "inputs": None,  # of the command line: it has no option for a corpus that was made in Python
        **whence,
        **measured(study),
        "metric": findings.facts["metric"],
        "analyses": {"probes": dict(findings.facts)},
        "notes": [note._asdict() for note in findings.notes],
    }
    weights = to_bytes(replace(probes_to_save(study), run_id=run_id))
    files = {CONFIG: json.dumps(whence["config"], indent=2, default=str).encode(), FILE: weights}  # JSON is YAML
    write_first(target, Contents(rows_of(findings.rows, names, "probes"), manifest, findings.tables, files=files))
    if target.is_dir():
        target.rmdir()  # it is empty, and the finished one takes its place
    finish(target, write_report)
    return target / PAGE


def provenance_of(study: Study) -> dict[str, Any]:
    """Where the numbers of a study come from: options, model, corpus, libraries, and a digest of them as run_id."""
    config = _config(study)
    identity = json.dumps([config, study.checkpoint.revision, fingerprint(study.corpus)], sort_keys=True, default=str)
    return {
        "run_id": hashlib.sha256(identity.encode()).hexdigest()[:12],
        "config": config,
        **_parts(study),
        "versions": {name: metadata.version(name) for name in _LIBRARIES},
    }


def _config(study: Study) -> dict[str, object]:
    """The options of the probe, as the command line groups them."""
    kept = ("seed", "layers", "controls", "resamples", "punctuation")
    parts = {"model": study.model, "task": study.task, "probe": study.probe}
    return {
        **{name: asdict(part) for name, part in parts.items()},  # type: ignore[call-overload]
        "data": {"name": study.corpus.name},
        "store": {"dtype": study.store.stored_dtype, "batch_subwords": study.store.batch_subwords},
        **{name: getattr(study.options, name) for name in kept},
    }


def _parts(study: Study) -> dict[str, object]:
    """The checkpoint and the corpus; neither is a stand-in."""
    checkpoint, corpus = study.checkpoint, study.corpus
    return {
        "checkpoint": {
            "name": checkpoint.name,
            "revision": checkpoint.revision,
            "requested": checkpoint.name,
            "stand_in": False,
        },
        "data": {
            "name": corpus.name,
            "requested": corpus.name,
            "stand_in": False,
            "fingerprint": fingerprint(corpus),
            "sentences": {split: len(corpus.splits[split]) for split in SPLITS},
            "skipped": dict(corpus.skipped),
        },
    }
