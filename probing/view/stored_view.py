"""A view from the store: a corpus sentence whose attention maps are kept is shown without loading the model."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

import numpy as np

from probing.axes import SPLITS, Corpus
from probing.errors import ConfigError, DataError
from probing.store.layout import StoreFile
from probing.store.stored_maps import read_sentence
from probing.store.vectors import rows_of
from probing.view.clock import Clock
from probing.view.forward_view import Options, flows
from probing.view.free_text import corpus_tokens
from probing.view.probe_predictions import Reader
from probing.view.record import CorpusSentence, Float32, Predicted, View
from probing.view.sink_column import with_sink

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from probing.attention.flow.augmented import Rollout
    from probing.model.maps import Maps

MAPS_ONLY = "the store keeps attention maps only; type load=true to load the model"


@dataclass(frozen=True)
class StoredCorpus:
    """What the store keeps of a corpus and a checkpoint: attention maps, and hidden states if there are any.

    tokenizer: the plain-text copy (``as_plain_text``) of the checkpoint's.
    """

    maps: StoreFile
    hidden: StoreFile | None
    tokenizer: "Tokenizer"


def stored_view(
    store: StoredCorpus, place: CorpusSentence, options: Options, reader: Reader | None = None
) -> View | None:
    """The view of one sentence from the stored maps, and with the probes' predictions from the stored hidden states.

    None if no maps of the sentence are kept. Raises: DataError for a store of another corpus, DamagedStoreError for a
    store that fails its checks.
    """
    _check_sentence(store.maps, place)
    clock = Clock()
    with clock("read"):
        batch = read_sentence(store.maps, place.number)
    if batch is None:
        return None
    [(_, attention, ids, _)] = batch.each()
    tokens = corpus_tokens(store.tokenizer, place.sentence, ids)
    missing = options.left_out(len(ids)) | {"norm": MAPS_ONLY, "neurons": MAPS_ONLY}
    with clock("rollout"):
        rolled = _rollout(batch, options.rollout)
    probes: Sequence[Predicted] = ()
    with clock("probes"):
        if store.hidden is not None and reader is not None:
            _check_sentence(store.hidden, place)
            probes = reader(rows_of(store.hidden, place.number), tokens, place)
    view = View(
        tokens,
        attention,
        rollout=rolled,
        flow=clock.part("flow", missing, lambda: flows(batch.attention, options.rollout, batch.of)),
        gold=place.gold,
        probes=probes,
        missing=missing,
        about={**place.about, **_about(store.maps), "causal": _causal(attention)},
        notes=_notes(store, reader),
        timings_ms=clock.ms,
    )
    return with_sink(view, batch.of)


def find(corpus: Corpus, sentence_id: str) -> CorpusSentence:
    """The sentence of ``corpus`` with this id. Raises: ConfigError, with similar ids, if there is none."""
    everyone = [(split, sentence) for split in SPLITS for sentence in corpus.splits[split]]
    for number, (split, sentence) in enumerate(everyone):
        if sentence.id == sentence_id:
            return CorpusSentence(corpus.name, split, number, sentence)
    ids = [sentence.id for _, sentence in everyone]
    close = get_close_matches(sentence_id, ids, n=4, cutoff=0.5) or [
        corpus.splits[split][0].id for split in reversed(SPLITS) if corpus.splits[split]
    ]
    raise ConfigError(
        f"sentence={sentence_id}: none of the {len(ids):,} sentences of corpus {corpus.name} has this id; "
        f"type one of its ids, e.g. {', '.join(close)}"
    )


def _check_sentence(file: StoreFile, place: CorpusSentence) -> None:
    ids = file.index.id
    if place.number >= len(ids) or ids[place.number].decode() != place.sentence.id:
        raise DataError(
            f"{file.path} was made from another corpus than sentence {place.sentence.id}; use its own store"
        )


def _rollout(batch: "Maps", options: "Rollout") -> Float32:
    from probing.attention.flow.attention_rollout import rollout

    return np.asarray(rollout(batch.attention, batch.lengths, options, batch.sentences, batch.of)[0].cpu())


def _about(maps: StoreFile) -> dict[str, object]:
    return {name: maps.provenance.get(name) for name in ("model", "checkpoint", "precision")}


def _causal(attention: Float32) -> bool:
    """Whether no subword attends to a later one."""
    return attention.shape[-1] > 1 and not np.triu(attention, 1).any()


def _notes(store: StoredCorpus, reader: Reader | None) -> tuple[str, ...]:
    notes = [f"attention comes from the store, which keeps it as {store.maps.dtype}; rows were made to sum to 1 again"]
    if reader is not None and store.hidden is None:
        notes.append("no predictions of probes: the store lacks layers or subwords of this corpus; type load=true")
    return tuple(notes)
