"""Untrained twins: the same architecture with random weights, of which every analysis is made as it is of the model."""

from contextlib import ExitStack
from dataclasses import dataclass, replace

from probing.analysis.findings import Findings
from probing.analysis.probes import Probes, kept_words, scaled, unconverged
from probing.analysis.protocol import Analysis
from probing.analysis.study import Study
from probing.axes import SPLITS
from probing.model.checkpoint import resolve
from probing.probe.fit import TASK
from probing.result.score import score
from probing.store.key import Store

MOST = 1000  # twins of one run: their seeds must not meet those of a run with the next seed


def twin_of(study: Study, number: int, store: Store) -> Study:
    """The study of one untrained twin, whose vectors and maps are kept in ``store``; close it after use.

    Architecture, tokenizer, corpus, labels and options are those of ``study``; the twin has no control task, and no
    head of its own. Its weights are drawn from the seed MOST × seed of the study + ``number``.
    """
    model = replace(study.model, untrained_seed=MOST * study.options.seed + number)
    return replace(
        study,
        model=model,
        checkpoint=resolve(model),
        store=store,
        with_head=False,
        options=replace(study.options, controls=0),
        _opened=ExitStack(),
    )


def of_twins(analysis: Analysis) -> Analysis:
    """The analysis as it is made of a twin: of the probes only what reads vectors, of any other all of it."""
    return ScoresOfProbes() if isinstance(analysis, Probes) else analysis


@dataclass(frozen=True)
class ScoresOfProbes(Analysis):
    """The probe's scores on every layer, without controls, baselines that read no vector, and predictions."""

    def check(self, study: Study) -> None:
        """Nothing: what the probes need was checked for the model."""

    def __call__(self, study: Study) -> Findings:
        """Rows of the task, without gains; notes on probes that stopped early and on features beyond float16."""
        ids = {split: [s.id for s in study.corpus.splits[split]] for split in SPLITS}
        resampling = {split: study.resampling(split) for split in SPLITS}
        keep = kept_words(study, study.items.words)
        found = score(study.predictions, study.task.metrics, ids, resampling, keep)
        notes = (*study.items.notes, *scaled(study.hidden, study.layers), *unconverged(study.predictions))
        return Findings(rows=tuple(row for row in found.rows if row.target == TASK), notes=notes)
