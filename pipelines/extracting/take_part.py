"""What one worker does: it extracts what the run needs, alone or with others."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

from pipelines.extracting.extract_settings import Settings
from pipelines.running.carry_out import EXTRACT
from pipelines.running.one_run import Run, study_of
from pipelines.shared.cli import CONSOLE
from pipelines.shared.machine import device_of, set_threads
from pipelines.shared.progress import Bars
from probing.axes import no_progress
from probing.errors import StoreError
from probing.store.key import key, key_parts


def key_of(this: Run) -> str:
    """What the store file of the run's hidden states is addressed by. Raises: ConfigError, DataError."""
    parts = this.experiment
    with closing(study_of(this, no_progress)) as study:
        chosen = study.chosen
    return key({**key_parts(parts.store, parts.model, this.checkpoint, this.corpus), **chosen.parts})


def take_part(this: Run, settings: Settings) -> Path:
    """Extract with the others, and wait for what they do; returns the store file. Raises ProbingError."""
    if settings.key not in (None, found := key_of(this)):
        raise StoreError(
            f"worker {settings.worker}: asked to extract {settings.key}, but with the checkpoint, corpus, options and "
            f"libraries here it would extract {found}; use the same files and the same environment on every machine"
        )
    experiment = this.experiment
    if settings.workers > 1:
        this = replace(this, experiment=replace(experiment, store=replace(experiment.store, divided=True)))
    set_threads(experiment.settings.threads)
    take_gpu(experiment.settings.device, settings.worker or 0)
    with Bars(CONSOLE, [EXTRACT]) as bars, closing(study_of(this, bars)) as study:
        bars.stage(EXTRACT)
        return study.hidden.path


def take_gpu(device: str, worker: int) -> None:
    """Let this process use a GPU of its own, if the machine has several."""
    if device_of(device) == "cuda":
        import torch

        torch.cuda.set_device(worker % torch.cuda.device_count())
