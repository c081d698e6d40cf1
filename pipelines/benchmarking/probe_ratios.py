"""The benchmark's ratios for extraction and the linear probe."""

import subprocess
import sys
from typing import Any

import numpy as np

from pipelines.benchmarking import timings as measure
from pipelines.benchmarking.ratio import Bench, ratio_of, summary
from pipelines.shared.options import CONF


def extract_over_forward(bench: Bench) -> dict[str, Any]:
    """Wall time of extraction with writing over that of forward passes alone."""
    dev = measure.only_dev(bench.corpus)
    return ratio_of(
        lambda: measure.extraction(bench.experiment, dev, bench.encoder),
        lambda: measure.forward(bench.experiment, dev, bench.encoder),
        bench.repeats,
        f"bare forward passes over the same batches of {dev.name}",
    )


def extract_over_one_by_one(bench: Bench) -> dict[str, Any]:
    """How many times faster extraction is than one sentence per forward pass."""
    dev = measure.only_dev(bench.corpus, bench.sentences)
    return ratio_of(
        lambda: measure.one_by_one(dev, bench.encoder),
        lambda: measure.extraction(bench.experiment, dev, bench.encoder),
        bench.repeats,
        f"the time of extraction, {bench.sentences} sentences of {dev.name}",
    )


def probe_over_sklearn(bench: Bench) -> dict[str, Any]:
    """How many times faster the solver is than scikit-learn on one layer, and at what objective."""
    problem = measure.probe_problem(bench.experiment, bench.corpus, bench.encoder, bench.layer)
    reference_s, reference = measure.sklearn_fit(problem)
    seconds, gaps = [], []
    for _ in range(bench.repeats):
        own_s, found = measure.own_fit(problem, bench.experiment)
        seconds.append(own_s)
        gaps.append(float(np.max(found / reference - 1)))
    ratio = summary([reference_s / s for s in seconds])
    ratio["reference"] = (
        f"scikit-learn LogisticRegression (lbfgs, float32, tol 1e-4, warm-started along the grid), timed once on "
        f"layer {bench.layer} of {bench.corpus.name}: task and control, {len(problem.l2)} strengths, "
        f"{len(problem.features):,} items"
    )
    ratio["reference_seconds"], ratio["own_seconds"] = reference_s, seconds
    ratio["objectives"] = {"own_nats": found.tolist(), "sklearn_nats": reference.tolist()}
    ratio["objective_gap"] = summary(gaps)
    return ratio


def rss_growth(bench: Bench) -> dict[str, Any]:
    """Peak resident memory of extraction on eight times the corpus over that on the corpus."""
    peaks = {n: [_peak(bench, n) for _ in range(min(bench.repeats, 3))] for n in (1, 8)}
    ratio = summary([b / a for a, b in zip(peaks[1], peaks[8], strict=True)])
    ratio["reference"] = f"extraction of {bench.sentences} sentences of {bench.corpus.name} in a fresh process"
    ratio["peak_bytes"] = peaks
    return ratio


def _peak(bench: Bench, times: int) -> int:
    code = (
        f"from pipelines.benchmarking.timings import peak; peak({bench.sentences}, {times}, {bench.experiment.model!r})"
    )
    code = f"from probing.model.checkpoint import Model; {code}"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=CONF.parent)
    return int(done.stdout.split()[-1])
