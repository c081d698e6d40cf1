"""What does a Transformer encode, and in which layer?  python -m pipelines.run model=bert task=pos

Reads a corpus, computes a model's hidden states and stores them, trains a probe on every layer for
the task and for its control task, and runs further analyses of the model's attention. Writes rows,
tables, figures and a page to outputs/runs/<tag>/<model>/<data>/<task>/<probe>/seed<k>.

Options (group=option; a key of the chosen option is set with group.key=value):
{groups}
  others      tag seed layers nulls controls resamples resampled punctuation train_share train_seed
              strict device threads outputs
              (conf/run.yaml explains them; --cfg job prints their values)
  figures     report=paper draws them for a paper; a finished run draws them anew, computing nothing
  nulls=20    adds every analysis of 20 untrained twins: 20 times the time, one at a time on disk

attention=none, rollout or full chooses a set of analyses; analysis=… adds single ones to the set.
A key of an analysis is set with analysis.<name>.key=value.

Examples:
  python -m pipelines.run model=minilm data=grammar                bundled model and corpus, offline
  python -m pipelines.run task=depth probe=structural              probe of Hewitt & Manning
  python -m pipelines.run model.checkpoint=./mine data=conllu data.train=a.conllu data.test=b.conllu
  python -m pipelines.run task=pos attention=full                  the usual analyses of attention
  python -m pipelines.run attention=none analysis=syntax analysis.syntax.least=50
  python -m pipelines.run -m model=minilm,bert task=pos,depth seed=0,1,2 hydra/launcher=joblib

-m runs one job for each combination of comma-separated values; python -m pipelines.report compares
runs. Two analyses: 'analysis=[heads,syntax]'. Options of your own: --config-dir my_study/conf, see
docs/template. Tab completion in bash for python pipelines/run.py:
  eval "$(python pipelines/run.py -sc install=bash)"
"""

from contextlib import closing
from pathlib import Path

import hydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from pipelines.running.config import ANALYSES, GROUPS, PROBES, build
from pipelines.running.finished_run import verify
from pipelines.running.identity import identify
from pipelines.running.null_stage import with_nulls
from pipelines.running.one_run import Run, contents, study_of
from pipelines.running.own_folder import apart, clash
from pipelines.running.run_folder import is_done, of_failed, run_folder
from pipelines.running.terminal import show
from pipelines.shared.cli import CONSOLE, job, launch, say
from pipelines.shared.machine import Clock, alone, set_threads
from pipelines.shared.notes import announce
from pipelines.shared.option_files import CONF
from pipelines.shared.progress import Bars
from pipelines.shared.shortage import missing_below
from pipelines.shared.stand_ins import find_corpus, find_model
from probing.analysis.findings import Findings
from probing.analysis.measured_facts import measured
from probing.analysis.protocol import answer, failures
from probing.axes import Note
from probing.errors import ConfigError, DamagedStoreError, StoreError
from probing.report.look import looking
from probing.result.asked_for import note_names
from probing.result.folder import finish, parsed_manifest, write_first, write_part
from probing.store.leftovers import clear_leftovers
from probing.store.write import discard
from probing.task.word_order import read_by

EXTRACT, NULLS = "extract", "nulls"  # stages beside the analyses


def run(config: DictConfig, choices: dict[str, str]) -> Path:
    """One run from configuration to page; returns its folder. Raises ProbingError."""
    this, done = finished(prepare(config, choices))
    if done:
        verify(this.folder, this.experiment.report)
    advice = of_failed(this.folder)
    if advice and this.experiment.settings.strict:
        raise ConfigError(advice)
    note_names(this.folder, parsed_manifest(this.folder), asked(this))
    show(this.folder, this.experiment.stand_ins)
    if advice and done:
        say(advice, "bold yellow")
    say(f"{'already done' if done else 'wrote'}: {this.folder}")
    return this.folder


def finished(this: Run) -> tuple[Run, bool]:
    """The run in a folder of its own, computed unless it is there; and whether it was there. Raises ProbingError."""
    usual = this.folder
    this = apart(this)
    if this.folder != usual and usual.is_dir():
        say(clash(this, usual), "yellow")
    if is_done(this.folder, this.run_id):
        return this, True
    with alone(this.folder):
        if apart(this) == this:
            done = is_done(this.folder, this.run_id)  # another process may have finished it meanwhile
            if not done:
                make(this)
            return this, done
    return finished(this)  # meanwhile another process gave this folder to a run of another checkpoint or corpus


def asked(this: Run) -> dict[str, str]:
    """Model and data as they were asked for."""
    return {"model": this.checkpoint.name, "data": this.corpus.name, **this.experiment.stand_ins}


def prepare(config: DictConfig, choices: dict[str, str]) -> Run:
    """Find the parts, or their announced stand-ins. Raises ProbingError."""
    experiment, checkpoint, of_model = find_model(build(config, choices))
    experiment, corpus, of_data = find_corpus(experiment)
    corpus = read_by(experiment.task, corpus)
    notes = of_model + of_data
    announce(notes)
    folder = run_folder(experiment, corpus.name)
    return Run(experiment, checkpoint, corpus, folder, identify(experiment, checkpoint, corpus), notes)


def make(this: Run) -> None:
    """Compute a run. A store file that is found damaged on the way is deleted and made again, once."""
    for line in clear_leftovers(Path(this.experiment.store.folder)):
        say(line, "yellow")
    rebuilt: tuple[Path, ...] = ()
    notes = this.notes
    while True:
        try:
            return compute(this, notes)
        except (FileNotFoundError, StoreError) as error:
            if not isinstance(error, DamagedStoreError):
                raise_if_deleted(this, error)
                raise
            if error.path in rebuilt:
                raise
            rebuilt += (error.path,)
            notes += (Note("rebuilt", f"{error}; deleted and made again"),)
            say(f"{error}; deleting it and making it again", "yellow")
            discard(error.path)


def raise_if_deleted(this: Run, error: Exception) -> None:
    """Raise StoreError, with what to do, if ``error`` came from a file of the store that is not there any more."""
    if lost := missing_below(Path(this.experiment.store.folder), error):
        raise StoreError(
            f"{lost} was deleted while this run needed it; run the same command again: the store makes what is missing"
        ) from error


def compute(this: Run, notes: tuple[Note, ...]) -> None:
    """Run one analysis after the other. The findings of each are on disk before the next begins."""
    from probing.report.page import write_report

    analyses, strict = this.experiment.analyses, this.experiment.settings.strict
    stages = [EXTRACT, *analyses, *([NULLS] if this.experiment.settings.nulls else [])]
    found: dict[str, Findings] = {}
    failed: dict[str, str] = {}
    set_threads(this.experiment.settings.threads)
    with Bars(CONSOLE, stages) as bars, closing(study_of(this, bars)) as study:
        clock = Clock(bars.stage)
        for analysis in analyses.values():
            analysis.check(study)
        with clock.stage(EXTRACT):
            facts = measured(study)
        for name, analysis in analyses.items():
            with clock.stage(name):
                found[name], reason = answer(name, analysis, study, strict or name == PROBES)
            if reason is not None:
                failed[name] = reason
                say(f"{name} failed: {reason}", "bold yellow")
            noted = notes + failures(tuple(failed.items()))
            write = write_first if name == PROBES else write_part
            write(this.folder, contents(this, found, noted, {**facts, "failed": failed, "timings": clock.seconds}))
        if this.experiment.settings.nulls:
            taken = sum(clock.seconds.values())
            with clock.stage(NULLS):
                found = with_nulls(this.experiment, study, found, failed, taken)
            write_part(this.folder, contents(this, found, noted, {**facts, "failed": failed, "timings": clock.seconds}))
    with looking(this.experiment.report):
        finish(this.folder, write_report)


@hydra.main(config_path=str(CONF), config_name="run", version_base="1.3")
def main(config: DictConfig) -> None:
    """One job of Hydra."""
    choices = {str(group): str(option) for group, option in HydraConfig.get().runtime.choices.items()}
    job(lambda: run(config, choices))


if __name__ == "__main__":
    from pipelines.run import main as program  # workers of a launcher import it by this name

    launch(program, __doc__, (*GROUPS, *ANALYSES, "experiment"))
