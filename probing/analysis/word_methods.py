"""What each method says of every word of one text, side by side."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from probing.attention.flow.attention_rollout import rollout
from probing.attention.flow.augmented import Rollout
from probing.attention.interventions.attribution import Attribution, by_word
from probing.attention.interventions.gradients import gradients
from probing.attention.interventions.integrated_gradients import integrated_gradients
from probing.attention.interventions.logit_difference import LogitDifference, only_place
from probing.attention.interventions.own_and_others import places_of
from probing.attention.interventions.places import Places
from probing.attention.interventions.readouts import ProbeReadout
from probing.attention.interventions.word_blank_out import blank_out_words
from probing.attention.interventions.word_shares import probe_shares
from probing.attention.values.decomposition import decomposition
from probing.attention.values.norms import norms
from probing.axes import FloatArray, Note
from probing.errors import ModelError
from probing.model.batches import Batch
from probing.model.encoder import Encoder
from probing.model.maps import maps
from probing.model.subwords import Subwords


@dataclass(frozen=True, eq=False)
class WordScores:
    """One method for the W words of a text: values (W,) in ``of.unit``, NaN where a word has none.

    special: the sum over special tokens. ``of``: the same per subword, with the constant, the number that words,
    special tokens and the constant add up to (if there is one), and how it was computed.
    """

    of: Attribution
    values: NDArray[np.float64]
    special: float

    @property
    def method(self) -> str:
        """The name of the method."""
        return self.of.method


def word_methods(
    encoder: Encoder, subwords: Subwords, explained: LogitDifference, options: Rollout | None = None
) -> tuple[tuple[WordScores, ...], tuple[Note, ...]]:
    """All methods for one text, and a note for each that this model or readout does not allow.

    Of the logit difference: shares in a mean-pooled probe, decomposition, gradient x input, integrated gradients and
    blank-out. Of attention, from the positions that the readout reads: the weights of the last block below the layer
    that is read (mean over heads), rollout up to it, and the lengths of what that block adds. ``encoder`` must give
    maps. options: of rollout. Raises: ConfigError as ``only_place``.
    """
    only_place(encoder, subwords, explained)
    given = (encoder, subwords, explained)
    wanted: dict[str, Callable[[], Attribution]] = {}
    found, notes = [], []
    if isinstance(explained.readout, ProbeReadout) and explained.readout.vector == "mean":
        if explained.level == "sentence":
            wanted["share in the probe"] = lambda: probe_shares(*given)
        else:
            notes.append(Note("skipped", "words: share in the probe left out: it reads the vector of one word alone"))
    wanted |= {
        "decomposition": lambda: decomposition(*given),
        "gradient × input": lambda: gradient_times_input(*given),
        "integrated gradients": lambda: integrated_gradients(*given, "mask" if "mask" in encoder.special else "mean"),
        "blank-out": lambda: blank_out_words(*given),
        "attention": lambda: attention_paid(*given),
        "rollout": lambda: rollout_paid(*given, options or Rollout()),
        "norm-based attention": lambda: norms_paid(*given),
    }
    for name, compute in wanted.items():
        try:
            of = compute()
        except ModelError as error:
            notes.append(Note("skipped", f"words: {name} left out: {error}"))
            continue
        found.append(WordScores(of, *by_word(of.values, subwords)))
    return tuple(found), tuple(notes)


class _OwnToo(LogitDifference):
    """The same difference, but no subword counts as the classified word's own: ``gradients`` leaves those out."""

    def places(self, batch: Batch) -> Places:
        """Where the readout reads."""
        found = super().places(batch)
        return replace(found, own=np.zeros_like(found.own))


def gradient_times_input(encoder: Encoder, subwords: Subwords, explained: LogitDifference) -> Attribution:
    """Gradient x input of each subword; these add up to nothing."""
    [values] = gradients(encoder, subwords, _OwnToo(explained.readout, explained.one, explained.other), "input")
    return Attribution("gradient × input", values, "logit", setting="of each subword's row of the embedding table")


def attention_paid(encoder: Encoder, subwords: Subwords, explained: LogitDifference) -> Attribution:
    """The weight that each subword has where the readout reads, in the last block below: mean over heads."""
    place, number = _last_map(encoder, explained)
    [found] = maps(encoder, subwords, [0])
    weights = found.attention[place][0].mean(0).float().cpu().numpy()
    values = _read(weights, encoder, subwords, explained)
    sink = encoder.map_facts.sinks[place]
    setting = f"block {number}, mean over heads, where the {explained.level} is read"
    total = None if sink else 1.0
    return Attribution("attention", values, "share", total=total, total_is="" if sink else "1", setting=setting)


def rollout_paid(encoder: Encoder, subwords: Subwords, explained: LogitDifference, options: Rollout) -> Attribution:
    """The share of each input subword where the readout reads, by rollout over all blocks up to the layer read."""
    place, number = _last_map(encoder, explained)
    [found] = maps(encoder, subwords, [0])
    rolled = rollout(found.attention, found.lengths, options, found.sentences, found.of)[0, place]
    values = _read(rolled.float().cpu().numpy(), encoder, subwords, explained)
    sink = any(encoder.map_facts.sinks[: place + 1])
    setting = f"blocks {options.first_layer} to {number}, residual weight {options.residual_weight:g}"
    return Attribution(
        "rollout", values, "share", total=None if sink else 1.0, total_is="" if sink else "1", setting=setting
    )


def norms_paid(encoder: Encoder, subwords: Subwords, explained: LogitDifference) -> Attribution:
    """The length of the vector that each subword adds where the readout reads, in the last block below."""
    place, number = _last_map(encoder, explained)
    [(_, layers)] = norms(encoder, subwords, lambda layer: layer.summed.float().cpu().numpy(), [0])
    values = _read(layers[place], encoder, subwords, explained)
    return Attribution("norm-based attention", values, "length", setting=f"block {number}, heads summed")


def places_read(encoder: Encoder, subwords: Subwords, explained: LogitDifference) -> Places:
    """Where the readout reads the text."""
    [found] = places_of(encoder, subwords, explained)
    return found


def _read(rows: FloatArray, encoder: Encoder, subwords: Subwords, explained: LogitDifference) -> NDArray[np.float64]:
    """The rows (S, S) of the positions that are read, averaged as their vectors are: (S,)."""
    reads = places_read(encoder, subwords, explained).reads[0]
    return np.asarray(reads.astype(np.float64) @ rows)


def _last_map(encoder: Encoder, explained: LogitDifference) -> tuple[int, int]:
    """Which map is the last one below the layer that is read, and the number of its block. Raises: ModelError."""
    below: Sequence[int] = [number for number in encoder.map_facts.layers if number <= explained.layer]
    if not below:
        raise ModelError(f"no attention comes before layer {explained.layer}, which is read")
    return len(below) - 1, below[-1]
