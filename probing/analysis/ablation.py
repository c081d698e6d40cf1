"""Head ablation: heads are ranked on dev, then removed on test one by one, several at once, and a layer at once."""

from collections.abc import Mapping
from dataclasses import dataclass

from probing.analysis.findings import Findings
from probing.analysis.many_comparisons import adjusted_heads
from probing.analysis.protocol import Analysis
from probing.analysis.readers import NOTHING_READS, reader_notes, reading_facts
from probing.analysis.samples import Sample
from probing.analysis.study import Study
from probing.attention.interventions.head_ablation import REPLACEMENTS, Ablation, Head, head_means
from probing.attention.interventions.head_effects import effects, joint, layer_effects, ranking, sum_of_single
from probing.attention.interventions.readouts import Readout
from probing.axes import Note, Split, Tally
from probing.errors import one_of, positive
from probing.model.subwords import Subwords
from probing.result.tally import measure_tallies

TOGETHER = (1, 2, 4, 8, 16, 32, 64)  # numbers of heads that are removed at once
LISTED = 20  # heads of the ranking that are kept in the facts


@dataclass(frozen=True)
class HeadAblation(Analysis):
    """A study in; findings out: the loss of the output without single heads, several heads, or a whole layer.

    sentences: at most, of dev to rank heads, and of test to measure effects. replacement: what replaces a head's
    output (zero; mean: its mean over the sample of dev; uniform: its values under uniform attention).
    """

    sentences: int = 100
    replacement: str = "mean"
    reads_model_head = True

    def __post_init__(self) -> None:
        """Refuse impossible values before anything is loaded."""
        positive("analysis.ablation.sentences", self.sentences)
        one_of("analysis.ablation.replacement", self.replacement, REPLACEMENTS)

    def __call__(self, study: Study) -> Findings:
        """Rows: effects (nats) of each head (with an interval by itself and one that holds for all heads), of the first
        k heads at once and added up, and of whole layers.

        Only a note if neither a probe nor a head of the model reads the task. Raises: ModelError for an architecture
        whose heads cannot be removed, DataError if no sentence fits.
        """
        if study.reader is None:
            return Findings(notes=(Note("skipped", f"ablation: {NOTHING_READS}"),))
        dev, test = (study.sample(split, self.sentences, to_read=True) for split in ("dev", "test"))
        read = {sample.split: study.reader(sample) for sample in (dev, test)}
        sample = f"{test.description}; heads were ranked on {dev.description}"
        means = head_means(study.encoder_with_maps, read["dev"][0]) if self.replacement == "mean" else None
        ablation = Ablation(self.replacement, means)
        tallies, ranked = by_head(study, read, ablation)
        tallies.append(layer_effects(study.encoder_with_maps, *read["test"], ablation, "test"))
        output = read["test"][1]
        resampling = study.resampling("test", test.sentences)
        rows = measure_tallies(tallies, study.options.seed, resampling)
        return Findings(
            rows=(*rows, *adjusted_heads(rows, tallies[0], resampling)),
            facts={
                "output": output.name,
                "replacement": replaced_by(self.replacement, dev),
                "ranked": ranked[:LISTED],
                "sample": sample,
                **reading_facts(output),
            },
            notes=(
                Note("sample", f"ablation: {sample}"),
                *reader_notes(study.reader, output, study.refused_head),
            ),
        )


def replaced_by(replacement: str, dev: Sample) -> str:
    """What replaces the output of a head, in words."""
    means = f"its mean output over {dev.description}"
    return {"zero": "zeros", "mean": means, "uniform": "its output under uniform attention"}[replacement]


def by_head(
    study: Study, read: Mapping[Split, tuple[Subwords, Readout]], ablation: Ablation
) -> tuple[list[Tally], list[Head]]:
    """Effects on test of each head alone, of the first k at once and added up; and heads ranked by their effect on dev.

    read: the subwords and the readout of each split.
    """
    encoder, on_progress = study.encoder_with_maps, study.on_progress
    (dev, on_dev), (test, on_test) = read["dev"], read["test"]
    ranked = ranking(effects(encoder, dev, on_dev, ablation, "dev", on_progress))
    single = effects(encoder, test, on_test, ablation, "test", on_progress)
    first = {k: ranked[:k] for k in TOGETHER if k <= len(ranked)}
    at_once = joint(encoder, test, on_test, ablation, first, "test")
    return [single, *at_once, *sum_of_single(single, first, on_test)], ranked
