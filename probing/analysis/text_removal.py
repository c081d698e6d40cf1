"""The effect of removing a property from one text: on an output, and on what probes of this layer and above say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from probing.analysis.concept_changes import REMOVALS, Change
from probing.analysis.property_removals import PropertyRemovals
from probing.analysis.read_text import ReadText, TextOutput
from probing.attention.interventions.changed_layer import LayerPass, PooledItems, layer_pass, pooled_items
from probing.attention.interventions.readouts import Reading
from probing.errors import ConfigError, one_of
from probing.model.batches import batch_of
from probing.model.pooling import Pooling

if TYPE_CHECKING:
    import torch

WHOLE = -1  # the word of a label that is the whole text's


class Wanted(NamedTuple):
    """What is to be removed, from which layer, and how (one of REMOVALS)."""

    property: str
    layer: int
    method: str


@dataclass(frozen=True)
class Removed:
    """The output after one change. against: empty for the property itself, ``random`` (with its number ``draw``, from
    0) for a random subspace of equal rank, ``control`` for the subspace of the control task. predicted: the class at
    each place. nats: what the scored class loses there, log p before less log p after.
    """

    against: str
    draw: int
    rank: int
    predicted: tuple[str, ...]
    nats: tuple[float, ...]


@dataclass(frozen=True)
class OutputEffect:
    """The effect on the output, by place. words: the word of each place, WHOLE for the whole text. scored: the class
    whose probability is compared: the gold one if ``gold``, else the one that is predicted ``before``.
    """

    name: str
    own_head: bool
    gold: bool
    words: tuple[int, ...]
    scored: tuple[str, ...]
    before: tuple[str, ...]
    after: tuple[Removed, ...]


@dataclass(frozen=True)
class ProbeAnswers:
    """What the validation probe of a property says of every item on a layer: classes by number in ``classes``.

    gold: negative for an item without the property; empty where it is not known. after: one for each change, in the
    order of ``OutputEffect.after``.
    """

    property: str
    layer: int
    classes: tuple[str, ...]
    gold: tuple[int, ...]
    before: tuple[int, ...]
    after: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class TextRemoval:
    """The effect of removing a property from the vectors of all items of one text on a layer. words: the items' words,
    WHOLE for the whole text. built_on: how many items of train the subspace was found on.
    """

    property: str
    layer: int
    method: str
    seed: int
    built_on: int
    words: tuple[int, ...]
    output: OutputEffect
    probes: tuple[ProbeAnswers, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class _Passes:
    """The unchanged pass of the text, its items, and by layer the states after each of K changes, (K, T, D)."""

    passed: LayerPass
    pooled: PooledItems
    changed: "Mapping[int, torch.Tensor]"


def text_removal(removals: PropertyRemovals, text: ReadText, output: TextOutput, wanted: Wanted) -> TextRemoval:
    """Remove a property from one text. Raises: as ``PropertyRemovals.removals``; ConfigError for a layer that cannot be
    changed, or that has no layer above it which is read.
    """
    check(removals, output, wanted)
    changes = removals.removals(*wanted)
    passes = _passes(removals, text, output, (wanted.layer, changes))
    level = removals.study.labels.level
    items = text.items[passes.pooled.which]
    return TextRemoval(
        *wanted,
        seed=removals.study.options.seed,
        built_on=len(removals.split_in[0]),
        words=tuple(items.tolist()) if level == "word" else (WHOLE,),
        output=_output(passes, output, changes),
        probes=tuple(_answers(removals, text, passes, wanted.layer)),
        notes=output.notes,
    )


def check(removals: PropertyRemovals, output: TextOutput, wanted: Wanted) -> None:
    """Raise ConfigError or DataError for what cannot be removed below an output, before anything is built."""
    one_of("method", wanted.method, REMOVALS)
    removals.concept(wanted.property)
    if wanted.layer in output.layers:
        return
    some = ", ".join(map(str, output.layers)) or "none: run again with layers=all"
    name, last = output.readout.name, output.readout.layer
    if wanted.layer == last and wanted.layer in removals.study.layers:
        why = f"no layer above it is read, because the output is {name}"
    else:
        why = f"it cannot be changed below {name}, or the run did not probe it"
    raise ConfigError(f"layer={wanted.layer}: {why}; choose one of {some}")


def _passes(
    removals: PropertyRemovals, text: ReadText, output: TextOutput, at: tuple[int, Sequence[Change]]
) -> _Passes:
    study, (layer, changes), made = removals.study, at, removals.readers(at[0])
    batch = batch_of(output.subwords, [0], study.encoder.pad)
    passed = layer_pass(study.encoder, batch)
    pooling = Pooling(study.labels.level, study.task.vector, study.encoder.cls_position)
    pooled = pooled_items(batch, [text.items], output.subwords.n_words, pooling)
    states = passed.states[layer]
    before = made.standardised(pooled.vectors(states))
    no_class = np.full(len(before), -1)  # removals do not ask for it
    by = [made.as_stored(change.apply(before, no_class, no_class) - before) for change in changes]
    return _Passes(passed, pooled, passed.above(layer, pooled.moved(states, by)))


def _output(passes: _Passes, output: TextOutput, changes: Sequence[Change]) -> OutputEffect:
    import torch

    readout, batch = output.readout, passes.passed.batch
    with torch.inference_mode():
        base = readout(passes.passed.states[readout.layer], batch)
        scored = base.gold if output.gold else base.logits.argmax(1)
        after = [readout(states[None], batch) for states in passes.changed[readout.layer]]
    removed = [_removed(*of, base, (scored, output)) for of in zip(changes, after, strict=True)]
    positions = readout.places(batch).reads.argmax(axis=1)  # a word's first subword
    words = [WHOLE] * len(positions) if readout.level == "sentence" else batch.words[0, positions].tolist()
    of_scored, predicted = (_named(classes, output) for classes in (scored, base.logits.argmax(1)))
    about = (readout.name, output.own_head, output.gold)
    return OutputEffect(*about, tuple(words), of_scored, predicted, tuple(removed))


def _removed(change: Change, after: Reading, base: Reading, of: "tuple[torch.Tensor, TextOutput]") -> Removed:
    scored, output = of
    before, now = (reading.log_probabilities.gather(1, scored[:, None])[:, 0] for reading in (base, after))
    nats = (before - now).double().cpu().tolist()
    return Removed(change.against, change.draw, change.rank, _named(after.logits.argmax(1), output), tuple(nats))


def _named(classes: "torch.Tensor", output: TextOutput) -> tuple[str, ...]:
    return tuple(output.name_of(number) for number in classes.tolist())


def _answers(removals: PropertyRemovals, text: ReadText, passes: _Passes, layer: int) -> list[ProbeAnswers]:
    """Of every property, the removed one too, on the layer and on those above it that the run probed."""
    found = []
    for one in (other for other in removals.study.layers if other >= layer):
        made = removals.readers(one)
        states = [passes.passed.states[one], *passes.changed[one][:, None]]
        vectors = [made.standardised(passes.pooled.vectors(of)) for of in states]
        for concept in removals.known:
            said = [tuple(made.readers[concept.name].predicted(x).tolist()) for x in vectors]
            gold = text.gold.get(concept.name)
            known = () if gold is None else tuple(gold[passes.pooled.which].tolist())
            found.append(ProbeAnswers(concept.name, one, concept.gold.names, known, said[0], tuple(said[1:])))
    return found
