"""The multi-bootstrap: intervals for other seeds of a model's training and other test sentences at once.

Sellam et al. 2022 (The MultiBERTs, ICLR), section 3: each resample draws seeds with replacement and, independently,
examples with replacement, and takes the mean over the drawn seeds of the score on the drawn examples. With n seeds that
makes the variance over seeds too small, by the factor (n − 1) / n. So here the seeds' differences from their mean get
random weights of the right variance instead (``mean_over_draws``). What is estimated is the mean over all seeds that
training might have had.
"""

from collections.abc import Sequence

from probing.errors import ProbingError
from probing.result.bootstrap import Resampled, Score, mean_over_draws, scores


def over_seeds(seeds: Sequence[Resampled]) -> Score:
    """The mean over model seeds with its interval. seeds: one metric on the same sentences and resamples.

    Raises: ProbingError for fewer than two seeds, which say nothing about others.
    """
    if len(seeds) < 2:
        raise ProbingError(f"{len(seeds)} model seed: the multi-bootstrap needs at least two")
    [score] = scores(mean_over_draws(seeds))
    return score
