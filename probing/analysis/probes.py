"""What can be decoded from each layer: the probe, its control task and its baselines, scored on dev and test."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from probing.analysis.code_notes import code_notes
from probing.analysis.comparisons import compared_with, type_notes, without_vectors, words_read
from probing.analysis.findings import Findings
from probing.analysis.items import labelled
from probing.analysis.lone_roots import lone_roots
from probing.analysis.mix_facts import mix_facts
from probing.analysis.prediction_tables import predictions_table, selected_on_dev, trained_probes
from probing.analysis.protocol import Analysis
from probing.analysis.study import Study
from probing.analysis.train_sample import check_sample
from probing.analysis.training_notes import training_notes
from probing.axes import SPLITS, IntArray, Note, Split
from probing.data.punctuation import check_punctuation, kept
from probing.model.subwords import SHARED
from probing.probe.fit import TASK, Fit, unresolved
from probing.probe.strengths import FURTHER, limits
from probing.result.few_units import few_units
from probing.result.main_metric import code_length, main_metric, without_value
from probing.result.resampling import described
from probing.result.score import CODE_LENGTH, Prediction, Scores, score
from probing.store.file_index import Index
from probing.store.layout import StoreFile


@dataclass(frozen=True)
class Probes(Analysis):
    """Fit the probe of every layer to the task and to its control, and score them beside the baselines."""

    def check(self, study: Study) -> None:
        """Raise DataError for a corpus without the task's labels, or whose labels give no metric of the task a value,
        and where ``punctuation=remove`` removes nothing.

        For a task to which punctuation makes no difference that is a ConfigError, as are more training sentences than
        there are, and vectors that ``store.pool`` cannot give.
        """
        _ = study.chosen  # here, so that vectors that a pooled store cannot give are refused
        target, words = labelled(study.labels)  # here, so that a fault of the labels is found before the model runs
        check_sample(study.labels, study.options.train_sentences)
        if study.options.punctuation == "remove":
            check_punctuation(study.corpus, study.task.name, study.task.metrics)
        main_metric(study.task.metrics, target, kept_words(study, words))

    def __call__(self, study: Study) -> Findings:
        """Rows of task, control, selectivity and baselines; predictions and statistics per sentence of test.

        The fact ``metric`` names the metric that chooses the best layer. Raises: ModelError if no item of a split has
        both a label and a vector; DataError if the items that have both give no metric of the task a value.
        """
        items = study.items
        keep, read = kept_words(study, items.words), words_read(study)
        metric = code_length(study.predictions) or main_metric(study.task.metrics, items.targets[TASK], keep)
        found = [*study.predictions, *without_vectors(study, read)]
        ids = {split: [s.id for s in study.corpus.splits[split]] for split in SPLITS}
        resampling = {split: study.resampling(split) for split in SPLITS}
        scores = score(found, study.task.metrics, ids, resampling, keep)
        predictions = predictions_table(study.corpus, items, study.labels, study.predictions)
        tables = {"sentences": scores.sentences} | ({} if predictions is None else {"predictions": predictions})
        return Findings(
            rows=tuple(scores.rows),
            facts={
                "layers": list(study.layers),
                "metric": metric,
                "selected": selected_on_dev(study.predictions),
                "resampled": {split: described(resampling[split].units) for split in SPLITS},
                **compared_with(study, read),
                **mix_facts(study, metric, keep),
            },
            notes=(*items.notes, *caveats(study), *type_notes(study, read), *of_metrics(study, metric, scores)),
            tables=tables,
            files=trained_probes(study),
        )


def kept_words(study: Study, words: Mapping[Split, Sequence[IntArray]]) -> dict[Split, list[NDArray[np.bool_]]] | None:
    """Which of the labelled ``words`` count in root accuracy and UUAS: all except punctuation, (W,) per sentence.

    None if punctuation is kept, so that all of them count.
    """
    if study.options.punctuation != "remove":
        return None
    of = study.corpus.splits
    return {split: [kept(s)[c] for s, c in zip(of[split], words[split], strict=True)] for split in SPLITS}


def as_written(index: Index) -> str:
    """What a reader must know about vectors of text as it is written."""
    subwords, words = (index.counts.get(name, 0) for name in SHARED)
    return (
        "the model reads the text as it is written (model.text=as_written); a word has all subwords that have "
        f"characters of it, so that {subwords:,} subwords belong to several words and {words:,} of "
        f"{index.n_words.sum():,} words share subwords: their vectors are partly or wholly the same, and analyses of "
        "attention treat them as one word"
    )


def caveats(study: Study) -> tuple[Note, ...]:
    """Notes on the scores: what was left out, and what must be known to interpret them."""
    notes = [
        Note("truncated" if "truncated" in reason else "skipped", f"{reason.replace('_', ' ')}: {count:,}")
        for reason, count in study.hidden.index.counts.items()
        if count and reason not in SHARED
    ]
    notes += [Note("caveat", f"model: {text}") for text in study.hidden.provenance.get("model_notes", [])]
    notes += scaled(study.hidden, study.layers)
    if study.hidden.index.last_word is not None:
        notes.append(Note("caveat", as_written(study.hidden.index)))
    last = study.hidden.model_layers - 1
    if study.hidden.provenance["final_norm"] and last in study.layers:
        text = f"the final layer norm of the model is applied to layer {last}, but not to the layers below it"
        notes.append(Note("caveat", text))
    if few := few_units(study.resampling("test").units):
        notes.append(Note("caveat", few))
    if "root_accuracy" in study.task.metrics:
        lone = lone_roots(study.corpus.splits["test"], "test", study.options.punctuation)
        notes += [Note("caveat", lone)] if lone else []
    if study.options.punctuation == "remove":
        kept_anyway = check_punctuation(study.corpus, study.task.name, study.task.metrics)
        notes += [Note("caveat", text) for text in kept_anyway]
    return (
        *notes,
        *training_notes(study),
        *unconverged(study.predictions),
        *strength_at_edge(study),
        *below_resolution(study),
    )


def scaled(store: StoreFile, layers: Sequence[int]) -> list[Note]:
    """A note on numbers of ``layers`` that are too large for float16; small ones are scaled without a word."""
    found = store.too_large_features(layers)
    text = (
        f"up to {max(found.values(), default=0):,} of {store.width:,} features of layers {[*found]} have numbers above "
        "65,504, the largest of float16: the store divides each by a power of two, so that it keeps the 11 bits of the "
        "others"
    )
    return [Note("caveat", text)] if found else []


def of_metrics(study: Study, metric: str, scores: Scores) -> tuple[Note, ...]:
    """Notes on metrics without a value, on the one that chooses the best layer instead, and on unusual scores."""
    names = study.task.metrics
    texts = [*without_value(names, scores.rows), *scores.notes]
    if metric == CODE_LENGTH:
        texts += code_notes(study.predictions)
    elif metric != names[0]:
        texts.insert(0, f"the best layer is chosen by {metric}, because {names[0]} has no value here")
    return tuple(Note("caveat", text) for text in texts)


def unconverged(found: Sequence[Prediction]) -> list[Note]:
    """Notes on probes that stopped before convergence."""
    return [
        Note("unconverged", f"{p.target}, layer {p.layer}: stopped before convergence")
        for p in found
        if p.fit is not None and not p.fit.converged
    ]


def strength_at_edge(study: Study) -> list[Note]:
    """A note on layers for which dev chose a strength where the grid, grown at its end, was not allowed to grow on."""
    ends = limits(getattr(study.probe, "l2", ()))
    edge = [fit.layer for fit in _linear_fits(study) if fit.chosen.get("l2") in ends]
    text = (
        f"on layers {edge} dev chose the last penalty of the grid (probe.l2), which was already extended by {FURTHER} "
        "values; type a wider probe.l2"
    )
    return [Note("caveat", text)] if edge else []


def below_resolution(study: Study) -> list[Note]:
    """A note on features that vary by less than the store's type tells apart, with their number per layer."""
    scales = {fit.layer: fit.scale for fit in _linear_fits(study) if fit.scale is not None}
    counts = {layer: unresolved(by) for layer, by in scales.items()}
    width = max((len(mean) for mean, _ in scales.values()), default=0)
    told = ", ".join(f"{count} on layer {layer}" for layer, count in counts.items() if count)
    text = (
        f"rounding: features that vary by no more than one step of the stored type {study.hidden.dtype} are mostly "
        f"rounding errors, and the probe ignores them: {told} (of {width} features)"
    )
    return [Note("caveat", text)] if told else []


def _linear_fits(study: Study) -> list[Fit]:
    """What the probes of the task learnt, by layer."""
    return [p.fit for p in study.predictions if p.target == TASK and p.fit is not None]
