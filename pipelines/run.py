"""What does a Transformer encode, and in which layer?  python -m pipelines.run model=bert task=pos

Reads a corpus, extracts and caches a model's representations, trains a probe on every layer with its control task,
follows attention, and writes rows, tables, figures and a page to
outputs/runs/<tag>/<model>/<data>/<task>/<probe>/seed<k>.

Options (group=option; every key of an option is set as group.key=value):
{groups}
  others      tag seed layers baselines controls resamples punctuation strict device threads outputs
              (what each means: conf/run.yaml, or --cfg job)

Examples:
  python -m pipelines.run model=minilm data=grammar                  bundled model and corpus, no network
  python -m pipelines.run model=bert task=depth probe=structural     Hewitt & Manning's structural probe
  python -m pipelines.run model.checkpoint=./my-model data=conllu data.train=a.conllu data.test=b.conllu
  python -m pipelines.run task=pos attention=full                    decodable, attended, used: every analysis
  python -m pipelines.run task=sentiment task.vector=cls baselines=untrained
  python -m pipelines.run -m model=minilm,bert task=pos,depth seed=0,1,2 hydra/launcher=joblib

--cfg job prints the configuration, -m sweeps over comma-separated values; tab completion in bash, of
"python pipelines/run.py": eval "$(python pipelines/run.py -sc install=bash)". Compare runs: python -m pipelines.report
"""

from dataclasses import fields
from datetime import UTC, datetime
from itertools import accumulate
from pathlib import Path

import hydra
import pandas as pd
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf
from rich.box import SIMPLE_HEAD
from rich.table import Table

from pipelines.running import stages
from pipelines.running.attend import Probed, attend
from pipelines.running.config import GROUPS, Experiment, Settings, build, labels, run_folder
from pipelines.running.heads import hypotheses
from pipelines.running.provenance import Notes, caveats, describe, identify, selected
from pipelines.running.words import kept_words, predictions_table, trained_probes
from pipelines.shared.cli import CONSOLE, job, launch, say
from pipelines.shared.machine import Clock, alone, set_threads
from pipelines.shared.notes import announce
from pipelines.shared.options import CONF
from pipelines.shared.progress import Bars
from pipelines.shared.schema import known
from pipelines.shared.stand_ins import find_corpus, find_model
from pipelines.shared.versions import versions
from probing.axes import Corpus
from probing.errors import ConfigError, DamagedStoreError
from probing.model.checkpoint import Checkpoint
from probing.result.folder import CONFIG, read_manifest, write_run
from probing.result.score import rows_of, score
from probing.store.write import discard


def run(config: DictConfig, choices: dict[str, str]) -> Path:
    """One run from configuration to page; returns its folder. Raises ProbingError."""
    known("", config, [f.name for f in fields(Settings)] + list(GROUPS))
    experiment, checkpoint, of_model = find_model(build(config, choices))
    experiment, corpus, of_data = find_corpus(experiment)
    announce(of_model + of_data)
    notes = Notes([note._asdict() for note in of_model + of_data])
    folder, run_id = run_folder(experiment, corpus.name), identify(experiment, checkpoint, corpus)
    done = is_done(folder, run_id)
    if not done:
        with alone(folder):
            done = is_done(folder, run_id)  # whoever was first may have made it
            if not done:
                make(experiment, checkpoint, corpus, folder, run_id, notes)
    show(folder)
    say(f"{'already done' if done else 'wrote'}: {folder}")
    return folder


def make(
    experiment: Experiment, checkpoint: Checkpoint, corpus: Corpus, folder: Path, run_id: str, notes: Notes
) -> None:
    """Compute a run; a store that fails its checks on the way is made anew, once."""
    rebuilt: set[Path] = set()
    while True:
        try:
            return compute(experiment, checkpoint, corpus, folder, run_id, notes)
        except DamagedStoreError as error:
            if error.path in rebuilt:
                raise
            rebuilt.add(error.path)
            notes.add("rebuilt", f"{error}; made anew")
            say(f"{error}; making it anew", "yellow")
            discard(error.path)


def compute(
    experiment: Experiment, checkpoint: Checkpoint, corpus: Corpus, folder: Path, run_id: str, notes: Notes
) -> None:
    """Everything between the parts and the folder."""
    clock = Clock()
    labels_found = experiment.task.labels(corpus)
    hypotheses(experiment, corpus)  # refused before the first forward pass
    provenance = {"versions": versions()}
    with Bars(CONSOLE) as bars:
        with clock.stage("extract"):
            set_threads(experiment.settings.threads)
            store = stages.extract(experiment, experiment.model, checkpoint, corpus, provenance, bars)
        items = stages.pair_up(experiment, corpus, labels_found, store, notes)
        layers = stages.layers_of(experiment, store)
        with clock.stage("probe"):
            found = stages.probe(experiment, items, layers, notes, bars)
            others = stages.floor(experiment, corpus, items)
            if "untrained" in experiment.settings.baselines:
                others += stages.untrained(experiment, corpus, labels_found, provenance, notes, bars)
        with clock.stage("attention"):
            probed = Probed(items, labels_found, found)
            attended = attend(experiment, checkpoint, corpus, probed, provenance, notes, bars)
        with clock.stage("score"):
            ids = [s.id for s in corpus.splits["test"]]
            keep = kept_words(experiment, corpus, items)
            scores = score([*found, *others], experiment.task.metrics, ids, experiment.settings.resamples, keep)
    caveats(experiment, store, scores.notes, found, notes)
    manifest = {
        "run_id": run_id,
        **describe(experiment, checkpoint, corpus),
        **provenance,
        "store": {"key": store.provenance["key"], "file": store.path.name, "bytes": store.path.stat().st_size},
        "metric": experiment.task.metrics[0],
        "kind": labels_found.kind,
        "level": labels_found.level,
        "classes": list(labels_found.classes),
        "layers": layers,
        "selected": selected(found),
        "attention": attended.facts,
        "notes": notes.entries,
        "timings": clock.seconds,
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    from probing.report.page import write_report

    names = labels(experiment, corpus.name)
    identity = {**names, "tag": experiment.settings.tag, "checkpoint": checkpoint.revision, "run_id": run_id}
    files = {CONFIG: OmegaConf.to_yaml(experiment.config).encode()}
    files |= trained_probes(experiment, store, labels_found, found, identity)
    found_rows = [*rows_of(scores.rows, identity), *rows_of(attended.rows, identity)]
    tables = {"predictions": predictions_table(corpus, items, labels_found, found), "sentences": scores.sentences}
    write_run(folder, found_rows, tables, attended.arrays, manifest, files, write_report)


def is_done(folder: Path, run_id: str) -> bool:
    """Whether ``folder`` holds this very run; ConfigError if it holds another one."""
    manifest = read_manifest(folder)
    if manifest is None:
        if folder.is_dir() and any(folder.iterdir()):
            raise ConfigError(f"{folder} is there, but holds no finished run; move it away or choose another tag=…")
        return False
    if manifest.get("run_id") != run_id:
        raise ConfigError(
            f"{folder} holds a run of another configuration, corpus or checkpoint ({manifest.get('run_id')}, this is "
            f"{run_id}); choose another tag=… or delete that folder"
        )
    return True


def show(folder: Path) -> None:
    """The table, and what was skipped or substituted."""
    from probing.report.load import heading, load_run
    from probing.report.tables import run_table

    found = load_run(folder)
    _, text = run_table(found)
    CONSOLE.print(terminal_table(text, heading(found)))
    for reason, count in found.manifest["data"]["skipped"].items():
        say(f"{reason}: {count:,}")
    for note in found.manifest["notes"]:
        say(f"{note['kind']}: {note['text']}")


def terminal_table(text: pd.DataFrame, title: str) -> Table:
    """As many columns as the terminal is wide; the rest is in the folder's tables."""
    # beside each column stand two spaces and an invisible line
    widths = [max(map(len, [str(c), *text[c].astype(str)])) + 3 for c in text.columns]
    fitting = [c for c, end in zip(text.columns, accumulate(widths), strict=True) if end < CONSOLE.width]
    more = "" if len(fitting) == len(widths) else "; further columns: tables/layers.md"
    table = Table(title=title, caption=f"* best layer on dev; scores on test{more}", box=SIMPLE_HEAD, padding=(0, 1))
    for column in fitting:
        table.add_column(str(column), justify="right")
    for line in text[fitting].itertuples(index=False):
        table.add_row(*map(str, line), style="bold" if "*" in str(line[0]) else None)
    return table


@hydra.main(config_path=str(CONF), config_name="run", version_base="1.3")
def main(config: DictConfig) -> None:
    """One job of Hydra."""
    choices = {str(group): str(option) for group, option in HydraConfig.get().runtime.choices.items()}
    job(lambda: run(config, choices))


if __name__ == "__main__":
    from pipelines.run import main as program  # by the name under which a launcher's workers can import it

    launch(program, __doc__, (*GROUPS, "experiment"))
