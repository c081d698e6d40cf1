"""A view from the model: one forward pass over an input gives all numbers that a page shows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from probing.attention.flow.attention_rollout import rollout
from probing.attention.flow.augmented import Rollout, augmented
from probing.attention.flow.maximum_flow import as_distributions, flow_by_layer
from probing.errors import one_of
from probing.model.encoder import Encoder
from probing.model.map_facts import MapFacts
from probing.model.queries import CAP, SINK, Neurons, neurons
from probing.view.clock import Clock
from probing.view.forward import blocks_or_reason, forward
from probing.view.free_text import TokenizedInput, tokenize_sentence, tokenize_text
from probing.view.record import CorpusSentence, Float32, View
from probing.view.sink_column import with_sink

if TYPE_CHECKING:
    import torch

    from probing.view.probe_predictions import Reader

PARTS = ("norm", "flow", "neurons")
NOT_REQUESTED = "not requested"
_DONE = {
    CAP: "limits the products of queries and keys by a tanh",
    SINK: "keeps a share of the weight for a sink that is no subword",
}
_DONE_ELSE = "adds position terms to the products of queries and keys"
_ROUNDING = {"float32": 0.001, "float16": 0.01, "bfloat16": 0.05}  # rounding changes a weight by less than this


@dataclass(frozen=True)
class Options:
    """What is computed from a pass. rollout: how heads become one map, for rollout and for flow.

    parts: which of PARTS are computed besides attention and rollout. longest_flow, longest_neurons: for inputs of more
    subwords these parts are left out, and the view says so. Raises: ConfigError for an unknown part.
    """

    rollout: Rollout = field(default_factory=Rollout)
    parts: tuple[str, ...] = PARTS
    longest_flow: int = 64
    longest_neurons: int = 128

    def __post_init__(self) -> None:
        """Refuse unknown parts."""
        for part in self.parts:
            one_of("parts", part, PARTS)

    def left_out(self, n_subwords: int) -> dict[str, str]:
        """The parts that are left out for an input of ``n_subwords``, each with the reason."""
        reasons = {part: NOT_REQUESTED for part in PARTS if part not in self.parts}
        for part, longest in (("flow", self.longest_flow), ("neurons", self.longest_neurons)):
            if n_subwords > longest and part in self.parts:
                reasons[part] = (
                    f"{n_subwords} subwords, more than longest_{part}={longest}; type longest_{part}={n_subwords}, or "
                    "shorten the text"
                )
        return reasons


def text_view(
    encoder: Encoder, text: str, text_b: str | None, options: Options, reader: "Reader | None" = None
) -> View:
    """The view of a text, or of a pair of texts, by ``encoder``, which must be loaded with ``maps=True``.

    ``reader`` predicts from the hidden states of the same pass. Raises: DataError as ``tokenize_text``, ModelError as
    ``forward``, ConfigError as ``rollout``.
    """
    clock = Clock()
    with clock("tokenise"):
        given = tokenize_text(encoder, text, text_b)
    view = _view(encoder, given, options, reader, None, clock)
    return replace(view, about={"text": text, "text_b": text_b, **view.about})


def sentence_view(encoder: Encoder, place: CorpusSentence, options: Options, reader: "Reader | None" = None) -> View:
    """The view of a corpus sentence, as it was read for the store, with the corpus's annotation.

    Raises: as ``text_view``.
    """
    clock = Clock()
    with clock("tokenise"):
        given = tokenize_sentence(encoder, place.sentence)
    view = _view(encoder, given, options, reader, place, clock)
    return replace(view, gold=place.gold, about={**place.about, **view.about})


def _view(
    encoder: Encoder,
    given: TokenizedInput,
    options: Options,
    reader: "Reader | None",
    place: CorpusSentence | None,
    clock: Clock,
) -> View:
    lengths = np.array([len(given.ids)])
    missing, facts = options.left_out(len(given.ids)), encoder.map_facts
    found, reason = ([], None) if "norm" in missing else blocks_or_reason(encoder)
    if reason:
        missing["norm"] = reason
    with clock("forward"):
        done = forward(encoder, given, found, calls="neurons" not in missing)
    attention = np.concatenate([layer.float().cpu().numpy() for layer in done.attention])  # (L, H, S, S)
    with clock("rollout"):
        rolled = rollout(done.attention, lengths, options.rollout, facts=facts)[0].cpu().numpy()
    vectors = clock.part("neurons", missing, lambda: neurons(done.calls, attention.shape[:3]))
    with clock("probes"):
        probes = () if reader is None else tuple(reader(done.hidden, given.tokens, place))
    added = tuple(_added(attention, vectors, _precision(encoder)))
    view = View(
        tokens=given.tokens,
        attention=attention,
        rollout=rolled,
        norm=clock.part("norm", missing, done.norms),
        flow=clock.part("flow", missing, lambda: flows(done.attention, options.rollout, facts)),
        queries=vectors and vectors.queries,
        keys=vectors and vectors.keys,
        scale=vectors and vectors.scale,
        probes=probes,
        missing=missing,
        about={**_about(encoder), "adds": bool(added)},
        notes=(*given.notes, *added),
        timings_ms=clock.ms,
    )
    return with_sink(view, facts)


def flows(attention: "Sequence[torch.Tensor]", options: Rollout, facts: MapFacts) -> Float32:
    """Attention flow from every layer down to the input, rows as distributions: L maps (1, H, S, S) -> (L, S, S).

    Layers below ``options.first_layer`` are the identity. Raises: ModelError where no flow leaves a position.
    """
    maps = augmented(attention, np.array([attention[0].shape[-1]]), options, facts=facts)[0].cpu().numpy()
    found = np.empty((len(attention), *maps.shape[1:]), dtype=np.float32)
    found[:] = np.eye(maps.shape[1])
    found[len(attention) - len(maps) :] = as_distributions(flow_by_layer(maps))
    return found


def _added(attention: Float32, vectors: Neurons | None, precision: str) -> Iterator[str]:
    """A note if the model does more to its scores: how far the softmax of q · k alone is from the weights."""
    if vectors is None:
        return
    scores = np.where(attention > 0, vectors.scale * vectors.queries @ vectors.keys.swapaxes(-1, -2), -np.inf)
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    off = float(np.abs(weights / weights.sum(axis=-1, keepdims=True) - attention).max())
    if off > _ROUNDING[precision]:
        done = [what for kind, what in _DONE.items() if kind in vectors.kinds] or [_DONE_ELSE]
        yield (
            f"this model {' and '.join(done)}: the softmax of the products of queries and keys alone differs from the "
            f"weights by up to {off:.2g}"
        )


def _about(encoder: Encoder) -> dict[str, object]:
    return {
        "model": encoder.checkpoint.name,
        "checkpoint": encoder.checkpoint.revision,
        "causal": encoder.causal,
        "window": encoder.window,
        "final_norm": encoder.final_norm,
        "precision": _precision(encoder),
    }


def _precision(encoder: Encoder) -> str:
    return str(next(encoder.network.parameters()).dtype).removeprefix("torch.")
