"""What to know about intervals of few sentences or documents: how often they hold the truth."""

from collections.abc import Mapping

from probing.result.resampling import DOCUMENTS, Units, described, resampled_over

ENOUGH = 100  # sentences or documents
# of how many sentences the intervals hold the population's value in which share of the cases, from the lowest to the
# highest of all measures; python -m pipelines.coverage measured it (docs/coverage.json)
HELD: Mapping[int, tuple[float, float]] = {20: (0.594, 0.976), 50: (0.827, 0.972)}


def few_units(units: Units) -> str | None:
    """A sentence for the reader if fewer than ENOUGH units were resampled; None otherwise."""
    what = described(units)
    n = int(what.split()[0].replace(",", ""))
    if n >= ENOUGH:
        return None
    kind = "documents" if resampled_over(what) == DOCUMENTS else "sentences"
    size = max(size for size in HELD if size <= max(n, min(HELD)))
    low, high = (f"{100 * share:.0f}" for share in HELD[size])
    few = "at most " if n < min(HELD) else ""
    return (
        f"95 % intervals on test are of {what}: with so few {kind} they are rough. In simulations with {size} "
        f"sentences they contained the true value in {few}{low} to {high} % of the cases, depending on the metric "
        "(docs/coverage.md)"
    )
