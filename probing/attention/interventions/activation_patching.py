"""Activation patching: states of one text are put into the pass of its minimal pair, and the output is read again.

Vig et al. 2020, Meng et al. 2022. In both directions, because they differ where several places carry the same
information (Heimersheim & Nanda 2024): denoising puts states of the clean text into the pass of the corrupted one, and
shows what is enough to bring the answer back; noising does the reverse, and shows what the answer needs.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from probing.attention.interventions.aligned_texts import AlignedTexts
from probing.attention.interventions.patched_pass import PatchedPass, passes
from probing.attention.interventions.readouts import Readout
from probing.axes import FloatArray, IntArray
from probing.model.encoder import Encoder

NO_GAP = 1e-6  # nats: two texts whose outputs are closer than this do not differ


@dataclass(frozen=True, eq=False)
class Patched:
    """The logit difference, log p(a) - log p(b) in nats, of two texts and of passes with states of the other text.

    layers (L,): hidden layers, 0 for the embedding output; of heads: their blocks. denoised (L, K): of the corrupted
    text with states of the clean one; noised (L, K): of the clean text with states of the corrupted one; NaN where the
    corrupted text has nothing that corresponds. K: units of the clean text (``words`` (K,): the word of each, -1 for a
    special subword), heads, or 1 for all aligned positions of a layer at once (``words`` is empty for both).
    """

    clean: float
    corrupted: float
    layers: tuple[int, ...]
    denoised: FloatArray
    noised: FloatArray
    words: IntArray

    @property
    def recovered(self) -> FloatArray:
        """(L, K): the share of the difference between both texts that denoising brings back; 1: the clean output.

        NaN if their outputs do not differ.
        """
        return _share(self.denoised, self.corrupted, self.clean)

    @property
    def destroyed(self) -> FloatArray:
        """(L, K): the share of the difference between both texts that noising takes away; 1: the corrupted output."""
        return _share(self.noised, self.clean, self.corrupted)


def _share(values: FloatArray, start: float, end: float) -> FloatArray:
    gap = end - start
    return (values - start) / (gap if abs(gap) > NO_GAP else np.nan)


def patch_words(encoder: Encoder, texts: AlignedTexts, readout: Readout, classes: tuple[int, int]) -> Patched:
    """Patch the hidden state of one word at a time, all its subwords (see ``Aligned.weights``), in every layer.

    classes: a and b, of whose log-probabilities the difference is taken; ``readout`` must have one label per text.
    Layer l is patched where block l + 1 reads it, and the layer of the readout where the readout does. Layers that a
    block without attention reads are left out. A state of layer 0 holds the position that its word has in its text.
    Raises: DataError for a text that does not fit into one input; ConfigError for classes or labels that are not as
    said here; ModelError as ``blocks`` does.
    """
    both, units = passes(encoder, texts, readout, classes), texts.partners()
    known = [k for k, unit in enumerate(units) if unit.positions[1].size]

    def found(into: int) -> FloatArray:
        values = np.full((len(both[into].layers), len(units)), np.nan)
        weights = np.stack([units[k].weights(into, texts.lengths) for k in known])
        values[:, known] = both[into].with_states(both[1 - into], weights)
        return values

    return _record(both, both[0].layers, found(1), found(0), np.array([unit.word for unit in units]))


def patch_layers(encoder: Encoder, texts: AlignedTexts, readout: Readout, classes: tuple[int, int]) -> Patched:
    """Patch all aligned positions of a layer at once, K = 1. In, out and errors: as ``patch_words``."""
    both = passes(encoder, texts, readout, classes)
    denoised, noised = (both[into].with_states(both[1 - into], texts.whole(into)[None]) for into in (1, 0))
    return _record(both, both[0].layers, denoised, noised)


def patch_heads(encoder: Encoder, texts: AlignedTexts, readout: Readout, classes: tuple[int, int]) -> Patched:
    """Patch the output of one head at a time at all aligned positions, before the output projection; K = H.

    layers: those of the blocks up to the layer that is read. In, out and errors otherwise: as ``patch_words``.
    """
    both = passes(encoder, texts, readout, classes)
    denoised, noised = (both[into].with_heads(both[1 - into], texts.whole(into)) for into in (1, 0))
    return _record(both, tuple(block.number for block in both[0].found), denoised, noised)


def _record(
    both: Sequence[PatchedPass],
    layers: tuple[int, ...],
    denoised: FloatArray,
    noised: FloatArray,
    words: IntArray | None = None,
) -> Patched:
    clean, corrupted = (run.difference for run in both)
    return Patched(clean, corrupted, layers, denoised, noised, np.zeros(0, np.int64) if words is None else words)
