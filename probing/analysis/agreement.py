"""Does attention say what interventions say? Attention scores of tokens compared with blank-out and gradients."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from probing.analysis.findings import Findings
from probing.analysis.many_comparisons import adjusted_by_layer
from probing.analysis.protocol import Analysis
from probing.analysis.ratio_rows import ratio_rows
from probing.analysis.readers import NOTHING_READS, reader_notes, reading_facts
from probing.analysis.study import Study
from probing.analysis.token_scores import attempt, attention_scores, token_references
from probing.attention.interventions.gradients import SCORES
from probing.attention.interventions.own_and_others import apart, places_of
from probing.attention.interventions.places import Places
from probing.attention.interventions.rank_correlation import Query, correlations
from probing.attention.interventions.readouts import Readout
from probing.attention.interventions.replaced_weights import replaced_weights
from probing.attention.interventions.token_effects import blank_out, special_token
from probing.axes import Note, Tally
from probing.errors import one_of, positive
from probing.result.resampling import Resampling
from probing.result.rows import Measurement
from probing.result.tally import measure_tallies

QUERIES = {
    "auto": "of the positions from which the output reads",
    "mean": "of all positions (mean)",
    "max": "of all positions (maximum)",
    "first": "of the first position",
    "last": "of the last position",
}
GRADIENT = "of the logit of the last class, whatever the label is; a token counts by the absolute value of the sum"


@dataclass(frozen=True)
class Agreement(Analysis):
    """A study in; findings out: rank correlations of attention scores with interventions and gradients.

    sentences: of test, at most. longest: at most so many subwords in a sentence, because the cost of flow and
    blank-out grows at least with its square. query: whose attention is used (auto: that of the positions where the
    output reads, except those of the token's own word; mean or max over all positions, first, last). draws:
    permutations of the weights of each layer (Jain & Wallace 2019 take 100 of one query; here the mean is over all
    queries and places). gradient: label, of the label's log-probability, Σ |g|; last_logit, of the logit of the last
    class whatever the label is, |Σ g|, as the code of Abnar & Zuidema (2020) has it.
    """

    sentences: int = 50
    longest: int = 32
    query: str = "auto"
    draws: int = 10
    gradient: str = "label"
    reads_model_head = True

    def __post_init__(self) -> None:
        """Refuse impossible values before anything is loaded."""
        one_of("analysis.agreement.query", self.query, QUERIES)
        one_of("analysis.agreement.gradient", self.gradient, SCORES)
        for option in ("sentences", "longest", "draws"):
            positive(f"analysis.agreement.{option}", getattr(self, option))

    def __call__(self, study: Study) -> Findings:
        """Rows: effects of blank-out on a word's own label and on the others; rank correlations of every attention
        score with every reference, with an interval by itself and one that holds for all in its layer; and how far the
        readout moves when weights of a layer are permuted or made uniform.

        Only a note if neither a probe nor a head of the model reads the task. A score that this architecture does not
        allow is left out, with a note. Raises: DataError if no sentence is short enough, ModelError if the model gives
        no maps.
        """
        if study.reader is None:
            return Findings(notes=(Note("skipped", f"agreement: {NOTHING_READS}"),))
        encoder = study.encoder_with_maps
        sample = study.sample("test", self.sentences, self.longest, to_read=True)
        subwords, readout = study.reader(sample)
        places = places_of(encoder, subwords, readout)
        scores, no_scores = attention_scores(study, subwords, [query_of(self.query, each) for each in places])
        blank, no_blank = attempt("blank-out", lambda: special_token(encoder))
        effects = None if blank is None else blank_out(encoder, subwords, readout, blank[1])
        references, no_references = token_references(study, subwords, readout, effects, places, self.gradient)
        replaced, no_replaced = attempt(
            "replaced weights",
            lambda: replaced_weights(encoder, subwords, readout, study.rng("permuted"), "test", self.draws),
        )
        ranks = correlations(scores, references, encoder.map_facts.layers, "test")
        resampling = study.resampling("test", sample.sentences)
        rows = measure_tallies(ranks + [*(replaced or ())], study.options.seed, resampling)
        rows += adjusted_by_layer(rows, ranks, resampling)
        if effects is not None:
            rows += effect_rows(apart(effects, places, readout.level, readout.layer, "test"), study, resampling)
        missing = (*no_scores, *no_blank, *no_references, *no_replaced)
        return Findings(
            rows=tuple(rows),
            facts={"sample": sample.description, **self._ways(readout, None if blank is None else blank[0])},
            notes=(
                Note("sample", f"agreement: {sample.description}"),
                *missing,
                *reader_notes(study.reader, readout, study.refused_head),
            ),
        )

    def _ways(self, readout: Readout, blank: str | None) -> dict[str, object]:
        """Facts for the page: the output, and how numbers were made of it."""
        ways: dict[str, object] = {"query": whose(self.query, readout), "draws": self.draws, **reading_facts(readout)}
        if self.gradient != "label":
            ways["gradient"] = GRADIENT
        return {"output": readout.name, "layer": readout.layer, **ways, **({"blank": blank} if blank else {})}


def query_of(name: str, places: Places) -> Query:
    """Whose attention is compared with interventions: where the output reads, a position, or all of them."""
    if name == "auto":
        return places
    return {"first": 0, "last": -1}.get(name, name)


def whose(name: str, readout: Readout) -> str:
    """The same in words, for the page."""
    apart_from_itself = ", except those of the token's own word" if (name, readout.level) == ("auto", "word") else ""
    return QUERIES[name] + apart_from_itself


def effect_rows(tallies: Sequence[Tally], study: Study, resampling: Resampling) -> list[Measurement]:
    """Rows of the effect of blank-out on a word's own label and on all others, and the share of the own label."""
    rows = measure_tallies(tallies, study.options.seed, resampling)
    if len(tallies) == 2 and tallies[0].items.any():
        own, others = tallies
        both = replace(own, sums=own.sums + others.sums)
        rows += ratio_rows(replace(own, metric="blank_out_own_share"), both, study.options.seed, resampling)
    return rows
