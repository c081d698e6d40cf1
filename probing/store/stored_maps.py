"""Attention maps in a store file: the rows of a sentence are its pairs of subwords, the columns the heads.

Such a file is laid out as ``layout`` says, with /attention/<place> (P, H) instead of /hidden. The lists ``layers`` and
``sinks`` in its provenance say which block each place is, and whether its rows leave a share to a sink. Sentence i of
n subwords holds n * n rows, queries first: ``attention[place][start[i] : start[i] + n * n]`` is (n, n, H)
once reshaped. Sentences are numbered as in the file of hidden states; one whose maps are not kept has length 0. /word,
/last_word and /subword run over the subwords of the kept sentences in the order of their rows.
"""

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from probing.axes import SPLITS, Corpus, Progress, Sentence, Split
from probing.model.batches import plan
from probing.model.encoder import Encoder
from probing.model.map_facts import MapFacts
from probing.model.maps import Maps, maps, none_fits, usable
from probing.model.subwords import Subwords, reorder
from probing.rng import generator
from probing.store.file_index import Content, Index
from probing.store.fill import fill
from probing.store.key import Store
from probing.store.layout import StoreFile
from probing.store.made_once import find_or_make
from probing.store.vectors import rows_of

CONTENT = "attention"
_SAMPLED: Split = "test"


def ensure_maps(
    store: Store,
    name: str,
    provenance: Mapping[str, object],
    corpus: Corpus,
    load: Callable[[], tuple[Encoder, Subwords]],
    on_progress: Progress,
) -> Path:
    """The file with the maps of ``sample``, made if it is missing; ``provenance["key"]`` must cover the sample.

    ``load``: as in ``store.write.ensure``, the model so that it gives maps.
    """
    known = {**provenance, "content": CONTENT}
    return find_or_make(
        replace(store, divided=False),  # they are few
        name,
        str(provenance["key"]),
        lambda path: _extract(path, store, known, corpus, load(), on_progress),
    )


def sample(n_sentences: int | str, usable_sentences: NDArray[np.int64]) -> NDArray[np.int64]:
    """``n_sentences`` (or "all") of those that are usable, the same draw in every run, in corpus order."""
    if n_sentences == "all" or int(n_sentences) >= len(usable_sentences):
        return usable_sentences
    drawn = generator(0, "attention sample").choice(usable_sentences, size=int(n_sentences), replace=False)
    return np.sort(drawn)


def read_maps(file: StoreFile) -> Iterator[Maps]:
    """The cached maps, one sentence after the other, numbered as in the corpus."""
    index = file.index
    kept, sizes, first = _kept(index)
    for block, (begin, end) in enumerate(zip(index.block, index.block[1:], strict=False)):
        rows = np.stack([file.block(layer, block) for layer in range(file.n_layers)])  # (L, P, H)
        for place in np.flatnonzero((index.start[kept] >= begin) & (index.start[kept] < end)):
            n, start = int(sizes[place]), int(index.start[kept[place]] - begin)
            subwords = slice(first[place], first[place + 1])
            yield _maps(file, rows[:, start : start + n * n], int(kept[place]), subwords)


def read_sentence(file: StoreFile, number: int) -> Maps | None:
    """The cached maps of one sentence, read and verified with its batch alone; None if they are not kept."""
    kept, _, first = _kept(file.index)
    found = np.flatnonzero(kept == number)
    if not len(found):
        return None
    return _maps(file, rows_of(file, number), number, slice(first[found[0]], first[found[0] + 1]))


def _kept(index: Index) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """The K kept sentences in the order of their rows, their subwords (K,), and where these begin, (K + 1,)."""
    kept = np.flatnonzero(index.length)
    kept = kept[np.argsort(index.start[kept], kind="stable")]
    sizes = np.sqrt(index.length[kept]).round().astype(np.int64)
    return kept, sizes, np.concatenate([[0], np.cumsum(sizes)])


def facts_of(file: StoreFile) -> MapFacts:
    """Which blocks the stored maps are of, and which have a sink."""
    return MapFacts(tuple(file.provenance["layers"]), file.width, tuple(file.provenance["sinks"]))


def _maps(file: StoreFile, rows: NDArray[np.float32], number: int, subwords: slice) -> Maps:
    """Rows (L, n * n, H) of sentence ``number``, whose subwords stand at ``subwords``, as a batch of one."""
    import torch

    index, facts = file.index, facts_of(file)
    n = subwords.stop - subwords.start
    found = rows.reshape(len(rows), n, n, -1).transpose(0, 3, 1, 2)
    # rounding to float16 leaves sums that are not 1; the rows of a layer with a sink sum to less
    total = found.sum(-1, keepdims=True)
    found = found / np.where(np.reshape(facts.sinks, (-1, 1, 1, 1)), np.maximum(total, 1), total)
    last_words = None if index.last_word is None else index.last_word[subwords].astype(np.int64)[None]
    return Maps(
        tuple(torch.tensor(layer)[None] for layer in found),  # copied: sums depend on how memory is aligned
        np.array([number]),
        index.subword[subwords].astype(np.int64)[None],
        index.word[subwords].astype(np.int64)[None],
        np.array([n]),
        facts,
        last_words,
    )


def _extract(
    path: Path,
    store: Store,
    provenance: Mapping[str, object],
    corpus: Corpus,
    loaded: tuple[Encoder, Subwords],
    on_progress: Progress,
) -> None:
    sentences = [(split, s) for split in SPLITS for s in corpus.splits[split]]
    encoder, subwords = loaded
    of_split = np.array([split == _SAMPLED for split, _ in sentences])
    chosen = sample(store.attention.sentences, np.flatnonzero(of_split & usable(encoder, subwords)))
    if not len(chosen):
        raise none_fits(encoder, _SAMPLED, int(of_split.sum()))
    sizes = np.diff(subwords.offsets)
    batches = [chosen[batch] for batch in plan(sizes[chosen], store.batch_subwords)]
    index = _index(sentences, subwords, batches)
    facts = encoder.map_facts
    shape = (len(facts.layers), int(index.block[-1]), facts.n_heads)
    described = {**provenance, "layers": facts.layers, "sinks": facts.sinks, "begins_with": encoder.bos}

    def rows(batch: int) -> NDArray[np.float32]:
        return _rows(encoder, subwords, batches[batch])

    content = Content(index, shape, store.stored_dtype, described)
    fill(path, content, rows, functools.partial(on_progress, "keeping attention maps"), store.lock)


def _rows(encoder: Encoder, subwords: Subwords, batch: NDArray[np.int64]) -> NDArray[np.float32]:
    """The maps of a batch as the file holds them, (L, pairs, H)."""
    found = {}
    for some in maps(encoder, subwords, batch):
        for sentence, attention, _, _ in some.each():
            n_layers, n_heads, n, _ = attention.shape
            found[sentence] = attention.transpose(0, 2, 3, 1).reshape(n_layers, n * n, n_heads)
    return np.ascontiguousarray(np.concatenate([found[sentence] for sentence in batch.tolist()], axis=1))


def _index(sentences: Sequence[tuple[Split, Sentence]], subwords: Subwords, batches: list[NDArray[np.int64]]) -> Index:
    order = np.concatenate(batches)
    sizes = np.diff(subwords.offsets)
    ends = np.cumsum(sizes[order] ** 2)
    start, length = np.zeros(len(sentences), np.int64), np.zeros(len(sentences), np.int64)
    start[order], length[order] = ends - sizes[order] ** 2, sizes[order] ** 2
    stored = reorder(subwords, order)
    return Index(
        start=start,
        length=length,
        id=np.array([s.id.encode() for _, s in sentences]),
        split=np.array([SPLITS.index(split) for split, _ in sentences], np.uint8),
        n_words=subwords.n_words.astype(np.int64),
        word=stored.words,
        subword=stored.ids,
        block=np.concatenate([[0], ends[np.cumsum([len(b) for b in batches]) - 1]]).astype(np.int64),
        counts=subwords.counts,
        last_word=stored.last_words,
    )
