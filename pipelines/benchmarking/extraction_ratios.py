"""Extraction with writing, compared with bare forward passes, with one sentence at a time, and with a small corpus."""

import sys
import tempfile
import time
from itertools import compress
from typing import TYPE_CHECKING

import numpy as np

from pipelines.benchmarking.bench import Bench, Ratio, in_turn, python
from pipelines.shared.machine import peak_bytes
from probing.axes import Corpus, no_progress
from probing.data.grammar import Grammar
from probing.errors import UnavailableError
from probing.model.batches import plan
from probing.model.checkpoint import Model, resolve
from probing.model.subwords import reorder
from probing.store.key import Store
from probing.store.write import ensure

if TYPE_CHECKING:
    import torch

    from probing.model.encoder import Encoder
    from probing.model.subwords import Subwords


def extract_over_forward(bench: Bench) -> Ratio:
    """Extraction with HDF5 writing / bare forward passes over the same batches.

    Raises UnavailableError if no sentence of dev fits into one input of the model.
    """
    dev, store = whole(bench.dev(), bench.encoder), bench.parts.store
    return in_turn(
        lambda: extraction(dev, bench.encoder, store),
        lambda: forward(dev, bench.encoder, store.batch_subwords),
        bench.repeats,
        f"bare forward passes over the same batches, {len(dev.splits['dev']):,} sentences of {dev.name}",
    )


def extract_over_one_by_one(bench: Bench) -> Ratio:
    """One sentence per forward pass / extraction (times faster)."""
    dev = bench.dev(bench.sentences)
    return in_turn(
        lambda: one_by_one(dev, bench.encoder),
        lambda: extraction(dev, bench.encoder, bench.parts.store),
        bench.repeats,
        f"the time of extraction, {len(dev.splits['dev'])} sentences of {dev.name}",
    )


def rss_growth(bench: Bench) -> Ratio:
    """Peak memory of extraction on 8 times as many sentences / on the sentences."""
    peaks = {n: [_peak_bytes(bench, n) for _ in range(min(bench.repeats, 3))] for n in (1, 8)}
    reference = f"extraction of {bench.sentences} sentences of grammar in a process of its own, on the CPU"
    values = [many / few for few, many in zip(peaks[1], peaks[8], strict=True)]
    return Ratio(values, reference, details={"peak_bytes": peaks})


def whole(corpus: Corpus, encoder: "Encoder") -> Corpus:
    """The sentences of dev that fit into one input: the bare passes do not cut longer ones into windows."""
    sentences = corpus.splits["dev"]
    fits = np.diff(encoder.tokenize([s.words for s in sentences]).offsets) <= (encoder.window or np.inf)
    if not fits.any():
        raise UnavailableError(f"every sentence of {corpus.name} is longer than {encoder.window} subwords")
    return Corpus(corpus.name, {**corpus.splits, "dev": tuple(compress(sentences, fits))})


def extraction(corpus: Corpus, encoder: "Encoder", store: Store) -> float:
    """Seconds from text to a complete store file; ``store``: how it is written."""
    with tempfile.TemporaryDirectory() as folder:
        written = Store(folder, store.dtype, store.batch_subwords)
        began = time.perf_counter()
        ensure(
            written,
            "benchmark",
            {"key": "benchmark"},
            corpus,
            lambda: (encoder, encoder.tokenize_corpus(corpus)),
            no_progress,
        )
        return time.perf_counter() - began


def forward(corpus: Corpus, encoder: "Encoder", batch_subwords: int) -> float:
    """Seconds of forward passes over the batches of extraction; inputs are ready, outputs are dropped."""
    import torch

    from probing.model.network_facts import hidden_states

    subwords = encoder.tokenize([s.words for s in corpus.splits["dev"]])
    batches = plan(np.diff(subwords.offsets), batch_subwords)
    inputs = [_padded(reorder(subwords, batch)) for batch in batches]
    began = time.perf_counter()
    for ids, mask in inputs:
        hidden_states(encoder.network, ids.to(encoder.device), mask.to(encoder.device))
    if encoder.device == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - began


def _padded(subwords: "Subwords") -> "tuple[torch.Tensor, torch.Tensor]":
    """Ids and mask of one batch, (S, T) each."""
    import torch
    from torch.nn.utils.rnn import pad_sequence

    rows = [torch.from_numpy(row).long() for row in np.split(subwords.ids, subwords.offsets[1:-1])]
    mask = [torch.ones_like(row) for row in rows]
    return pad_sequence(rows, batch_first=True), pad_sequence(mask, batch_first=True)


def one_by_one(corpus: Corpus, encoder: "Encoder") -> float:
    """Seconds of forward passes with one sentence each."""
    began = time.perf_counter()
    for sentence in corpus.splits["dev"]:
        encoder.hidden(encoder.tokenize([sentence.words]))
    return time.perf_counter() - began


def _peak_bytes(bench: Bench, times: int) -> int:
    code = (
        "from probing.model.checkpoint import Model; from pipelines.benchmarking.extraction_ratios import print_peak; "
        f"print_peak({bench.sentences * times}, {bench.parts.model!r})"
    )
    return int(python("-c", code).split()[-1])


def print_peak(sentences: int, model: Model) -> None:
    """Print this process's peak resident memory (bytes) after the extraction of ``sentences`` sentences."""
    from probing.model.encoder import load

    corpus = Grammar("grammar", dev=sentences).load()
    dev = Corpus("grammar dev", {"train": (), "dev": corpus.splits["dev"], "test": ()})
    extraction(dev, load(model, resolve(model)), Store(""))
    sys.stdout.write(f"{peak_bytes()}\n")
