"""How many test sentences tell two layers or models apart?  python -m pipelines.plan runs=outputs/runs/main/…

Says how many test sentences (and documents) are needed to find a true difference with a power of 80 % (two-sided test
at the 5 % level), and which difference the sentences that you have can find. The variance of the paired difference
comes from a finished run, or you give it. Nothing is written.

Options:
  runs           one finished run: its layers are compared; two: one layer of each
  layers         two layers (default: the best one and each other one, or the best one of each run)
  metric         default: the main metric of the run
  difference     the difference to be found, in the unit of the metric (default 0.01)
  power, level   default 0.8 and 0.05
  without a run: deviation, or disagreement and items; design_effect, sentences, sentences_per_document
                 (conf/plan.yaml explains them)

Examples:
  python -m pipelines.plan runs=outputs/runs/main/minilm/ewt/pos/linear/seed0 difference=0.005
  python -m pipelines.plan disagreement=0.04 items=12 difference=0.005 design_effect=1.5 sentences=2000
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import hydra
from omegaconf import DictConfig

from pipelines.shared.cli import CONSOLE, job, launch, say
from pipelines.shared.option_files import CONF
from pipelines.shared.options import own_options
from probing.errors import ConfigError, positive

if TYPE_CHECKING:
    from probing.report.sample_size import Goal


@dataclass
class Settings:
    """The options of ``python -m pipelines.plan``."""

    runs: list[str] = field(default_factory=list)
    layers: list[int] = field(default_factory=list)
    metric: str | None = None
    difference: float = 0.01
    power: float = 0.8
    level: float = 0.05
    deviation: float | None = None
    disagreement: float | None = None
    items: float = 1
    design_effect: float = 1.0
    sentences: int | None = None
    sentences_per_document: float | None = None

    def __post_init__(self) -> None:
        """Refuse impossible values."""
        for name in ("difference", "items", "design_effect", "deviation", "sentences", "sentences_per_document"):
            if getattr(self, name) is not None:
                positive(name, getattr(self, name))
        for name in ("power", "level", "disagreement"):
            value = getattr(self, name)
            if value is not None and not 0 < value < 1:
                raise ConfigError(f"{name}={value}: between 0 and 1, e.g. {name}={0.8 if name == 'power' else 0.05}")
        if self.power <= self.level:
            raise ConfigError(
                f"power={self.power}: above level={self.level}, which every test reaches without a difference"
            )
        if len(self.runs) > 2 or len(self.layers) not in (0, 2):
            raise ConfigError("runs=…: one run or two; layers=[a,b]: two layers")


def plan(settings: Settings) -> None:
    """Print what was asked for. Raises ConfigError without a run or a variance, DataError for an unfinished run."""
    if not settings.runs and (settings.deviation is None) == (settings.disagreement is None):
        raise ConfigError("a run is missing; type runs=outputs/runs/…, or either deviation=… or disagreement=…")
    from probing.report.sample_size import Goal

    goal = Goal(settings.difference, settings.power, settings.level)
    from_runs(settings, goal) if settings.runs else from_assumptions(settings, goal)


def announce(goal: "Goal") -> None:
    """Print what is planned for."""
    say(
        f"to find a true difference of {goal.difference:g} with a power of {100 * goal.power:g} % (two-sided test at "
        f"{100 * goal.level:g} %):"
    )


def from_runs(settings: Settings, goal: "Goal") -> None:
    """Print one line per pair of layers or runs."""
    from rich.table import Table

    from probing.report.load import heading, load_run
    from probing.report.metric_format import measure
    from probing.report.sample_size import FEWEST, plans, shown_plans

    runs = [load_run(Path(folder)) for folder in settings.runs]
    metric = settings.metric or runs[0].metric
    table = plans(runs, settings.layers, metric, goal)
    announce(goal)
    first = table.iloc[0]
    caption = f"{measure(metric).label}; here: {first['n_sentences']:,} sentences"
    if first["n_units"] < first["n_sentences"]:
        caption += f" of {first['n_units']:,} documents"
    shown = shown_plans(table)
    printed = Table(
        title=heading(runs[0]), caption=caption, box=None, padding=(0, 1), pad_edge=False, collapse_padding=True
    )
    for name in shown.columns:
        # a heading is never cut: it breaks between its words, and a column is as wide as the longest of them
        widest = max(map(len, [*str(name).split(), *(shown[name].astype(str) if name == shown.columns[0] else [])]))
        printed.add_column(name, min_width=widest, overflow="fold", justify="right")
    for line in shown.itertuples(index=False):
        printed.add_row(*map(str, line))
    CONSOLE.print(printed)
    if first["n_units"] == first["n_sentences"]:
        say("the run names no documents: if sentences of one document are alike, it takes more (design effect above 1)")
    if first["n_units"] < FEWEST:
        say(f"fewer than {FEWEST} documents or sentences: these numbers are rough", "bold yellow")


def from_assumptions(settings: Settings, goal: "Goal") -> None:
    """Print the same for an assumed variance."""
    from probing.report.sample_size import needed
    from probing.result.power import Spread, of_disagreement

    assumed = of_disagreement(settings.disagreement or 0, settings.items)
    spread = Spread(settings.deviation or assumed.deviation, settings.design_effect)
    found = needed(spread, goal, settings.sentences, settings.sentences_per_document)
    announce(goal)
    say(f"assumed: deviation {spread.deviation:.3g}, design effect {spread.design_effect:g}")
    documents = f" ({found['documents_needed']:,.0f} documents)" if settings.sentences_per_document else ""
    say(f"{found['sentences_needed']:,.0f} sentences{documents}")
    if settings.sentences:
        say(
            f"{settings.sentences:,} sentences find {found['separable']:.2g} with this power, and {goal.difference:g} "
            f"with a power of {100 * found['power_here']:.0f} %"
        )


@hydra.main(config_path=str(CONF), config_name="plan", version_base="1.3")
def main(config: DictConfig) -> None:
    """One plan."""
    job(lambda: plan(own_options(Settings, config, ())[0]))


if __name__ == "__main__":
    launch(main, __doc__, ())
