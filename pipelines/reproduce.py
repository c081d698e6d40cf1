"""Which claims of a paper hold for a model?  python -m pipelines.reproduce paper=hewitt2019 model=bert_cased

Makes the runs that a paper's figure needs, and a page that holds them against the paper: its question, our figure,
numbers beside the published ones, and for each claim whether it holds, does not hold, or cannot be checked here.
Finished runs are found again, so that a second call, or one after an interruption, makes only what is missing.

Papers, with time and disk for minilm on 2 cores from an empty store (papers share runs and stores):
{papers}

Options:
  paper       one paper, a list [a,b], or all
  model       one model or several: model=minilm,bert (default minilm)
  tag strict outputs   conf/reproduce.yaml explains them
  any other   option of a run goes to every run: data.max_sentences=100, threads=1, model.checkpoint=./mine

Examples:
  python -m pipelines.reproduce paper=hewitt2019 model=bert_cased
  python -m pipelines.reproduce paper=all
  python -m pipelines.reproduce paper=[liu2019,voita2020] model=minilm,bert
  python -m pipelines.reproduce -m paper=all model=minilm,bert hydra/launcher=joblib    one job for each pair

Corpora are found as for python -m pipelines.run. Without a corpus, its claims are named as not checked, with what to
fetch. Pages are written to <outputs>/papers/<model>/<paper>/index.html, the overview to <outputs>/papers/index.html.
The folder's name holds the model and, where there are any, its stand-in, the tag and the options of all runs.
"""

import sys
from pathlib import Path

import hydra
from omegaconf import DictConfig

from pipelines.reproducing.made_runs import make_all
from pipelines.reproducing.model_kind import Kind, kind_of
from pipelines.reproducing.needed_runs import composed, jobs_of
from pipelines.reproducing.page_folder import further, page_folder
from pipelines.reproducing.paper_files import chosen, listing, minutes
from pipelines.reproducing.paper_pages import Pages, write_pages
from pipelines.reproducing.settings import Settings
from pipelines.reproducing.typed_papers import as_lists
from pipelines.running.config import build
from pipelines.shared.cli import job, launch, say
from pipelines.shared.notes import announce
from pipelines.shared.option_files import CONF, options
from pipelines.shared.options import own_options, parts_of
from pipelines.shared.stand_ins import find_model
from probing.errors import ConfigError, one_of
from probing.report.look import Look, looking


def reproduce(settings: Settings, look: Look) -> None:
    """Make the runs and the pages of all papers and models that were asked for. Raises ProbingError."""
    papers = chosen(settings.papers)
    if not settings.models:
        raise ConfigError(f"model is missing; type model=… with one of {', '.join(options('model'))}")
    for model in settings.models:
        one_of("model", model, options("model"))
    kinds = {model: found(model, settings) for model in settings.models}
    jobs = [
        (model, one)
        for model, kind in kinds.items()
        for paper in papers
        for one in jobs_of(paper, model, kind, settings)
    ]
    each = {one.overrides: one.seconds for _, one in jobs}
    number = "1 run" if len(each) == 1 else f"{len(each)} runs"
    say(f"{number}; at most about {minutes(sum(each.values()))} min on 2 cores, if nothing of them is there yet")
    outcomes = make_all([one for _, one in jobs], settings.strict)
    runs: dict[str, dict[str, dict[str, Path | str]]] = {model: {one.name: {} for one in papers} for model in kinds}
    for (model, one), outcome in zip(jobs, outcomes, strict=True):
        runs[model][one.paper][one.name] = outcome
    with looking(look):
        for model, kind in kinds.items():
            given = [f"model={model}", *typed(settings)]
            asked = Pages(kind, Path(settings.outputs, "papers"), page_folder(kind, settings), given, further(settings))
            write_pages(papers, runs[model], asked)


def typed(settings: Settings) -> list[str]:
    """The options beside papers and models that are not the usual ones, as they are typed."""
    usual = Settings()
    own = {name: getattr(settings, name) for name in ("tag", "strict", "outputs")}
    changed = [f"{name}={value}" for name, value in own.items() if value != getattr(usual, name)]
    return [*changed, *settings.options]


def found(model: str, settings: Settings) -> Kind:
    """What is known of a model, or of its announced stand-in, before a run. Raises ProbingError."""
    given = [one for one in settings.options if one.startswith("model.")]
    base = composed([f"model={model}", f"strict={settings.strict}", "data=grammar", *given])
    _, checkpoint, notes = find_model(build(base.config, base.choices))
    announce(notes)
    return kind_of(checkpoint, model if notes else "")


@hydra.main(config_path=str(CONF), config_name="reproduce", version_base="1.3")
def main(config: DictConfig) -> None:
    """One job: the papers and models of it."""

    def work() -> None:
        settings, resolved = own_options(Settings, config, ("report",))
        look: Look = parts_of(resolved, ("report",))["report"]
        look.check()
        reproduce(settings, look)

    job(work)


if __name__ == "__main__":
    asks = {"--help", "-h"} & set(sys.argv[1:])
    launch(main, __doc__.replace("{papers}", listing()) if asks else __doc__, (), as_lists)
