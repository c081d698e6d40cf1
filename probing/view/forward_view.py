"""A look into a model: one forward pass over a text gives all that the views of a page show."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from probing.attention.flow.augmented import augmented
from probing.attention.flow.maximum_flow import as_distributions, flow_by_layer
from probing.attention.flow.rollout import Rollout, rollout
from probing.axes import Sentence
from probing.errors import one_of
from probing.model.encoder import Encoder
from probing.model.queries import Neurons, neurons
from probing.view.clock import Clock
from probing.view.forward import blocks_or_reason, forward
from probing.view.free_text import Split, split, split_words
from probing.view.record import Float32, View

if TYPE_CHECKING:
    import torch

    from probing.view.predict import Reader

PARTS = ("norm", "flow", "neurons")
UNASKED = "not asked for"
_CLOSE = {"float32": 0.001, "bfloat16": 0.05}  # of a weight: rounding stays below it


@dataclass(frozen=True)
class Options:
    """What is made of a pass. rollout: how heads are fused, for flow too. parts: which of PARTS beside the maps.

    longest_flow, longest_neurons: subwords beyond which these parts are left out, which the view then says.
    Raises: ConfigError for an unknown part.
    """

    rollout: Rollout = field(default_factory=Rollout)
    parts: tuple[str, ...] = PARTS
    longest_flow: int = 64
    longest_neurons: int = 128

    def __post_init__(self) -> None:
        """Refuse parts that there are not."""
        for part in self.parts:
            one_of("parts", part, PARTS)

    def left_out(self, n_subwords: int) -> dict[str, str]:
        """Which parts an input of this length goes without, and why."""
        reasons = {part: UNASKED for part in PARTS if part not in self.parts}
        for part, longest in (("flow", self.longest_flow), ("neurons", self.longest_neurons)):
            if n_subwords > longest and part in self.parts:
                reasons[part] = (
                    f"{n_subwords} subwords, more than longest_{part}={longest}; type longest_{part}={n_subwords}, or "
                    "shorten the text"
                )
        return reasons


def look(encoder: Encoder, text: str, text_b: str | None, options: Options, reader: "Reader | None" = None) -> View:
    """What ``encoder`` (loaded with ``maps=True``) makes of a text, or of a pair framed as its tokenizer does.

    ``reader`` turns the hidden states of the same pass into what probes say.
    Raises: DataError as ``split`` does, ModelError as ``forward`` does, ConfigError as ``rollout`` does.
    """
    clock = Clock()
    with clock("tokenise"):
        given = split(encoder, text, text_b)
    view = _view(encoder, given, options, reader, clock)
    return replace(view, about={"text": text, "text_b": text_b, **view.about})


def look_at_words(encoder: Encoder, sentence: Sentence, options: Options, reader: "Reader | None" = None) -> View:
    """What ``encoder`` makes of a corpus sentence, its words joined by spaces as a store has them; gold where given.

    Raises: as ``look``.
    """
    clock = Clock()
    with clock("tokenise"):
        given = split_words(encoder, sentence.words)
    view = _view(encoder, given, options, reader, clock)
    gold = {name: found for name in ("upos", "heads", "deprel") if (found := getattr(sentence, name))}
    about = {"text": " ".join(sentence.words), "text_b": None, "id": sentence.id}
    return replace(view, gold=gold, about={**about, **view.about})


def _view(encoder: Encoder, given: Split, options: Options, reader: "Reader | None", clock: Clock) -> View:
    lengths = np.array([len(given.ids)])
    missing = options.left_out(len(given.ids))
    found, reason = ([], None) if "norm" in missing else blocks_or_reason(encoder)
    if reason:
        missing["norm"] = reason
    with clock("forward"):
        done = forward(encoder, given, found, calls="neurons" not in missing)
    attention = np.concatenate([layer.float().cpu().numpy() for layer in done.attention])  # (L, H, S, S)
    with clock("rollout"):
        reached = rollout(done.attention, lengths, options.rollout)[0].cpu().numpy()
    seen = clock.part("neurons", missing, lambda: neurons(done.calls, attention.shape[:3]))
    with clock("probes"):
        probes = () if reader is None else tuple(reader(done.hidden, given.tokens))
    added = tuple(_added(attention, seen, _precision(encoder)))
    return View(
        tokens=given.tokens,
        attention=attention,
        rollout=reached,
        norm=clock.part("norm", missing, done.norms),
        flow=clock.part("flow", missing, lambda: flows(done.attention, options.rollout)),
        queries=seen and seen.queries,
        keys=seen and seen.keys,
        scale=seen and seen.scale,
        probes=probes,
        missing=missing,
        about={**_about(encoder, attention.shape), "adds": bool(added)},
        notes=(*given.notes, *added),
        timings_ms=clock.ms,
    )


def flows(attention: "Sequence[torch.Tensor]", options: Rollout) -> Float32:
    """Attention flow from every layer down to the input, rows as distributions: L maps (1, H, S, S) -> (L, S, S).

    Layers below ``options.first_layer`` pass everything on. Raises: ModelError where no flow leaves a position.
    """
    maps = augmented(attention, np.array([attention[0].shape[-1]]), options)[0].cpu().numpy()
    found = np.empty((len(attention), *maps.shape[1:]), dtype=np.float32)
    found[:] = np.eye(maps.shape[1])
    found[len(attention) - len(maps) :] = as_distributions(flow_by_layer(maps))
    return found


def _added(attention: Float32, seen: Neurons | None, precision: str) -> Iterator[str]:
    """Say by how much the softmax of the scores shown misses the weights, where a model adds to its scores."""
    if seen is None:
        return
    scores = np.where(attention > 0, seen.scale * seen.queries @ seen.keys.swapaxes(-1, -2), -np.inf)
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    off = float(np.abs(weights / weights.sum(axis=-1, keepdims=True) - attention).max())
    if off > _CLOSE[precision]:
        yield (
            "this model adds more than a mask to the products of queries and keys (terms of position): the softmax of "
            f"the products alone misses its weights by up to {off:.2g}"
        )


def _about(encoder: Encoder, shape: tuple[int, ...]) -> dict[str, object]:
    return {
        "model": encoder.checkpoint.name,
        "checkpoint": encoder.checkpoint.revision,
        "causal": encoder.causal,
        "n_layers": shape[0],
        "n_heads": shape[1],
        "window": encoder.window,
        "final_norm": encoder.final_norm,
        "precision": _precision(encoder),
    }


def _precision(encoder: Encoder) -> str:
    return str(next(encoder.network.parameters()).dtype).removeprefix("torch.")
