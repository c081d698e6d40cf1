"""What the probe of each layer answers for one text, and how often the probe of that layer is wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from probing.attention.interventions.logit_difference import only_place
from probing.attention.interventions.passes import forward
from probing.attention.interventions.readouts import ProbeReadout
from probing.errors import ConfigError
from probing.model.encoder import Encoder
from probing.model.subwords import Subwords


@dataclass(frozen=True, eq=False)
class Answer:
    """log_probabilities (C,) in nats by the probe of ``layer``; error: its own share of wrong answers on test."""

    layer: int
    log_probabilities: NDArray[np.float64]
    error: float | None = None

    @property
    def predicted(self) -> int:
        """The class with the highest probability."""
        return int(self.log_probabilities.argmax())


def layer_answers(
    encoder: Encoder, subwords: Subwords, probes: Sequence[ProbeReadout], errors: Mapping[int, float]
) -> list[Answer]:
    """The answer of each of ``probes``, in order, from one pass. errors: by layer; a layer without one has None.

    Raises: ConfigError without probes, for a layer that the model does not have, and as ``only_place``.
    """
    import torch

    if not probes:
        raise ConfigError("no probe was trained; type layers=all")
    batch = only_place(encoder, subwords, probes[0])
    if wrong := [probe.layer for probe in probes if not 0 <= probe.layer < encoder.n_layers]:
        raise ConfigError(f"layer {wrong[0]}: the model has layers 0 to {encoder.n_layers - 1}")
    with torch.inference_mode():
        states = forward(encoder, batch).hidden_states
        found = [probe(states[probe.layer], batch).log_probabilities[0] for probe in probes]
    answers = [each.double().cpu().numpy() for each in found]
    return [Answer(probe.layer, answer, errors.get(probe.layer)) for probe, answer in zip(probes, answers, strict=True)]


def settled_from(answers: Sequence[Answer], label: int) -> int | None:
    """The first layer from which on every answer is ``label``; None if the last one is another class."""
    wrong = [place for place, answer in enumerate(answers) if answer.predicted != label]
    after = wrong[-1] + 1 if wrong else 0
    return answers[after].layer if after < len(answers) else None
