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
    _enough(seeds)
    [score] = scores(mean_over_draws(seeds))
    return score


def difference_of_seeds(a: Sequence[Resampled], b: Sequence[Resampled], *, paired: bool) -> Score:
    """The difference of two means over model seeds, a − b, with its interval; sentences are paired in any case.

    paired: seed i of ``a`` and of ``b`` belong together (an intervention on the same pre-trained checkpoint), so that
    both are drawn together; else seeds of both sides are drawn apart. Raises: ProbingError for fewer than two seeds on
    one side, or for paired sides of different length.
    """
    _enough(a)
    _enough(b)
    if not paired:
        [score] = scores(mean_over_draws(a, "first") - mean_over_draws(b, "second"))
        return score
    if len(a) != len(b):
        raise ProbingError(f"{len(a)} and {len(b)} model seeds cannot be paired: want the same seeds on both sides")
    [score] = scores(mean_over_draws([one - other for one, other in zip(a, b, strict=True)]))
    return score


def _enough(seeds: Sequence[Resampled]) -> None:
    if len(seeds) < 2:
        raise ProbingError(f"{len(seeds)} model seed: the multi-bootstrap wants at least two")
