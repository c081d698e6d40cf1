"""How much each token is attended to, and how much an output depends on it: each by several methods."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import numpy as np

from probing.analysis.study import Study
from probing.attention.flow.attention_rollout import rollout
from probing.attention.flow.augmented import augmented
from probing.attention.flow.maximum_flow import as_distributions, flow_by_layer
from probing.attention.interventions.gradients import gradients
from probing.attention.interventions.own_and_others import OTHERS, WHOLE, on_others
from probing.attention.interventions.places import Places
from probing.attention.interventions.rank_correlation import Query, received
from probing.attention.interventions.readouts import Readout
from probing.attention.interventions.token_effects import value_zeroing
from probing.attention.values.norms import norms
from probing.axes import FloatArray, Note
from probing.errors import ModelError
from probing.model.maps import maps
from probing.model.subwords import Subwords

T = TypeVar("T")
PerSentence = list[FloatArray]  # of each sentence: scores (L, S), references (S,), or effects (S, P)


def attempt(name: str, compute: Callable[[], T]) -> tuple[T | None, tuple[Note, ...]]:
    """The result of ``compute``; None and a note if the model does not allow it, so that the other results remain."""
    try:
        return compute(), ()
    except ModelError as error:
        return None, (Note("skipped", f"agreement: {name} left out: {error}"),)


def attention_scores(
    study: Study, subwords: Subwords, queries: Sequence[Query]
) -> tuple[Mapping[str, PerSentence], tuple[Note, ...]]:
    """How much attention each token receives in every layer, per sentence (L, S), by each score; notes on missing ones.

    queries: per sentence whose attention.
    Scores: raw weights, rollout, flow; norms and value zeroing for architectures whose value vectors are known.
    """
    encoder = study.encoder_with_maps
    found, numbers = scores_of_maps(study, subwords, queries)

    def norm() -> PerSentence:
        of_norms = norms(encoder, subwords, lambda layer: layer.summed.cpu().numpy(), numbers)
        return [received(np.stack(layers), queries[number]) for number, layers in of_norms]

    def zeroing() -> PerSentence:
        return [received(zeroed, queries[number]) for number, zeroed in value_zeroing(encoder, subwords, numbers)]

    notes: tuple[Note, ...] = ()
    for name, compute in (("norm", norm), ("value zeroing", zeroing)):
        scores, missing = attempt(name, compute)
        found |= {} if scores is None else {name: scores}
        notes += missing
    return found, notes


def scores_of_maps(
    study: Study, subwords: Subwords, queries: Sequence[Query]
) -> tuple[dict[str, PerSentence], list[int]]:
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
    scores = {
        name: [received(found[number][name], queries[number]) for number in numbers]
        for name in ("raw", "rollout", "flow")
    }
    return scores, numbers


def token_references(
    study: Study,
    subwords: Subwords,
    readout: Readout,
    effects: Sequence[FloatArray] | None,
    places: Sequence[Places],
    score: str = "label",
) -> tuple[Mapping[str, PerSentence], tuple[Note, ...]]:
    """How much the labels of other words (or of the sentence) depend on each token, per sentence (S,), by reference.

    References: blank-out (``effects``, left out if None), gradient, gradient × input; notes on missing ones. All are
    NaN for special tokens, so that every correlation is over the same tokens, those of words. score: of ``gradients``;
    last_logit also takes the absolute value of the gradient's sum, as published.
    """
    encoder, label = study.encoder_with_maps, WHOLE if readout.level == "sentence" else OTHERS
    wanted: dict[str, Callable[[], PerSentence]] = {}
    if effects is not None:
        wanted["blank-out"] = lambda: [on_others(of, where) for of, where in zip(effects, places, strict=True)]
    norm = "sum" if score == "last_logit" else "l1"
    wanted["gradient"] = lambda: of_words(subwords, gradients(encoder, subwords, readout, norm, score))
    wanted["gradient × input"] = lambda: of_words(subwords, gradients(encoder, subwords, readout, "input"))
    attempts = {name: attempt(name, compute) for name, compute in wanted.items()}
    found = {f"{name}, {label}": values for name, (values, _) in attempts.items() if values is not None}
    return found, tuple(note for _, notes in attempts.values() for note in notes)


def of_words(subwords: Subwords, per_sentence: Sequence[FloatArray]) -> PerSentence:
    """The same values per sentence (S,), with NaN for special tokens."""
    words = np.split(subwords.words, subwords.offsets[1:-1])
    return [np.where(of_sentence >= 0, values, np.nan) for of_sentence, values in zip(words, per_sentence, strict=True)]
