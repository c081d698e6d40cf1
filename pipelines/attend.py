"""The attention stage: which maps are read, and which analyses they are given to."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.config import Experiment
from pipelines.machine import device_of
from pipelines.provenance import Notes
from probing.attention.gold import GoldHeads
from probing.attention.rollout import RolloutTally, rollout
from probing.axes import SPLITS, Corpus, Progress, Sentence, Tally
from probing.errors import ModelError
from probing.model.checkpoint import Checkpoint
from probing.model.loading import read_tokenizer
from probing.model.maps import Maps
from probing.result.bootstrap import resample_counts
from probing.result.tally import rows_of_tally
from probing.rng import generator
from probing.store.key import key, key_parts, map_parts
from probing.store.layout import StoreFile
from probing.store.maps import ensure_maps, read_maps

EXAMPLES, FEWEST, MOST = 2, 6, 14  # sentences to be drawn, and their words: few enough to read in a figure


@dataclass
class Attended:
    """Rows without the run's identity, arrays for figures, and facts for tables and the page."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    arrays: dict[str, NDArray[Any]] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)


def attend(
    experiment: Experiment,
    checkpoint: Checkpoint,
    corpus: Corpus,
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
            notes.add("sample", f"attention rollout: {kept:,} sentences of test, drawn once and for all")
    except ModelError as error:
        if experiment.settings.strict:
            raise
        notes.add("skipped", f"attention: {error}")
    return found


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

    return encoder.load(experiment.model, checkpoint, device_of(experiment.settings.device), maps=True)


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
    found.rows += rows(only([t for tally in tallies for t in tally.finish()], kept), experiment)


def examples(sentences: Sequence[Sentence], kept: NDArray[np.int64]) -> list[int]:
    """The first sentences of the sample that are of a length to be drawn; its shortest if there is none."""
    fitting = [int(i) for i in kept if FEWEST <= len(sentences[i].words) <= MOST]
    return fitting[:EXAMPLES] or [int(min(kept, key=lambda i: len(sentences[i].words)))]


def picture_of(
    name: str, batch: Maps, sentence: Sentence, checkpoint: Checkpoint, options: Any
) -> dict[str, NDArray[Any]]:
    """Tokens, words, maps (L, H, S, S) and rollout (L, S, S) of one sentence, as figures need them."""
    tokenizer, _ = read_tokenizer(checkpoint.folder)
    [(_, maps, ids, words)] = batch.each()
    rolled = rollout(batch.attention, batch.lengths, options)[0].float().cpu().numpy()
    return {
        f"{name}/sentence": np.array(sentence.id),
        f"{name}/text": np.array(" ".join(sentence.words)),
        f"{name}/tokens": np.array([tokenizer.id_to_token(int(i)) or "?" for i in ids]),
        f"{name}/forms": np.array(sentence.words),
        f"{name}/words": words.astype(np.int32),
        f"{name}/heads": np.array(sentence.heads, dtype=np.int32),
        f"{name}/maps": maps.astype(np.float16),
        f"{name}/rollout": rolled.astype(np.float32),
    }


def only(tallies: Iterable[Tally], kept: NDArray[np.int64]) -> list[Tally]:
    """The same tallies over the sentences that were looked at: others would be resampled in vain."""
    return [Tally(**{**vars(t), "sums": t.sums[kept], "items": t.items[kept]}) for t in tallies]


def rows(tallies: Iterable[Tally], experiment: Experiment) -> list[dict[str, Any]]:
    """Means with intervals; all tallies over the same sentences share their resamples."""
    known: dict[int, Any] = {}
    found: list[dict[str, Any]] = []
    for tally in tallies:
        n = len(tally.sums)
        if n not in known:
            known[n] = resample_counts(n, experiment.settings.resamples, generator(0, "bootstrap", "attention"))
        found += rows_of_tally(tally, experiment.settings.seed, known[n])
    return found
