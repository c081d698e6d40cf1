"""Does attention say what interventions say? Attention scores of tokens compared with blank-out and gradients."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from probing.analysis.findings import Findings
from probing.analysis.many_comparisons import adjusted_by_layer
from probing.analysis.protocol import Analysis
from probing.analysis.readers import NOTHING_READS, reader_notes
from probing.analysis.study import Study
from probing.attention.flow.attention_rollout import rollout
from probing.attention.flow.augmented import augmented
from probing.attention.flow.maximum_flow import as_distributions, flow_by_layer
from probing.attention.interventions.gradients import gradients
from probing.attention.interventions.rank_correlation import correlations, received
from probing.attention.interventions.readouts import Readout
from probing.attention.interventions.replaced_weights import replaced_weights
from probing.attention.interventions.token_effects import blank_out, special_token, value_zeroing
from probing.attention.values.norms import norms
from probing.axes import FloatArray, Note
from probing.errors import ModelError, one_of, positive
from probing.model.maps import maps
from probing.model.subwords import Subwords
from probing.result.tally import measure_tallies

QUERIES = ("auto", "mean", "max", "first", "last")
T = TypeVar("T")
PerSentence = list[FloatArray]  # scores (L, S), or references (S,), of each sentence


@dataclass(frozen=True)
class Agreement(Analysis):
    """A study in; findings out: rank correlations of attention scores with interventions and gradients.

    sentences: of test, at most. longest: at most so many subwords in a sentence, because the cost of flow and
    blank-out grows at least with its square. query: whose attention is used (mean or max over all positions, first,
    last; auto: last for causal models, else mean). draws: permutations of the weights of each layer.
    """

    sentences: int = 50
    longest: int = 32
    query: str = "auto"
    draws: int = 3
    reads_model_head = True

    def __post_init__(self) -> None:
        """Refuse impossible values before anything is loaded."""
        one_of("analysis.agreement.query", self.query, QUERIES)
        for option in ("sentences", "longest", "draws"):
            positive(f"analysis.agreement.{option}", getattr(self, option))

    def __call__(self, study: Study) -> Findings:
        """Rows: rank correlations of every attention score with every reference, with an interval by itself and one
        that holds for all in its layer; how far the readout moves when weights are permuted or made uniform.

        Only a note if neither a probe nor a head of the model reads the task. A score that this architecture does not
        allow is left out, with a note. Raises: DataError if no sentence is short enough, ModelError if the model gives
        no maps.
        """
        if study.reader is None:
            return Findings(notes=(Note("skipped", f"agreement: {NOTHING_READS}"),))
        encoder = study.encoder_with_maps
        sample = study.sample("test", self.sentences, self.longest)
        subwords, readout = study.reader(sample)
        query = query_of(self.query, encoder.causal)
        scores, no_scores = attention_scores(study, subwords, query)
        blank, no_blank = attempt("blank-out", lambda: special_token(encoder))
        references, no_references = token_references(study, subwords, readout, None if blank is None else blank[1])
        replaced, no_replaced = attempt(
            "replaced weights",
            lambda: replaced_weights(encoder, subwords, readout, study.rng("permuted"), "test", self.draws),
        )
        ranks = correlations(scores, references, encoder.map_facts.layers, "test")
        tallies = ranks + [*(replaced or ())]
        facts = {"output": readout.name, "layer": readout.layer, "query": str(query), "sample": sample.description}
        facts |= {} if blank is None else {"blank": blank[0]}
        sampled = Note("sample", f"agreement: {sample.description}")
        notes = (sampled, *no_scores, *no_blank, *no_references, *no_replaced)
        resampling = study.resampling("test", sample.sentences)
        rows = measure_tallies(tallies, study.options.seed, resampling)
        return Findings(
            rows=(*rows, *adjusted_by_layer(rows, ranks, resampling)),
            facts=facts,
            notes=(*notes, *reader_notes(study.reader, readout, study.refused_head)),
        )


def query_of(name: str, causal: bool) -> int | str:
    """Whose attention is compared with interventions: a position, or the mean or maximum over all of them."""
    if name == "auto":  # in causal models only the last position sees all tokens
        return -1 if causal else "mean"
    return {"first": 0, "last": -1}.get(name, name)


def attempt(name: str, compute: Callable[[], T]) -> tuple[T | None, tuple[Note, ...]]:
    """The result of ``compute``; None and a note if the model does not allow it, so that the other results remain."""
    try:
        return compute(), ()
    except ModelError as error:
        return None, (Note("skipped", f"agreement: {name} left out: {error}"),)


def attention_scores(
    study: Study, subwords: Subwords, query: int | str
) -> tuple[Mapping[str, PerSentence], tuple[Note, ...]]:
    """How much attention each token receives in every layer, per sentence (L, S), by each score; notes on missing ones.

    Scores: raw weights, rollout, flow; norms and value zeroing for architectures whose value vectors are known.
    """
    encoder = study.encoder_with_maps
    found, numbers = scores_of_maps(study, subwords, query)

    def norm() -> PerSentence:
        of_norms = norms(encoder, subwords, lambda layer: layer.summed.cpu().numpy(), numbers)
        return [received(np.stack(layers), query) for _, layers in of_norms]

    def zeroing() -> PerSentence:
        return [received(zeroed, query) for _, zeroed in value_zeroing(encoder, subwords, numbers)]

    notes: tuple[Note, ...] = ()
    for name, compute in (("norm", norm), ("value zeroing", zeroing)):
        scores, missing = attempt(name, compute)
        found |= {} if scores is None else {name: scores}
        notes += missing
    return found, notes


def scores_of_maps(study: Study, subwords: Subwords, query: int | str) -> tuple[dict[str, PerSentence], list[int]]:
    """The scores made of maps alone, and the numbers of their sentences, ascending."""
    found: dict[int, dict[str, FloatArray]] = {}
    for batch in maps(study.encoder_with_maps, subwords):
        given = (batch.attention, batch.lengths, study.rollout, batch.sentences, batch.of)
        rolled, mixed = (found(*given).float().cpu().numpy() for found in (rollout, augmented))
        for row, (number, layers, _, _) in enumerate(batch.each()):
            study.on_progress("flow", len(found), len(subwords))
            n = layers.shape[-1]
            flows = as_distributions(flow_by_layer(mixed[row, :, :n, :n])).astype(np.float32)
            found[number] = {"raw": layers, "rollout": rolled[row, :, :n, :n], "flow": flows}
    study.on_progress("flow", len(subwords), len(subwords))
    numbers = sorted(found)
    scores = {name: [received(found[number][name], query) for number in numbers] for name in ("raw", "rollout", "flow")}
    return scores, numbers


def token_references(
    study: Study, subwords: Subwords, readout: Readout, blank: int | None
) -> tuple[Mapping[str, PerSentence], tuple[Note, ...]]:
    """How much the readout depends on each token, per sentence (S,), by each reference; notes on missing ones.

    References: blank-out by the token ``blank`` (left out if it is None), gradient, gradient × input. All are NaN for
    special tokens, so that every correlation is over the same tokens, those of words.
    """
    encoder = study.encoder_with_maps
    wanted: dict[str, Callable[[], PerSentence]] = {}
    if blank is not None:
        wanted["blank-out"] = lambda: [*blank_out(encoder, subwords, readout, blank)]
    wanted["gradient"] = lambda: of_words(subwords, gradients(encoder, subwords, readout))
    wanted["gradient × input"] = lambda: of_words(subwords, gradients(encoder, subwords, readout, "input"))
    attempts = {name: attempt(name, compute) for name, compute in wanted.items()}
    found = {name: values for name, (values, _) in attempts.items() if values is not None}
    return found, tuple(note for _, notes in attempts.values() for note in notes)


def of_words(subwords: Subwords, per_sentence: Sequence[FloatArray]) -> PerSentence:
    """The same values per sentence (S,), with NaN for special tokens."""
    words = np.split(subwords.words, subwords.offsets[1:-1])
    return [np.where(of_sentence >= 0, values, np.nan) for of_sentence, values in zip(words, per_sentence, strict=True)]
