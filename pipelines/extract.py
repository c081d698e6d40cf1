"""Who extracts what probes read, and how many at once?  python -m pipelines.extract workers=4

Computes the hidden states that a run needs and stores them, with any number of workers: processes
of this machine (one for each of its GPUs), or jobs of Slurm. Workers may be killed, and more may
join: type the command again. The numbers are those of one worker. A run with the same options
finds the finished file, or waits for it, or takes part while workers extract.

Options:
  workers     how many extract together (default 1)
  hydra/launcher=submitit_slurm   jobs of Slurm, hydra.launcher.partition=… and so on; once they are
              submitted you may log off
  any other   option of a run: model=bert data=sst2 store.lock=lease

Examples:
  python -m pipelines.extract workers=4 model=minilm data=grammar threads=1
  python -m pipelines.extract workers=8 hydra/launcher=submitit_slurm hydra.launcher.gpus_per_node=1
"""

import sys
from pathlib import Path

import hydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from pipelines.extracting.engines import (
    BASIC,
    check_gpus,
    on_this_machine,
    report_failures,
    run_launcher,
    run_processes,
    workers_of,
)
from pipelines.extracting.extract_settings import Settings, separated
from pipelines.extracting.take_part import key_of, take_part
from pipelines.running.carry_out import prepare
from pipelines.running.composed_run import composed_run
from pipelines.running.one_run import Run
from pipelines.shared.cli import job, launch, say
from pipelines.shared.option_files import CONF
from pipelines.shared.options import own_options
from pipelines.shared.scheduler import SLURM, check_scheduler
from probing.errors import StoreError
from probing.store.key import find


def extract(settings: Settings, launcher: str) -> Path:
    """Extract, or start those that do; ``launcher``: of Hydra. Returns the store file. Raises ProbingError."""
    composed = composed_run(settings.options)
    if settings.worker is None:
        check_scheduler(launcher)
    this = prepare(composed.config, composed.choices)
    found = find(Path(this.experiment.store.folder), key_of(this))
    if found is None:
        alone = settings.workers == 1 and launcher == BASIC
        found = (
            take_part(this, settings) if alone or settings.worker is not None else together(this, settings, launcher)
        )
    say(f"hidden states: {found}")
    return found


def together(this: Run, settings: Settings, launcher: str) -> Path:
    """Start the workers and wait for them. Raises: StoreError if they leave the extraction unfinished."""
    key, parts = key_of(this), this.experiment
    logs = Path(parts.settings.outputs, "extract")
    if on_this_machine(launcher, sys.argv[1:]):
        check_gpus(settings, parts.settings.device)
    logs.mkdir(parents=True, exist_ok=True)
    if launcher != BASIC:
        stay = "; once they are submitted they go on without this program" if launcher == SLURM else ""
        say(f"{settings.workers} jobs of {launcher}{stay}")
        run_launcher(settings, sys.argv[1:], key, logs)
    else:
        commands = workers_of(settings, sys.argv[1:], key, logs)
        say(f"{settings.workers} workers; what each says: {logs}/worker….log")
        report_failures(commands, run_processes(commands))
    found = find(Path(parts.store.folder), key)
    if found is None:
        raise StoreError(
            "the workers ended before all was extracted; type the same command again: what is done is kept"
        )
    return found


@hydra.main(config_path=str(CONF), config_name="extract", version_base="1.3")
def main(config: DictConfig) -> None:
    """One extraction, or one worker of it."""
    launcher = str(HydraConfig.get().runtime.choices.get("hydra/launcher"))
    job(lambda: extract(own_options(Settings, config, ())[0], launcher))


if __name__ == "__main__":
    from pipelines.extract import main as program  # workers of a launcher import it by this name

    launch(program, __doc__, (), separated)
