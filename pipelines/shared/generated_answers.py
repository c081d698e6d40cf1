"""The corpus with the model's own answers, where data.generate asks for them."""

from pathlib import Path
from typing import Any

from pipelines.shared.cli import CONSOLE
from pipelines.shared.machine import device_of, set_threads
from pipelines.shared.options import CorpusParts
from pipelines.shared.progress import Bars
from probing.axes import Corpus
from probing.data.prompts import Prompts
from probing.errors import ConfigError
from probing.model.checkpoint import Checkpoint
from probing.model.generation import Answering


def answered(parts: CorpusParts, corpus: Corpus, checkpoint: Checkpoint) -> Corpus:
    """``corpus`` with an answer to each prompt, written by the model or read from the store; else ``corpus`` itself.

    Raises ConfigError for a program without a store; as ``probing.store.kept_answers.with_answers``.
    """
    from probing.store.kept_answers import with_answers

    data: Any = parts.data
    if not isinstance(data, Prompts) or data.generate is None:
        return corpus
    store = getattr(parts, "store", None)
    if store is None:
        raise ConfigError("data.generate: this program has no store to keep answers in; leave it out")
    how = Answering(data.generate, data.temperature, data.answer_seed)
    set_threads(parts.settings.threads)
    where = Path(store.folder), device_of(parts.settings.device)
    with Bars(CONSOLE) as bars:
        return with_answers(corpus, how, parts.model, checkpoint, where, bars)
