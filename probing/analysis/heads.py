"""What heads attend to, and how sharply: statistics of every head over all of test."""

from dataclasses import dataclass

import numpy as np

from probing.analysis.findings import Findings
from probing.analysis.protocol import Analysis
from probing.analysis.study import Study
from probing.attention.heads.head_statistics import QUANTILES
from probing.axes import Note
from probing.result.tally import mean_over_heads, measure_tallies

OF_LAYERS = ("entropy_nats",)  # drawn layer by layer, as the mean over heads


@dataclass(frozen=True)
class HeadsOverCorpus(Analysis):
    """Entropy, largest weight, distance and masses of every head (Clark et al. 2019), while maps stream by."""

    def __call__(self, study: Study) -> Findings:
        """Rows per layer and head, and for OF_LAYERS the mean over heads; arrays: quantiles of weights.

        Raises: ModelError if the model gives no maps.
        """
        found = study.heads_on_test
        assert found.statistics is not None
        tallies = found.statistics.finish()
        means = [mean_over_heads(tally) for tally in tallies if tally.metric in OF_LAYERS]
        quantiles = {f"quantiles/{name}": values for name, values in found.statistics.quantiles().items()}
        return Findings(
            rows=tuple(measure_tallies([*tallies, *means], study.options.seed, study.options.resamples)),
            arrays={"quantiles/levels": np.array(QUANTILES), **quantiles},
            facts={"sample": found.stated},
            notes=(Note("sample", f"heads: {found.stated}"),),
        )
