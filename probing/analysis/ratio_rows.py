"""Rows of a ratio between two means over the same items."""

from dataclasses import replace

from probing.axes import Tally
from probing.result.resampling import Resampling
from probing.result.rows import Measurement
from probing.result.tally import measure_tallies


def ratio_rows(above: Tally, below: Tally, seed: int, resampling: Resampling) -> list[Measurement]:
    """The summed ``above`` divided by the summed ``below``, both resampled together; all names are those of ``above``.

    Items are those of ``above``, because the sums of ``below``, by which it is divided, count nothing.
    """
    n_items, n_sentences = round(float(above.items.sum())), int((above.items > 0).sum())
    rows = measure_tallies([replace(above, items=below.sums)], seed, resampling)
    return [replace(row, n_items=n_items, n_sentences=n_sentences) for row in rows]
