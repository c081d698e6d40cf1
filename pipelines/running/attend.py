"""The attention stage: which maps are read, and which analyses they are given to."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.running.attended import Attended, score
from pipelines.running.config import Experiment
from pipelines.running.effects import explanation, interventions, read_by_own_head, read_by_probe, value_vectors
from pipelines.running.heads import best_example, redundancy, whole_corpus
from pipelines.running.provenance import Notes
from pipelines.running.stages import Items
from pipelines.shared.machine import device_of
from probing.attention.flow.gold_heads import GoldHeads
from probing.attention.flow.rollout import RolloutTally, rollout
from probing.axes import SPLITS, Corpus, Labels, Progress, Sentence, Tally
from probing.errors import ModelError
from probing.model.checkpoint import Checkpoint
from probing.model.loading import read_tokenizer
from probing.model.maps import Maps
from probing.result.score import Prediction
from probing.store.key import key, key_parts, map_parts
from probing.store.layout import StoreFile
from probing.store.stored_maps import ensure_maps, read_maps

EXAMPLES, FEWEST, MOST = 2, 6, 14  # sentences to be drawn, and their words: few enough to read in a figure


@dataclass(frozen=True)
class Probed:
    """What the probes leave to the attention stage: their items, labels and fits, and the store that they read."""

    items: Items
    labels: Labels
    found: Sequence[Prediction]


def attend(
    experiment: Experiment,
    checkpoint: Checkpoint,
    corpus: Corpus,
    probed: Probed,
    provenance: Mapping[str, Any],
    notes: Notes,
    on_progress: Progress,
) -> Attended:
    """What ``attention=…`` asks for; a model without maps leaves a note, for the probes stand without them."""
    found = Attended()
    if experiment.attention.name == "none":
        return found
    try:
        with cached_maps(experiment, checkpoint, corpus, provenance, on_progress) as store:
            roll(experiment, checkpoint, corpus, store, found, on_progress)
            kept = int((store.index.length > 0).sum())
            found.notes.append(("sample", f"attention rollout: {kept:,} sentences of test, drawn once and for all"))
            if experiment.attention.name == "full":
                redundancy(experiment, store, probed.items.vectors, found)
                every_analysis(experiment, checkpoint, corpus, probed, found, on_progress)
    except ModelError as error:
        if experiment.settings.strict:
            raise
        found.notes.append(("skipped", f"attention: {error}"))
    for kind, text in found.notes:
        notes.add(kind, text)
    return found


def every_analysis(
    experiment: Experiment,
    checkpoint: Checkpoint,
    corpus: Corpus,
    probed: Probed,
    found: Attended,
    on_progress: Progress,
) -> None:
    """Everything that takes passes of its own."""
    encoder = with_maps(experiment, checkpoint)
    whole_corpus(experiment, corpus, encoder, found, on_progress)
    best_example(found)
    value_vectors(experiment, corpus, encoder, found, on_progress)
    task = read_by_probe(experiment, probed.items, probed.labels, probed.found, encoder)
    read = read_by_own_head(experiment, probed.labels, encoder) or task
    if read is None:
        reason = "no linear classifier was trained, and the checkpoint has no head of its own; type task=pos"
        found.notes.append(("skipped", f"interventions: {reason}"))
        return
    interventions(experiment, corpus, encoder, read, task or read, found, on_progress)
    explanation(experiment, corpus, encoder, read, found, on_progress)


def cached_maps(
    experiment: Experiment,
    checkpoint: Checkpoint,
    corpus: Corpus,
    provenance: Mapping[str, Any],
    on_progress: Progress,
) -> StoreFile:
    """The maps of the sample: read from the store, or computed once and written there."""
    parts = map_parts(experiment.store, key_parts(experiment.store, experiment.model, checkpoint, corpus))
    described = {"key": key(parts), **parts, "model": checkpoint.name, "data": corpus.name, **provenance}
    name = f"{checkpoint.name}-{corpus.name}-attention"
    path = ensure_maps(
        experiment.store, name, described, corpus, lambda: with_maps(experiment, checkpoint), on_progress
    )
    return StoreFile(path)


def with_maps(experiment: Experiment, checkpoint: Checkpoint) -> Any:
    """The encoder, loaded so that it gives maps."""
    from probing.model import encoder

    return encoder.load(experiment.model, checkpoint, device_of(experiment.settings.device), maps=True, head=True)


def roll(
    experiment: Experiment,
    checkpoint: Checkpoint,
    corpus: Corpus,
    store: StoreFile,
    found: Attended,
    on_progress: Progress,
) -> None:
    """Rollout over the cached sample, and the maps of a few sentences to look at."""
    sentences = [s for split in SPLITS for s in corpus.splits[split]]
    kept = np.flatnonzero(store.index.length)
    options = experiment.attention.rollout()
    tallies = (
        RolloutTally(len(sentences), store.n_layers, "test", options),
        GoldHeads(sentences, store.n_layers, "test", options),
    )
    drawn = examples(sentences, kept)
    for done, batch in enumerate(read_maps(store)):
        on_progress("rolling attention out", done, len(kept))
        for tally in tallies:
            tally.add(batch)
        number = int(batch.sentences[0])
        if number in drawn:
            found.arrays |= picture_of(f"example{drawn.index(number)}", batch, sentences[number], checkpoint, options)
    on_progress("rolling attention out", len(kept), len(kept))
    found.rows += score(only([t for tally in tallies for t in tally.finish()], kept), experiment)


def examples(sentences: Sequence[Sentence], kept: NDArray[np.int64]) -> list[int]:
    """The first sentences of the sample that are of a length to be drawn; its shortest if there is none."""
    fitting = [int(i) for i in kept if FEWEST <= len(sentences[i].words) <= MOST]
    return fitting[:EXAMPLES] or [int(min(kept, key=lambda i: len(sentences[i].words)))]


def picture_of(
    name: str, batch: Maps, sentence: Sentence, checkpoint: Checkpoint, options: Any
) -> dict[str, NDArray[Any]]:
    """Tokens, words, maps (L, H, S, S) and rollout (L, S, S) of one sentence, as figures need them."""
    tokenizer = read_tokenizer(checkpoint.folder).backend
    [(_, maps, ids, words)] = batch.each()
    rolled = rollout(batch.attention, batch.lengths, options)[0].float().cpu().numpy()
    return {
        f"{name}/sentence": np.array(sentence.id),
        f"{name}/text": np.array(" ".join(sentence.words)),
        f"{name}/tokens": np.array([tokenizer.id_to_token(int(i)) or "?" for i in ids]),
        f"{name}/forms": np.array(sentence.words),
        f"{name}/words": words.astype(np.int32),
        f"{name}/heads": np.array(sentence.heads, dtype=np.int32),
        f"{name}/deprel": np.array(sentence.deprel, dtype=np.str_),
        f"{name}/maps": maps.astype(np.float16),
        f"{name}/rollout": rolled.astype(np.float32),
    }


def only(tallies: Iterable[Tally], kept: NDArray[np.int64]) -> list[Tally]:
    """The same tallies over the sentences that were looked at: others would be resampled in vain."""
    return [Tally(**{**vars(t), "sums": t.sums[kept], "items": t.items[kept]}) for t in tallies]
