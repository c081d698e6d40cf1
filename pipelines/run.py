"""What does a Transformer encode, and in which layer?  python -m pipelines.run model=bert task=pos

Stores a model's hidden states for a corpus, trains a probe on every layer, for the task and its
control, and analyses attention. Rows, figures and a page: outputs/runs/<tag>/<model>/<data>/<task>.

Options (group=option; a key of the chosen option is set with group.key=value):
{groups}
  others      tag seed layers nulls controls resamples resampled punctuation train_seed strict
              device threads outputs (conf/run.yaml explains them; --cfg job prints their values)
  dry=true    says what extraction takes, and with dry_minutes=30 how many workers; writes nothing
  figures     report=paper draws them for a paper; a finished run only draws its figures again
  nulls=20    repeats every analysis with 20 untrained twins (random weights): 20 times as long

attention=none, rollout or full chooses a set of analyses; analysis=… adds single ones to the set.
A key of an analysis is set with analysis.<name>.key=value.

Examples:
  python -m pipelines.run model=minilm data=grammar                bundled model and corpus, offline
  python -m pipelines.run task=depth probe=structural              probe of Hewitt & Manning
  python -m pipelines.run model.checkpoint=./mine data=conllu data.train=a.conllu data.test=b.conllu
  python -m pipelines.run task=pos attention=none usage=full       is it used, or only decodable?
  python -m pipelines.run -m model=minilm,bert task=pos,depth seed=0,1,2 hydra/launcher=joblib

-m runs one job per combination of values. Options of your own: --config-dir my_study/conf, see
docs/template. Tab completion in bash: eval "$(python pipelines/run.py -sc install=bash)"
"""

from pathlib import Path

import hydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from pipelines.running.carry_out import asked, finished, prepare
from pipelines.running.config import ANALYSES, GROUPS
from pipelines.running.dry import say_what_it_takes
from pipelines.running.finished_run import verify
from pipelines.running.run_folder import of_failed
from pipelines.running.swept_layers import with_layers_of_all_jobs
from pipelines.running.terminal import show
from pipelines.shared.cli import job, launch, say
from pipelines.shared.option_files import CONF
from probing.errors import ConfigError
from probing.result.asked_for import note_names
from probing.result.folder import parsed_manifest


def run(config: DictConfig, choices: dict[str, str]) -> Path:
    """One run from configuration to page; returns its folder, which a dry run leaves as it is. Raises ProbingError."""
    prepared = prepare(config, choices)
    if prepared.experiment.settings.dry:
        say_what_it_takes(prepared)
        return prepared.folder
    this, done = finished(prepared)
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


@hydra.main(config_path=str(CONF), config_name="run", version_base="1.3")
def main(config: DictConfig) -> None:
    """One job of Hydra."""
    choices = {str(group): str(option) for group, option in HydraConfig.get().runtime.choices.items()}
    job(lambda: run(config, choices))


if __name__ == "__main__":
    from pipelines.run import main as program  # workers of a launcher import it by this name

    launch(program, __doc__, (*GROUPS, *ANALYSES, "experiment"), with_layers_of_all_jobs)
