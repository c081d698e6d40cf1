"""How fast is it, against what?  python -m pipelines.benchmark

Measures ratios against a named reference in the same run and writes them, with median and spread over several
repetitions, to outputs/benchmark/<name>.json:
  extract_over_forward     extraction with HDF5 writing / bare forward passes over the same batches
  extract_over_one_by_one  one sentence per forward pass / extraction (times faster)
  probe_over_sklearn       scikit-learn's LogisticRegression / our solver: task and control, whole grid, one layer
  solver_over_lbfgs        plain L-BFGS of torch, stopped at our objective / our solver, same problems (times faster)
  objective_gap            largest relative excess of our objective over scikit-learn's in that comparison
  rss_growth               peak memory of extraction on 8 times the corpus / on the corpus
  rerun_over_import        a run that is already done / import torch, transformers
  help_seconds             python -m pipelines.run --help
  rollout_over_numpy       a plain numpy loop over sentences and words / batched rollout of words, all layers
  flow_over_networkx       one networkx call per pair of top and input token / ours for all pairs
  head_stats_over_forward  all head statistics while maps stream by / the eager forward passes
  norm_peak_over_map       peak memory of norm-based attention / the maps of one layer, 128 subwords
  explore_over_forward     a live view's time beyond its forward pass / that pass, 20 words
  paint_seconds            a page of 512 subwords, 12 layers x 12 heads, until its heads are drawn in Chromium

Options: name only repeats layer sentences device threads outputs, and the groups
{groups}

Examples:
  python -m pipelines.benchmark
  python -m pipelines.benchmark only=[probe_over_sklearn] layer=6 repeats=3
  python -m pipelines.benchmark device=cuda name=cuda
"""

import json
import logging
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import hydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from pipelines.benchmarking.attention_ratios import (
    flow_over_networkx,
    head_stats_over_forward,
    norm_peak_over_map,
    rollout_over_numpy,
)
from pipelines.benchmarking.lbfgs_ratio import solver_over_lbfgs
from pipelines.benchmarking.probe_ratios import (
    extract_over_forward,
    extract_over_one_by_one,
    probe_over_sklearn,
    rss_growth,
)
from pipelines.benchmarking.ratio import Bench, ratio_of, summary
from pipelines.benchmarking.view_ratios import explore_over_forward, paint_seconds
from pipelines.running import stages
from pipelines.running.config import GROUPS, build
from pipelines.running.provenance import Notes, announce
from pipelines.shared.cli import CONSOLE, job, launch, say
from pipelines.shared.machine import device_of, set_threads
from pipelines.shared.options import CONF
from probing.errors import UnavailableError, one_of

log = logging.getLogger("pipelines.benchmark")  # also when run as a program


def rerun_over_import(bench: Bench) -> dict[str, Any]:
    """A run that finds itself done over the import of its two heaviest libraries."""
    with tempfile.TemporaryDirectory() as outputs:
        choices = HydraConfig.get().runtime.choices
        overrides = [f"{g}={choices[g]}" for g in ("task", "data", "model")]
        command = [sys.executable, "-m", "pipelines.run", *overrides, "data.max_sentences=300", f"outputs={outputs}"]
        subprocess.run(command, check=True, capture_output=True, cwd=CONF.parent)
        return ratio_of(
            lambda: _process(command),
            lambda: _process([sys.executable, "-c", "import torch, transformers"]),
            bench.repeats,
            "python -c 'import torch, transformers'",
        )


def help_seconds(bench: Bench) -> dict[str, Any]:
    """Seconds until the help screen."""
    found = [_process([sys.executable, "-m", "pipelines.run", "--help"]) for _ in range(bench.repeats)]
    return {**summary(found), "reference": "one second"}


MEASURES: dict[str, Callable[[Bench], dict[str, Any]]] = {
    f.__name__: f
    for f in (
        extract_over_forward,
        extract_over_one_by_one,
        probe_over_sklearn,
        solver_over_lbfgs,
        rss_growth,
        rerun_over_import,
        help_seconds,
        rollout_over_numpy,
        flow_over_networkx,
        head_stats_over_forward,
        norm_peak_over_map,
        explore_over_forward,
        paint_seconds,
    )
}


def _process(command: Sequence[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, cwd=CONF.parent)
    return time.perf_counter() - began


def benchmark(config: DictConfig, choices: dict[str, str]) -> Path:
    """Measure what ``config.only`` names, print it and write it down."""
    from rich.table import Table

    from probing.model import encoder

    for name in config.only:
        one_of("only", name, MEASURES)
    notes = Notes()
    experiment, checkpoint = stages.find_model(build(config, choices), notes)
    experiment, corpus = stages.find_corpus(experiment, notes)
    announce(notes)
    set_threads(experiment.settings.threads)
    device = device_of(experiment.settings.device)
    loaded = encoder.load(experiment.model, checkpoint, device)
    bench = Bench(experiment, corpus, loaded, config.repeats, config.layer, config.sentences)
    results = {}
    table = Table(title=f"{checkpoint.name} on {corpus.name}, {device}")
    for column in ("ratio", "median", "lowest", "highest", "reference"):
        table.add_column(column)
    for name in config.only or MEASURES:
        log.info("measuring %s", name)
        try:
            results[name] = found = MEASURES[name](bench)
        except UnavailableError as error:
            if config.only:
                raise
            notes.add("left out", f"{name}: {error}")
            say(f"{name} is left out: {error}", "yellow")
            continue
        shown = {name: found, **({"objective_gap": found["objective_gap"]} if "objective_gap" in found else {})}
        for line, values in shown.items():
            digits = ".2e" if line == "objective_gap" else ".3f"
            numbers = [format(values[k], digits) for k in ("median", "low", "high")]
            table.add_row(line, *numbers, values.get("reference", "as above"))
    CONSOLE.print(table)
    path = Path(experiment.settings.outputs) / "benchmark" / f"{config.name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    described = {"results": results, "machine": _machine(device), "notes": notes.entries}
    path.write_text(json.dumps(described, indent=2), encoding="utf-8")
    CONSOLE.print(f"wrote {path}", soft_wrap=True)
    return path


def _machine(device: str) -> dict[str, Any]:
    import torch

    name = torch.cuda.get_device_name() if device == "cuda" else platform.processor() or platform.machine()
    libraries = {n: version(n) for n in ("torch", "transformers", "scikit-learn", "h5py")}
    return {"device": device, "name": name, "threads": torch.get_num_threads(), "versions": libraries}


@hydra.main(config_path=str(CONF), config_name="benchmark", version_base="1.3")
def main(config: DictConfig) -> None:
    """One benchmark."""
    choices = {str(group): str(option) for group, option in HydraConfig.get().runtime.choices.items()}
    job(lambda: benchmark(config, choices))


if __name__ == "__main__":
    launch(main, __doc__, GROUPS)
