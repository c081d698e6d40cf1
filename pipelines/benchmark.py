"""How fast is it, compared with what?  python -m pipelines.benchmark

Measures ratios and their named references in the same run, prints median, lowest and highest value, and writes them to
outputs/benchmark/<name>.json:
{ratios}

Options (group=option; every key of an option is set as group.key=value):
{groups}
  only        measure these ratios: one name or a list
  others      name repeats layer sentences strict device threads outputs (what each means: conf/benchmark.yaml)

Examples:
  python -m pipelines.benchmark
  python -m pipelines.benchmark only=probe_over_sklearn layer=6 repeats=3
  python -m pipelines.benchmark only=[rollout_over_numpy,flow_over_networkx] device=cuda name=cuda
"""

import json
import logging
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import hydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig
from rich.table import Table

from pipelines.benchmarking.bench import Bench, BenchmarkParts, Ratio
from pipelines.benchmarking.ratios import RATIOS, listing
from pipelines.shared.cli import CONSOLE, job, launch, say
from pipelines.shared.machine import set_threads
from pipelines.shared.machine_settings import MachineSettings
from pipelines.shared.notes import announce
from pipelines.shared.option_files import CONF, folders
from pipelines.shared.options import own_options, parts_of
from pipelines.shared.schema import names_a_folder
from pipelines.shared.stand_ins import find_corpus, find_model
from pipelines.shared.typed_options import in_quotes
from pipelines.shared.versions import code_version, versions
from probing.axes import Note
from probing.errors import ConfigError, ProbingError, not_negative, one_of, positive
from probing.probe.linear import Linear
from probing.task.word_order import read_by

log = logging.getLogger("pipelines.benchmark")  # also when run as a program
GROUPS = ("data", "task", "model", "store", "probe")


@dataclass
class Settings(MachineSettings):
    """The options of ``python -m pipelines.benchmark`` outside of the groups."""

    name: str = "main"
    only: list[str] = field(default_factory=list)
    repeats: int = 5
    layer: int = 3
    sentences: int = 400

    def __post_init__(self) -> None:
        """Refuse impossible values before anything is loaded."""
        names_a_folder("name", self.name)
        for name in self.only:
            one_of("only", name, RATIOS)
        positive("repeats", self.repeats)
        positive("sentences", self.sentences)
        not_negative("layer", self.layer)
        super().__post_init__()


def benchmark(config: DictConfig, run: tuple[str, ...]) -> Path:
    """Measure, print and write; returns the file. ``run``: see Bench. Raises ProbingError."""
    bench, notes = prepare(config, run)
    settings = bench.parts.settings
    results, left_out = measured(bench, settings.only)
    CONSOLE.print(table(results, f"{bench.checkpoint.name} on {bench.corpus.name}, {bench.device}"))
    path = Path(settings.outputs, "benchmark", f"{settings.name}.json")
    path.parent.mkdir(parents=True, exist_ok=True)
    described = {
        "results": {name: ratio.as_json() for name, ratio in results.items()},
        "machine": machine(bench.device),
        "commit": code_version(CONF.parent),
        "notes": [note._asdict() for note in notes + left_out],
    }
    path.write_text(json.dumps(described, indent=2), encoding="utf-8")
    say(f"wrote {path}")
    return path


def prepare(config: DictConfig, run: tuple[str, ...]) -> tuple[Bench, tuple[Note, ...]]:
    """The model and the corpus that everything is measured on, and what was substituted. Raises ProbingError."""
    from probing.store.vectors import check_layers

    settings, resolved = own_options(Settings, config, GROUPS)
    found = parts_of(resolved, GROUPS)
    if type(found["probe"]) is not Linear:
        raise ConfigError(f"probe={resolved.probe.name}: the benchmark measures the linear probe; type probe=linear")
    parts, checkpoint, of_model = find_model(BenchmarkParts(settings=settings, config=resolved, **found))
    parts, corpus, of_data = find_corpus(parts, checkpoint)
    announce(of_model + of_data)
    set_threads(settings.threads)
    bench = Bench(
        parts, checkpoint, read_by(parts.task, corpus), settings.repeats, settings.layer, settings.sentences, run
    )
    check_layers([bench.layer], bench.encoder.n_layers)
    return bench, of_model + of_data


def measured(bench: Bench, only: list[str]) -> tuple[dict[str, Ratio], tuple[Note, ...]]:
    """The ratios of ``only``, or all of them except those that this machine or model cannot measure, with a note each.

    Raises ProbingError if one of ``only`` cannot be measured.
    """
    results: dict[str, Ratio] = {}
    notes: tuple[Note, ...] = ()
    for name in only or RATIOS:
        log.info("measuring %s", name)
        try:
            results[name] = RATIOS[name](bench)
        except ProbingError as error:
            if only:
                raise
            notes += (Note("left out", f"{name}: {error}"),)
            say(f"{name} is left out: {error}", "yellow")
    return results, notes


def table(results: Mapping[str, Ratio], title: str) -> Table:
    """One row per ratio, and per ratio that was measured beside it."""
    found = Table(title=title)
    for column in ("ratio", "median", "lowest", "highest"):
        found.add_column(column, no_wrap=True)
    found.add_column("reference")
    for name, ratio in results.items():
        for line, one in {name: ratio, **ratio.beside}.items():
            found.add_row(line, *(f"{value:.3g}" for value in one.spread), one.reference)
    return found


def machine(device: str) -> dict[str, object]:
    """What the numbers depend on besides the code."""
    import torch

    name = torch.cuda.get_device_name() if device == "cuda" else platform.processor() or platform.machine()
    return {"device": device, "name": name, "threads": torch.get_num_threads(), "versions": versions()}


def overrides_of_run() -> tuple[str, ...]:
    """The overrides that give ``python -m pipelines.run`` the same groups: their options, single keys as typed, and the
    folders of further options.
    """
    now = HydraConfig.get()
    chosen = [f"{group}={option}" for group in GROUPS if (option := now.runtime.choices.get(group)) is not None]
    own = ",".join(in_quotes(str(folder)) for folder in folders() if folder != CONF)
    return (
        *chosen,
        *(typed for typed in now.overrides.task if typed.lstrip("+~").split(".")[0] in GROUPS),
        *([f"hydra.searchpath=[{own}]"] if own else []),
    )


@hydra.main(config_path=str(CONF), config_name="benchmark", version_base="1.3")
def main(config: DictConfig) -> None:
    """One benchmark."""
    job(lambda: benchmark(config, overrides_of_run()))


if __name__ == "__main__":
    launch(main, __doc__.replace("{ratios}", listing()), GROUPS)
