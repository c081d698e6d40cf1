"""An encoder fine-tuned on a corpus of sentences with classes, kept in a folder as a classifier of transformers."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipelines.shared.machine import alone
from probing.axes import Corpus, Progress
from probing.data.corpus import fingerprint
from probing.errors import ConfigError
from probing.model.batches import batch_of
from probing.model.checkpoint import Checkpoint, Model
from probing.model.encoder import load
from probing.model.json_files import read_object
from probing.model.network_pass import Network
from probing.model.new_head import save_classifier, with_new_head
from probing.rng import generator

FACTS = "fine_tuning.json"


@dataclass(frozen=True)
class Tuning:
    """How an encoder is fine-tuned: passes over train, rate of AdamW, sentences per step, and the seed of all draws."""

    epochs: int = 3
    rate: float = 1e-4
    batch: int = 32
    seed: int = 0


def tuned(
    model: Model, checkpoint: Checkpoint, corpus: Corpus, tuning: Tuning, folder: Path, on_progress: Progress
) -> Path:
    """Fine-tune ``checkpoint`` on train, unless ``folder`` has the result; returns ``folder``.

    Raises: ConfigError if the folder has something else; ModelError for an encoder that takes no head.
    """
    made_of = {"checkpoint": checkpoint.revision, "corpus": fingerprint(corpus), **asdict(tuning)}
    with alone(folder):
        if folder.exists():
            there = read_object(folder / FACTS) if (folder / FACTS).is_file() else None
            if there != made_of:
                raise ConfigError(f"{folder} has another model than this one; delete it, or type another outputs=…")
            return folder
        half = folder.with_name(f".{folder.name}.partial")
        shutil.rmtree(half, ignore_errors=True)
        try:
            save_classifier(_trained(model, checkpoint, corpus, tuning, on_progress), checkpoint, half)
            (half / FACTS).write_text(json.dumps(made_of, indent=1) + "\n", encoding="utf-8")
            half.rename(folder)
        finally:
            shutil.rmtree(half, ignore_errors=True)
    return folder


def _trained(model: Model, checkpoint: Checkpoint, corpus: Corpus, tuning: Tuning, on_progress: Progress) -> Network:
    import torch

    names = sorted({str(one.label) for one in corpus.splits["train"]})
    full = with_new_head(checkpoint, "sentence", names, None, tuning.seed).train()
    optimiser = torch.optim.AdamW(full.parameters(), lr=tuning.rate)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(tuning.seed)  # of dropout
        for inputs in _batches(model, checkpoint, corpus, tuning, on_progress):
            full(**inputs).loss.backward()
            optimiser.step()
            optimiser.zero_grad()
    return full.eval()


def _batches(
    model: Model, checkpoint: Checkpoint, corpus: Corpus, tuning: Tuning, on_progress: Progress
) -> Iterator[dict[str, Any]]:
    """Ids, mask and labels of each step."""
    import torch

    train = corpus.splits["train"]
    names = sorted({str(one.label) for one in train})
    labels = np.array([names.index(str(one.label)) for one in train])
    encoder, rng = load(model, checkpoint), generator(tuning.seed, "fine-tuning")
    subwords = encoder.tokenize_sentences(train)
    steps = -(-len(train) // tuning.batch)
    for epoch in range(tuning.epochs):
        for step, some in enumerate(np.array_split(rng.permutation(len(train)), steps)):
            on_progress("fine-tuning", epoch * steps + step, tuning.epochs * steps)
            batch = batch_of(subwords, some, encoder.pad)
            found = {"input_ids": batch.ids, "attention_mask": batch.real.astype(np.int64), "labels": labels[some]}
            yield {name: torch.from_numpy(array) for name, array in found.items()}
    on_progress("fine-tuning", tuning.epochs * steps, tuning.epochs * steps)
