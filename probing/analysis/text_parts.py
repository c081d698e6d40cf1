"""Which heads and layers a logit difference of one text depends on, and what the strongest heads attend to."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from probing.attention.interventions.attribution import by_word
from probing.attention.interventions.feed_forward_effects import feed_forward_effects, neuron_means
from probing.attention.interventions.head_ablation import Ablation, head_means
from probing.attention.interventions.head_effects import effects, layer_effects
from probing.attention.interventions.logit_difference import LogitDifference, only_place
from probing.attention.interventions.own_and_others import places_of
from probing.axes import FloatArray, Note
from probing.errors import ModelError, positive
from probing.model.encoder import Encoder
from probing.model.maps import maps
from probing.model.subwords import Subwords

HEAD, ATTENTION, FEED_FORWARD = "head", "attention", "feed-forward"
SEEN = 3  # words that are named of what a head attends to


@dataclass(frozen=True, eq=False)
class Part:
    """One head, or the attention or the feed-forward part of one layer.

    effect: how much the logit difference of the text falls when the part's output is replaced by its mean over the
    reference; with_zeros: by zeros. attends_to, of a head: words by number and the weight that they have where the
    readout reads, most first.
    """

    kind: str
    layer: int
    head: int | None
    effect: float
    with_zeros: float
    attends_to: tuple[tuple[int, float], ...] = ()

    @property
    def name(self) -> str:
        """For readers: ``head 4.7``, ``attention 4``, ``feed-forward 4``."""
        return f"{self.kind} {self.layer}" + ("" if self.head is None else f".{self.head}")


@dataclass(frozen=True, eq=False)
class Reference:
    """What replaces parts: means over some sentences. heads (L, H, d). neurons: per block (I,); None: not known."""

    heads: FloatArray
    neurons: Sequence[FloatArray] | None
    notes: tuple[Note, ...] = ()


def reference(encoder: Encoder, subwords: Subwords) -> Reference:
    """The means over the sentences of ``subwords``; compute it once for many texts. Raises: ModelError as ``blocks``.

    A note says where the feed-forward parts of an architecture are not known.
    """
    heads = head_means(encoder, subwords)
    try:
        return Reference(heads, neuron_means(encoder, subwords))
    except ModelError as error:
        return Reference(heads, None, (Note("skipped", f"feed-forward parts left out: {error}"),))


def text_parts(
    encoder: Encoder, subwords: Subwords, explained: LogitDifference, means: Reference, strongest: int = 10
) -> tuple[Part, ...]:
    """All parts up to the layer that is read, by the size of their effect on one text, largest first.

    A positive effect means that the part speaks for the first class of the difference. The ``strongest`` heads say what
    they attend to. Raises: ModelError if nothing comes before that layer; ConfigError as ``only_place``.
    """
    positive("strongest", strongest)
    only_place(encoder, subwords, explained)
    by_mean, zeros = Ablation("mean", means.heads), Ablation("zero")
    given = (encoder, subwords, explained)
    single = [effects(*given, how, "test") for how in (by_mean, zeros)]
    whole = [layer_effects(*given, how, "test") for how in (by_mean, zeros)]
    layers = single[0].layers
    parts = [
        Part(HEAD, layer, head, float(single[0].sums[0, place, head]), float(single[1].sums[0, place, head]))
        for place, layer in enumerate(layers)
        for head in range(single[0].sums.shape[2])
    ]
    parts += _of_layers(ATTENTION, layers, [tally.sums[0] for tally in whole])
    if means.neurons is not None:
        neurons = [feed_forward_effects(*given, how, "test") for how in (means.neurons, None)]
        parts += _of_layers(FEED_FORWARD, layers, [tally.sums[0] for tally in neurons])
    parts.sort(key=lambda part: -abs(part.effect))
    return _attending(encoder, subwords, explained, parts, strongest)


def _of_layers(kind: str, layers: Sequence[int], found: Sequence[NDArray[np.float64]]) -> list[Part]:
    by_mean, zeros = found
    return [Part(kind, layer, None, float(by_mean[n]), float(zeros[n])) for n, layer in enumerate(layers)]


def _attending(
    encoder: Encoder, subwords: Subwords, explained: LogitDifference, parts: Sequence[Part], strongest: int
) -> tuple[Part, ...]:
    """The same parts; the first ``strongest`` heads with the words that they attend to."""
    [places] = places_of(encoder, subwords, explained)
    [found] = maps(encoder, subwords, [0])
    place_of = {number: place for place, number in enumerate(encoder.map_facts.layers)}
    heads = [part for part in parts if part.head is not None][:strongest]
    named = {}
    for part in heads:
        rows = found.attention[place_of[part.layer]][0, part.head].float().cpu().numpy()
        words, _ = by_word(places.reads[0].astype(np.float64) @ rows, subwords)
        most = np.argsort(-np.nan_to_num(words, nan=-1.0), kind="stable")[:SEEN]
        seen = tuple((int(word), float(words[word])) for word in most if np.isfinite(words[word]))
        named[part] = Part(part.kind, part.layer, part.head, part.effect, part.with_zeros, seen)
    return tuple(named.get(part, part) for part in parts)
