"""A corpus sentence from the store: what was kept of it is shown without loading the model."""

from collections.abc import Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import numpy as np

from probing.axes import SPLITS, Corpus, Sentence
from probing.errors import ConfigError, DataError
from probing.store.layout import StoreFile
from probing.store.stored_maps import read_sentence
from probing.store.vectors import rows_of
from probing.view.clock import Clock
from probing.view.free_text import corpus_tokens
from probing.view.look import Options, flows
from probing.view.predict import Reader, with_gold
from probing.view.record import Float32, Predicted, Tokens, View

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from probing.attention.flow.rollout import Rollout
    from probing.model.maps import Maps

MAPS_ONLY = "the store keeps attention maps only; type load=true to load the model"
GOLD = ("upos", "heads", "deprel")


def stored(
    maps: StoreFile,
    hidden: StoreFile | None,
    corpus: Corpus,
    sentence_id: str,
    tokenizer: "Tokenizer",
    options: Options,
    reader: Reader | None,
) -> View | None:
    """The view of one sentence from the attention maps, and for probes the hidden states, that the store keeps of it.

    ``tokenizer`` is the plain-text copy (``as_plain_text``) of the checkpoint's. None: no maps of the sentence are
    kept. Raises: ConfigError for an id that ``corpus`` lacks, DataError for a store of another corpus,
    DamagedStoreError for one that fails its checks.
    """
    number, split, sentence = find(corpus, sentence_id)
    _of_this_corpus(maps, number, sentence_id)
    clock = Clock()
    with clock("read"):
        batch = read_sentence(maps, number)
    if batch is None:
        return None
    [(_, attention, ids, of_word)] = batch.each()
    tokens = corpus_tokens(tokenizer, sentence.words, ids, of_word)
    missing = options.left_out(len(ids)) | {"norm": MAPS_ONLY, "neurons": MAPS_ONLY}
    with clock("rollout"):
        reached = _rollout(batch, options.rollout)
    with clock("probes"):
        probes = _read(hidden, reader, number, sentence, tokens)
    return View(
        tokens,
        attention,
        rollout=reached,
        flow=clock.part("flow", missing, lambda: flows(batch.attention, options.rollout)),
        gold={name: getattr(sentence, name) for name in GOLD if getattr(sentence, name)},
        probes=probes,
        missing=missing,
        about=_about(maps, corpus, split, sentence) | {"causal": _causal(attention)},
        notes=_notes(maps, hidden, reader),
        timings_ms=clock.ms,
    )


def find(corpus: Corpus, sentence_id: str) -> tuple[int, str, Sentence]:
    """A sentence's number in the store, its split and itself. Raises: ConfigError, with ids that look alike."""
    everyone = [(split, sentence) for split in SPLITS for sentence in corpus.splits[split]]
    for number, (split, sentence) in enumerate(everyone):
        if sentence.id == sentence_id:
            return number, split, sentence
    ids = [sentence.id for _, sentence in everyone]
    close = get_close_matches(sentence_id, ids, n=4, cutoff=0.5) or [
        corpus.splits[split][0].id for split in reversed(SPLITS) if corpus.splits[split]
    ]
    raise ConfigError(
        f"sentence={sentence_id}: corpus {corpus.name} has {len(ids):,} sentences, none with this id; "
        f"type one of theirs, e.g. {', '.join(close)}"
    )


def _of_this_corpus(file: StoreFile, number: int, sentence_id: str) -> None:
    ids = file.index.id
    if number >= len(ids) or ids[number].decode() != sentence_id:
        raise DataError(f"{file.path} is of another corpus than sentence {sentence_id}; give the store of its own")


def _rollout(batch: "Maps", how: "Rollout") -> Float32:
    from probing.attention.flow.rollout import rollout

    return np.asarray(rollout(batch.attention, batch.lengths, how, batch.sentences)[0].cpu())


def _read(
    hidden: StoreFile | None, reader: Reader | None, number: int, sentence: Sentence, tokens: Tokens
) -> Sequence[Predicted]:
    """What probes say of the stored vectors; nothing where either is missing."""
    if hidden is None or reader is None:
        return ()
    _of_this_corpus(hidden, number, sentence.id)
    return with_gold(reader(rows_of(hidden, number), tokens), sentence)


def _about(maps: StoreFile, corpus: Corpus, split: str, sentence: Sentence) -> dict[str, Any]:
    about = {"text": " ".join(sentence.words), "text_b": None, "corpus": corpus.name, "split": split, "id": sentence.id}
    return about | {name: maps.provenance.get(name) for name in ("model", "checkpoint", "precision")}


def _causal(attention: Float32) -> bool:
    """Whether no subword attends to a later one."""
    return attention.shape[-1] > 1 and not np.triu(attention, 1).any()


def _notes(maps: StoreFile, hidden: StoreFile | None, reader: Reader | None) -> tuple[str, ...]:
    notes = [f"attention comes from the store, which keeps it as {maps.dtype}; rows were made to sum to 1 again"]
    if reader is not None and hidden is None:
        notes.append("no probe speaks: the store has no hidden states of this corpus; type load=true")
    return (*notes, *getattr(reader, "notes", ()))
