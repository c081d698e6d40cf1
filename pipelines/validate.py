"""Is the cause that a diagnosis names the right one?  python -m pipelines.validate

Fine-tunes the encoder once on the bundled corpus (kept in outputs/validation), plants faults into it whose cause is
therefore known, and lets the diagnosis name the cause: a head trained on flipped labels of negated sentences, such
labels in train itself, an encoder whose access to the negation is cut from a block on, a head that was trained too
little, a word that told the label in train, and no fault at all. Then it makes the repair that the cause names, and
measures on test whether it brings the predicted gain. The same for verdicts on single texts, the most confident errors.

Options (group=option; every key of an option is set as group.key=value):
{groups}
  seeds       how often every fault is planted (default 10), from first_seed on
  sizes       train dev test: sentences of each seed
  epochs      of fine-tuning; 0: the encoder as it is
  others      name resamples strict device threads outputs (what each means: conf/validate.yaml)

Examples:
  python -m pipelines.validate
  python -m pipelines.validate seeds=2 name=quick
  python -m pipelines.validate first_seed=11 name=again
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import hydra
from omegaconf import DictConfig, OmegaConf

from pipelines.shared.cli import CONSOLE, job, launch, say
from pipelines.shared.machine import device_of, set_threads
from pipelines.shared.notes import announce
from pipelines.shared.option_files import CONF
from pipelines.shared.progress import Bars
from pipelines.shared.stand_ins import find_model
from pipelines.shared.versions import code_version, versions
from pipelines.validating.fault_outcomes import Outcome, outcomes
from pipelines.validating.tuned_encoder import Tuning, tuned
from pipelines.validating.validation_settings import GROUPS, Wanted, wanted_of
from pipelines.validating.validation_table import (
    COLUMNS,
    EXPLAINED,
    TEXT_COLUMNS,
    TEXT_EXPLAINED,
    cuts_in_words,
    lines,
    markdown,
    record,
    text_lines,
    unexpected,
)
from probing.data.grammar import Grammar
from probing.model.checkpoint import Checkpoint, resolve, row_name


def validate(config: DictConfig) -> Path:
    """Plant all faults with every seed, print the table, write it; returns the JSON file. Raises ProbingError."""
    this, checkpoint, of_model = find_model(wanted_of(config))
    announce(of_model)
    set_threads(this.settings.threads)
    with Bars(CONSOLE) as bars:
        used = encoder_of(this, checkpoint, bars)
        found = planted(this, used, bars)
    show(found)
    path = written(this, used, found)
    say(f"wrote {path} and {path.with_suffix('.md')}")
    return path


def encoder_of(this: Wanted, checkpoint: Checkpoint, bars: Bars) -> Checkpoint:
    """The fine-tuned encoder, made now or before; without epochs, the encoder as it is."""
    if not this.settings.epochs:
        return checkpoint
    bars.stage("fine-tuning")
    corpus, tuning = Grammar().load(), Tuning(this.settings.epochs)
    name = f"{row_name(this.model)}-{corpus.name}-{tuning.epochs}epochs"
    folder = tuned(this.model, checkpoint, corpus, tuning, Path(this.settings.outputs, "validation", name), bars)
    say(f"fine-tuned encoder: {folder}")
    return resolve(replace(this.model, checkpoint=str(folder), revision=None, name=name))


def planted(this: Wanted, checkpoint: Checkpoint, bars: Bars) -> list[Outcome]:
    """The outcomes of all seeds."""
    from probing.model.encoder import load

    settings = this.settings
    encoder = load(this.model, checkpoint, device_of(settings.device))
    found: list[Outcome] = []
    bars.stage("faults")
    for number in range(settings.seeds):
        bars("seeds", number, settings.seeds)
        seed = settings.first_seed + number
        corpus = Grammar(train=settings.train, dev=settings.dev, test=settings.test, seed=seed).load()
        found += outcomes(encoder, corpus, seed, this.probe, settings.resamples, bars)
    bars("seeds", settings.seeds, settings.seeds)
    return found


def show(found: list[Outcome]) -> None:
    """Print the tables, and what was not as planted or predicted."""
    print_table(COLUMNS, [line.cells for line in lines(found)])
    say(f"{EXPLAINED} {cuts_in_words(found)}")
    for one in found:
        if said := unexpected(one):
            say(said, "yellow")
    print_table(TEXT_COLUMNS, [line.cells for line in text_lines(found)])
    say(TEXT_EXPLAINED)


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table, its first column to the left and all others to the right."""
    from rich.table import Table

    table = Table(box=None, padding=(0, 1), title_justify="left")
    for name in columns:
        table.add_column(name, justify="left" if name == columns[0] else "right")
    for row in rows:
        table.add_row(*row)
    CONSOLE.print(table)


def written(this: Wanted, checkpoint: Checkpoint, found: list[Outcome]) -> Path:
    """Write the outcomes with what they depend on as JSON, and the table as Markdown beside it."""
    path = Path(this.settings.outputs, "validation", f"{this.settings.name}.json")
    path.parent.mkdir(parents=True, exist_ok=True)
    options = OmegaConf.to_container(this.config)
    described: Mapping[str, Any] = {
        "summary": [asdict(line) for line in lines(found)],
        "summary of single texts": [asdict(line) for line in text_lines(found)],
        "outcomes": [record(one) for one in found],
        "checkpoint": checkpoint.revision,
        "options": options,
        "commit": code_version(CONF.parent),
        "versions": versions(),
    }
    path.write_text(json.dumps(described, indent=1) + "\n", encoding="utf-8")
    title = f"Planted faults in {checkpoint.name}, {this.settings.seeds} seeds from {this.settings.first_seed}"
    path.with_suffix(".md").write_text(markdown(found, title), encoding="utf-8")
    return path


@hydra.main(config_path=str(CONF), config_name="validate", version_base="1.3")
def main(config: DictConfig) -> None:
    """One validation."""
    job(lambda: validate(config))


if __name__ == "__main__":
    launch(main, __doc__, GROUPS)
