"""Would attention have told? Scores made of attention, compared with what blank-out and gradients say of each token."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probing.analysis.findings import Findings
from probing.analysis.protocol import Analysis
from probing.analysis.readers import NOTHING_READS, reader_notes
from probing.analysis.study import Study
from probing.attention.flow.augmented import augmented
from probing.attention.flow.maximum_flow import as_distributions, flow_by_layer
from probing.attention.flow.rollout import rollout
from probing.attention.interventions.gradients import gradients
from probing.attention.interventions.rank_correlation import correlations, received
from probing.attention.interventions.readouts import Readout
from probing.attention.interventions.replaced_weights import replaced_weights
from probing.attention.interventions.token_effects import blank_out, special_token, value_zeroing
from probing.attention.values.norms import norms
from probing.axes import Note
from probing.errors import one_of, positive
from probing.model.maps import maps
from probing.model.subwords import Subwords
from probing.result.tally import measure_tallies

QUERIES = ("auto", "mean", "max", "first", "last")
Scores = dict[str, list[NDArray[Any]]]  # by name, per sentence: (L, S), or (S,) for a reference


@dataclass(frozen=True)
class Agreement(Analysis):
    """sentences: of test, at most. longest: subwords of such a sentence, for flow and blank-out grow with its square or
    worse. query: from where tokens are scored (mean or max over all positions, first, last; auto: mean, for causal
    models last). draws: permutations of a layer's weights.
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
        """Rows: rank correlations of every attention score with every reference, and how far the output moves when a
        layer's weights are permuted or made uniform.

        Nothing, with a note, where neither a probe nor a head of the model reads the task. Raises: ModelError for an
        architecture that interventions do not know, DataError if no sentence is short enough.
        """
        if study.reader is None:
            return Findings(notes=(Note("skipped", f"agreement: {NOTHING_READS}"),))
        encoder = study.encoder_with_maps
        sample = study.sample("test", self.sentences, self.longest)
        subwords, output = study.reader(sample)
        query = query_of(self.query, encoder.causal)
        token, blank = special_token(encoder)
        scores = attention_scores(study, subwords, query)
        references = token_effects(study, subwords, output, blank)
        tallies = correlations(scores, references, range(1, encoder.n_layers), "test")
        tallies += replaced_weights(encoder, subwords, output, study.rng("permuted"), "test", self.draws)
        return Findings(
            rows=tuple(measure_tallies(tallies, study.options.seed, study.options.resamples)),
            facts={
                "blank": token,
                "output": output.name,
                "layer": output.layer or 1,
                "query": str(query),
                "sample": sample.stated,
            },
            notes=(
                Note("sample", f"agreement: {sample.stated}"),
                *reader_notes(study.reader, output, study.refused_head),
            ),
        )


def query_of(name: str, causal: bool) -> int | str:
    """Whose attention is compared with interventions: a position, or the mean or maximum over all of them."""
    if name == "auto":  # in causal models only the last position sees all
        return -1 if causal else "mean"
    return {"first": 0, "last": -1}.get(name, name)


def attention_scores(study: Study, subwords: Subwords, query: int | str) -> Scores:
    """What each token is attended with in every layer, (L, S), by raw weights, rollout, flow, norms, value zeroing."""
    encoder = study.encoder_with_maps
    found: dict[int, dict[str, NDArray[Any]]] = {}
    for batch in maps(encoder, subwords):
        rolled = rollout(batch.attention, batch.lengths, study.rollout, batch.sentences).float().cpu().numpy()
        mixed = augmented(batch.attention, batch.lengths, study.rollout, batch.sentences).float().cpu().numpy()
        for row, (number, layers, _, _) in enumerate(batch.each()):
            study.on_progress("flow", len(found), len(subwords))
            n = layers.shape[-1]
            flows = as_distributions(flow_by_layer(mixed[row, :, :n, :n])).astype(np.float32)
            found[number] = {"raw": layers, "rollout": rolled[row, :, :n, :n], "flow": flows}
    study.on_progress("flow", len(subwords), len(subwords))
    numbers = sorted(found)
    scores: Scores = {
        name: [received(found[number][name], query) for number in numbers] for name in ("raw", "rollout", "flow")
    }
    of_norms = norms(encoder, subwords, lambda layer: layer.summed.cpu().numpy(), numbers)
    scores["norm"] = [received(np.stack(layers), query) for _, layers in of_norms]
    scores["value zeroing"] = [received(zeroed, query) for _, zeroed in value_zeroing(encoder, subwords, numbers)]
    return scores


def token_effects(study: Study, subwords: Subwords, output: Readout, blank: int) -> Mapping[str, list[NDArray[Any]]]:
    """What the output says of each token when it is blanked out, and by its gradient: per sentence (S,)."""
    encoder = study.encoder_with_maps
    return {
        "blank-out": blank_out(encoder, subwords, output, blank),
        "gradient": gradients(encoder, subwords, output),
        "gradient × input": gradients(encoder, subwords, output, "input"),
    }
