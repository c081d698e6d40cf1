"""An intervention on the model for one text, which was not used to reach its verdict: what the label gets then."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from probing.analysis.text_parts import Part, Reference
from probing.attention.interventions.head_ablation import Ablation
from probing.attention.interventions.head_removal import outcomes
from probing.attention.interventions.passes import forward, hidden, resumed
from probing.attention.interventions.readouts import Readout
from probing.diagnosis.one_text import TextEvidence
from probing.diagnosis.subject import Subject
from probing.diagnosis.text_rules import settled_layer, speaking_heads
from probing.diagnosis.text_verdict import Verdict
from probing.model.batches import batch_of
from probing.model.block_calls import Call, calls
from probing.model.blocks import blocks
from probing.model.subwords import Subwords


@dataclass(frozen=True)
class Tried:
    """what: was done to the model. before, after: the probability that the classifier gives to the label."""

    what: str
    before: float
    after: float


def tried_repair(subject: Subject, found: TextEvidence, told: Verdict, means: Reference) -> Tried | None:
    """lost: blocks are skipped, so that the layer that has the label is read further up. outweighed: the heads that
    speak most for the wrong answer are replaced by their means. None for other verdicts, and where no head speaks so.

    Raises: ModelError for an architecture whose blocks are not known.
    """
    read, readout = subject.read([found.sentence], [found.label], None if found.word is None else [found.word])
    before = float(np.exp(found.log_probabilities[subject.in_classifier(found.label)]))
    if told.kind == "lost" and told.layer is not None:
        first, last = told.layer + 1, settled_layer(found)
        name = f"block {last} is" if first == last else f"blocks {first} to {last} are"
        what = f"{name} skipped, so that what comes above reads layer {told.layer}"
        return Tried(what, before, _skipping(subject, read, readout, (first, last)))
    heads = speaking_heads(found)
    if told.kind == "outweighed" and heads and means.heads.size:
        what = f"{', '.join(part.name for part in heads)} replaced by the mean over dev"
        return Tried(what, before, _without_heads(subject, read, readout, heads, means))
    return None


def _skipping(subject: Subject, read: Subwords, readout: Readout, skipped: tuple[int, int]) -> float:
    """The probability of the label where these blocks, first to last, give back what the first of them is given."""
    import torch

    first, last = skipped
    some = [block for block in blocks(subject.encoder.network) if first <= block.number <= last]
    batch = batch_of(read, [0], subject.encoder.pad)
    with torch.inference_mode():
        with calls([block.module for block in some]) as kept:
            forward(subject.encoder, batch)
        with resumed(some, [_unchanged(call, kept[0]) for call in kept]):
            reading = readout(hidden(subject.encoder, batch, readout.layer), batch)
    return float(reading.scores().exp()[0])


def _unchanged(call: Call, first: Call) -> Call:
    """A call that returns the states that the ``first`` one was given."""
    if isinstance(call.output, (tuple, list)):
        return call._replace(output=type(call.output)([first.states, *call.output[1:]]))
    return call._replace(output=first.states)


def _without_heads(
    subject: Subject, read: Subwords, readout: Readout, heads: Sequence[Part], means: Reference
) -> float:
    removed = {"heads": [(part.layer, part.head) for part in heads if part.head is not None]}
    found = outcomes(subject.encoder, read, readout, Ablation("mean", means.heads), removed)
    return float(np.exp(found["heads"].score[0]))
