"""Answers of a model to the prompts of a corpus, written once and kept beside the store."""

import hashlib
import json
import logging
import os
from collections.abc import Mapping
from dataclasses import asdict, replace
from importlib import metadata
from pathlib import Path

from probing.axes import SPLITS, Corpus, Progress
from probing.data.conversation import with_answer, word_places
from probing.data.corpus import text_fingerprint
from probing.errors import DataError
from probing.model.checkpoint import Checkpoint, Model
from probing.model.generation import Answering, answers
from probing.store.disk import writable

log = logging.getLogger(__name__)
FOLDER = "answers"  # inside the folder of the store
Kept = tuple[Mapping[str, str], Mapping[str, int]]  # the answers by the id of their prompt, and what was counted


def with_answers(
    corpus: Corpus, how: Answering, model: Model, checkpoint: Checkpoint, where: tuple[Path, str], on_progress: Progress
) -> Corpus:
    """The corpus with the model's answer after each conversation: read from the store, or written once and kept there.

    where: the folder of the store, and the device. The name of the corpus says how answers were written, and what
    readers must know is counted. Raises: as ``generation.answers``; DataError if every answer is empty; StoreError.
    """
    from filelock import FileLock

    folder, device = where[0] / FOLDER, where[1]
    parts = _key_parts(corpus, how, model, checkpoint)
    key = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]
    path = folder / f"{checkpoint.name}-{corpus.name}-{key}.json"
    prompts = [s for split in SPLITS for s in corpus.splits[split]]
    with writable(where[0], path.name):
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / f"{key}.lock"):
            found = _kept(path, {prompt.id for prompt in prompts})
            if found is None:
                found = answers(model, checkpoint, prompts, how, device, on_progress)
                _keep(path, parts, found)
    texts, counts = found
    if not any(word_places(text) for text in texts.values()):
        raise DataError(
            f"data.generate={how.tokens}: {checkpoint.name} answers none of the {len(texts):,} prompts with a word; "
            "check that it was trained on such prompts, or leave out data.generate"
        )
    splits = {split: tuple(with_answer(s, texts[s.id]) for s in corpus.splits[split]) for split in SPLITS}
    name = f"{corpus.name}-answered{how.tokens}" + (f"-t{how.temperature:g}-{how.seed}" if how.temperature else "")
    return replace(corpus, name=name, splits=splits, skipped={**corpus.skipped, **counts})


def _key_parts(corpus: Corpus, how: Answering, model: Model, checkpoint: Checkpoint) -> dict[str, object]:
    """Everything that an answer depends on."""
    own = checkpoint.folder / "generation_config.json"  # says which subwords end an answer
    return {
        "checkpoint": checkpoint.revision,
        "ends": hashlib.sha256(own.read_bytes()).hexdigest() if own.is_file() else None,
        "text": text_fingerprint(corpus),
        "ids": [s.id for split in SPLITS for s in corpus.splits[split]],
        "how": asdict(how),
        "precision": model.precision,
        "bos": model.bos,
        "libraries": {name: metadata.version(name) for name in ("tokenizers", "transformers")},
    }


def _kept(path: Path, wanted: set[str]) -> Kept | None:
    """What ``path`` holds for these prompts; None if it is not there or not what was written."""
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        found = held["answers"], held["counts"]
        if held["sha256"] == _digest(found) and set(found[0]) == wanted:
            return found
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        pass
    log.warning("%s is damaged; its answers are written again", path)
    return None


def _keep(path: Path, parts: Mapping[str, object], found: Kept) -> None:
    content = {"made_of": parts, "answers": found[0], "counts": found[1], "sha256": _digest(found)}
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        partial.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _digest(found: Kept) -> str:
    return hashlib.sha256(json.dumps([dict(part) for part in found], sort_keys=True).encode()).hexdigest()
