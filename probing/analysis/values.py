"""How much each weight contributes: the share of a vector that comes from other subwords, and from special ones."""

from dataclasses import dataclass

from probing.analysis.findings import Findings
from probing.analysis.protocol import Analysis
from probing.analysis.study import Study
from probing.attention.values.mixing_ratios import mixing_ratios
from probing.axes import Note
from probing.errors import positive
from probing.result.tally import measure_tallies


@dataclass(frozen=True)
class ValueVectors(Analysis):
    """Norms of weighted value vectors (Kobayashi et al. 2020, 2021). sentences: of test, at most."""

    sentences: int = 100

    def __post_init__(self) -> None:
        """Refuse impossible values before anything is loaded."""
        positive("analysis.values.sentences", self.sentences)

    def __call__(self, study: Study) -> Findings:
        """Rows: mixing ratios per layer; the share of special subwords by norm and by weight, per head.

        Raises: ModelError for an architecture whose value vectors are not known, DataError if no sentence fits.
        """
        sample = study.sample("test", self.sentences)
        tallies = mixing_ratios(study.encoder_with_maps, sample.subwords, "test", on_progress=study.on_progress)
        return Findings(
            rows=tuple(measure_tallies(tallies, study.options.seed, study.resampling("test", sample.sentences))),
            facts={"sample": sample.description},
            notes=(Note("sample", f"values: {sample.description}"),),
        )
