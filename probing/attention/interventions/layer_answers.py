"""What the probe of each layer answers for one text, and how often the probe of that layer is wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from probing.attention.interventions.logit_difference import only_place
from probing.attention.interventions.passes import each_batch, forward
from probing.attention.interventions.readouts import ProbeReadout, Reading
from probing.errors import ConfigError
from probing.model.batches import Batch
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
    _check(encoder, probes)
    only_place(encoder, subwords, probes[0])
    return layer_answers_of_each(encoder, subwords, probes, errors)[0]


def layer_answers_of_each(
    encoder: Encoder, subwords: Subwords, probes: Sequence[ProbeReadout], errors: Mapping[int, float]
) -> list[list[Answer]]:
    """The same for each of N texts, in which every probe reads one place; empty for a text that is not ``usable``.

    Texts are read in batches, not one by one.
    """
    _check(encoder, probes)

    def readings(batch: Batch) -> list[Reading]:
        import torch

        with torch.inference_mode():
            states = forward(encoder, batch).hidden_states
            return [probe(states[probe.layer], batch) for probe in probes]

    found: list[list[Answer]] = [[] for _ in range(len(subwords))]
    for batch, of_batch in each_batch(encoder, subwords, readings):
        for probe, reading in zip(probes, of_batch, strict=True):
            values = reading.log_probabilities.double().cpu().numpy()
            for text, row in zip(batch.sentences[reading.rows.cpu().numpy()], values, strict=True):
                found[text].append(Answer(probe.layer, row, errors.get(probe.layer)))
    return found


def _check(encoder: Encoder, probes: Sequence[ProbeReadout]) -> None:
    if not probes:
        raise ConfigError("no probe was trained; type layers=all")
    if wrong := [probe.layer for probe in probes if not 0 <= probe.layer < encoder.n_layers]:
        raise ConfigError(f"layer {wrong[0]}: the model has layers 0 to {encoder.n_layers - 1}")


def settled_from(answers: Sequence[Answer], label: int) -> int | None:
    """The first layer from which on every answer is ``label``; None if the last one is another class."""
    wrong = [place for place, answer in enumerate(answers) if answer.predicted != label]
    after = wrong[-1] + 1 if wrong else 0
    return answers[after].layer if after < len(answers) else None
