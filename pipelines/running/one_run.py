"""One run: its parts and its names, the study that its analyses look at, and the content of its folder."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from omegaconf import OmegaConf

from pipelines.running.config import PROBES, Experiment, train_sentences
from pipelines.running.manifest import describe
from pipelines.running.run_folder import labels
from pipelines.shared.machine import device_of, probe_device
from pipelines.shared.versions import versions
from probing.analysis.findings import Findings, combined
from probing.analysis.study import Study
from probing.analysis.study_options import Options
from probing.axes import Corpus, Note, Progress
from probing.model.checkpoint import Checkpoint
from probing.result.folder import CONFIG, Contents
from probing.result.rows import rows_of


@dataclass(frozen=True)
class Run:
    """One run: its parts, the checkpoint and corpus that were found, its folder and its identity.

    notes: on stand-ins.
    """

    experiment: Experiment
    checkpoint: Checkpoint
    corpus: Corpus
    folder: Path
    run_id: str
    notes: tuple[Note, ...]


def study_of(this: Run, on_progress: Progress, names: Mapping[str, str] | None = None) -> Study:
    """The corpus, model, stores and options that the analyses read. names: of the run, if they are known already."""
    experiment, settings = this.experiment, this.experiment.settings
    options = Options(
        seed=settings.seed,
        layers=settings.probed_layers,
        controls=settings.controls,
        resamples=settings.resamples,
        resampled=settings.resampled,
        punctuation=settings.punctuation,
        train_sentences=train_sentences(experiment.data),
        train_seed=settings.train_seed,
        device=device_of(settings.device),
        probe_device=probe_device(settings.device),
    )
    parts = {name: getattr(experiment, name) for name in ("task", "model", "store", "probe", "rollout")}
    return Study(
        corpus=this.corpus,
        checkpoint=this.checkpoint,
        **parts,
        options=options,
        with_head=any(analysis.reads_model_head for analysis in experiment.analyses.values()),
        further_layers=_further_layers(experiment),
        names=names_of(this) if names is None else names,
        provenance={"versions": versions()},
        on_progress=on_progress,
    )


def _further_layers(experiment: Experiment) -> tuple[int, ...] | None:
    every = [analysis.further_layers for analysis in experiment.analyses.values()]
    return None if None in every else tuple(layer for layers in every for layer in layers or ())


def names_of(this: Run) -> dict[str, str]:
    """The columns that are the same in every row of the run."""
    names = labels(this.experiment, this.corpus.name)
    return {**names, "tag": this.experiment.settings.tag, "checkpoint": this.checkpoint.revision, "run_id": this.run_id}


def contents(
    this: Run, found: Mapping[str, Findings], notes: tuple[Note, ...], facts: Mapping[str, object]
) -> Contents:
    """All findings so far; but of tables and files only those of the last analysis, as the others are written."""
    newest = [*found.values()][-1]
    whole = combined(replace(findings, facts={}) for findings in found.values())  # facts stay apart, by analysis
    names = names_of(this)
    manifest = {
        "run_id": this.run_id,
        **describe(this.experiment, this.checkpoint, this.corpus),
        "versions": versions(),
        **facts,
        "metric": found[PROBES].facts["metric"],
        "analyses": {name: dict(findings.facts) for name, findings in found.items()},
        "notes": [note._asdict() for note in dict.fromkeys(notes + whole.notes)],
    }
    return Contents(
        rows=[row for name, findings in found.items() for row in rows_of(findings.rows, names, name)],
        manifest=manifest,
        tables=newest.tables,
        arrays=whole.arrays,
        files={CONFIG: OmegaConf.to_yaml(this.experiment.config).encode(), **newest.files},
    )
