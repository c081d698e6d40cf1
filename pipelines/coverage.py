"""How often do the 95 % intervals contain the true value?  python -m pipelines.coverage

Fits probes once on the bundled grammar, takes many new sentences of it as the population, draws test sets from them,
and counts how often the 95 % intervals contain the population's value: for sentences, and for documents whose sentences
share a topic. Also counts how often the set of layers that may be the best contains the best one, and how often a
family of comparisons reports a difference where there is none. Takes some minutes on 2 cores; writes
outputs/coverage/<name>.json and .md.

Options (group=option; every key of an option is set as group.key=value):
{groups}
  replications pool controls   how much (defaults: 1000 test sets of 10,000 sentences, 30 draws of the control)
  sentences documents          sizes of test sets: one or a list; the first is the size for families
  others      name layer resamples seed strict device threads outputs (what each means: conf/coverage.yaml)

Examples:
  python -m pipelines.coverage
  python -m pipelines.coverage replications=100 pool=1000 controls=5
  python -m pipelines.coverage sentences=[300,30] documents=50 name=few
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import hydra
from omegaconf import DictConfig
from rich.table import Table

from pipelines.covering.markdown import tables
from pipelines.covering.measures import DRAWS
from pipelines.covering.population import Population, Source, population
from pipelines.covering.replications import Line, Replications, everything
from pipelines.shared.cli import CONSOLE, job, launch, say
from pipelines.shared.machine import set_threads
from pipelines.shared.machine_settings import MachineSettings
from pipelines.shared.notes import announce
from pipelines.shared.option_files import CONF
from pipelines.shared.options import Parts, own_options, parts_of
from pipelines.shared.progress import Bars
from pipelines.shared.schema import listed, names_a_folder
from pipelines.shared.stand_ins import find_model
from pipelines.shared.versions import code_version
from probing.data.grammar import Grammar
from probing.errors import ConfigError, not_negative, positive

GROUPS = ("model", "store")
FEWEST = 200  # sentences of a population: fewer have too few cases of a relation


@dataclass
class Settings(MachineSettings):
    """The options of ``python -m pipelines.coverage`` outside of the groups."""

    name: str = "main"
    replications: int = 1000
    resamples: int = 1000
    pool: int = 10000
    controls: int = 30
    sentences: Any = field(default_factory=lambda: [300, 100, 50, 20])
    documents: Any = field(default_factory=lambda: [50, 20])
    layer: int = 3
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse impossible values before anything is loaded."""
        names_a_folder("name", self.name)
        for option in ("replications", "resamples", "layer"):
            positive(option, getattr(self, option))
        not_negative("seed", self.seed)
        for option in ("sentences", "documents"):
            for size in listed(getattr(self, option)):
                if type(size) is not int or size < 2:
                    raise ConfigError(f"{option}={size}: the size of a test set is expected, a number from 2 on")
        for option, least in (("pool", FEWEST), ("controls", max(DRAWS))):
            if getattr(self, option) < least:
                raise ConfigError(f"{option}={getattr(self, option)}: at least {least} are expected")
        super().__post_init__()


def coverage(config: DictConfig) -> Path:
    """Measure, print and write; returns the file. Raises ProbingError."""
    settings, resolved = own_options(Settings, config, GROUPS)
    found = parts_of(resolved, GROUPS)
    data = Grammar(test=settings.pool)
    parts, checkpoint, notes = find_model(Parts(settings=settings, config=resolved, data=data, **found))
    announce(notes)
    set_threads(settings.threads)
    with Bars(CONSOLE) as bars:
        source = Source(parts, checkpoint, data.load(), settings.layer, settings.controls, bars)
        pool = population(source)
        run = Replications(pool, settings.replications, settings.resamples, settings.seed, bars)
        lines = everything(run, listed(settings.sentences), listed(settings.documents))
    CONSOLE.print(table(lines, f"{checkpoint.name}, {pool.n:,} sentences, {settings.replications:,} test sets each"))
    path = Path(settings.outputs, "coverage", f"{settings.name}.json")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(described(pool, settings, checkpoint.name, lines), indent=1) + "\n", encoding="utf-8")
    path.with_suffix(".md").write_text(tables(lines), encoding="utf-8")
    say(f"wrote {path} and its tables, {path.with_suffix('.md').name}")
    return path


def described(pool: Population, settings: Settings, model: str, lines: Sequence[Line]) -> dict[str, object]:
    """What the data file holds: what was measured, and the lines."""
    measured = {
        "model": model,
        "sentences": pool.n,
        "documents": int(pool.documents.max()) + 1,
        "relations": len(pool.heads),
        **{name: getattr(settings, name) for name in ("replications", "resamples", "controls", "layer", "seed")},
        "commit": code_version(CONF.parent),
    }
    return {"measured": measured, "lines": [line.as_row() for line in lines]}


def table(lines: Sequence[Line], title: str) -> Table:
    """One row per line; in per cent."""
    found = Table(title=title)
    for column in ("measure", "drawn", "n", "held %", "too high %", "too low %", "width"):
        words = column in ("measure", "drawn")  # on a narrow terminal they are wrapped, and numbers stay whole
        found.add_column(column, justify="left" if words else "right", no_wrap=not words)
    for line in lines:
        shares = [f"{100 * share:.1f}" if share == share else "" for share in (line.share, line.above, line.below)]
        width = f"{line.width:.3g}" if line.width == line.width else ""
        found.add_row(line.measure, line.drawn, str(line.n), *shares, width)
    return found


@hydra.main(config_path=str(CONF), config_name="coverage", version_base="1.3")
def main(config: DictConfig) -> None:
    """One measurement of what intervals hold."""
    job(lambda: coverage(config))


if __name__ == "__main__":
    launch(main, __doc__, GROUPS)
