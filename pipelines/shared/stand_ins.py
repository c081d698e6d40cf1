"""The model and the corpus on this machine, or, if they are not available, the option that stands in for them."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from pipelines.shared.generated_answers import answered
from pipelines.shared.options import CorpusParts, ModelParts, option
from pipelines.shared.schema import part_of
from probing.axes import Corpus, Note
from probing.data.corpus import Source
from probing.data.corpus import load as load_corpus
from probing.errors import UnavailableError
from probing.model.chat_template import written_out
from probing.model.checkpoint import Checkpoint, resolve

# what a stand-in keeps of the option that it replaces
INHERITED = {
    "data": ("max_sentences", "train_sentences"),
    "model": ("precision", "placement", "long", "max_subwords", "text", "bos"),
}

Load = Callable[[Source, str], Corpus]
ModelPartsT = TypeVar("ModelPartsT", bound=ModelParts)
PartsT = TypeVar("PartsT", bound=CorpusParts)


def find_model(parts: ModelPartsT) -> tuple[ModelPartsT, Checkpoint, tuple[Note, ...]]:
    """The parts with the model that runs, its checkpoint, and a note if it is a stand-in.

    Raises UnavailableError if there is neither, or with ``strict``.
    """
    try:
        return parts, resolve(parts.model), ()
    except UnavailableError as error:
        stand_in = parts.model.stand_in
        if parts.settings.strict or stand_in is None:
            raise
        replaced = with_stand_in(parts, "model", stand_in)
        note = Note("substituted", f"model={stand_in} stands in for {replaced.stand_ins['model']}. {error}")
        return replaced, resolve(replaced.model), (note,)


def find_corpus(
    parts: PartsT, checkpoint: Checkpoint, load: Load = load_corpus
) -> tuple[PartsT, Corpus, tuple[Note, ...]]:
    """The parts with the corpus that is read, the corpus as ``checkpoint`` reads it, and a note if it is a stand-in.

    load: reads a corpus. Raises UnavailableError if there is neither, or with ``strict``; DataError for a malformed
    corpus, and for chats that the template of the model refuses; ModelError if it has no template.
    """
    found, corpus, notes = _read(parts, load)
    return found, answered(found, written_out(corpus, checkpoint.folder), checkpoint), notes


def _read(parts: PartsT, load: Load) -> tuple[PartsT, Corpus, tuple[Note, ...]]:
    try:
        return parts, load(parts.data, parts.model.text), ()
    except UnavailableError as error:
        stand_in = parts.data.stand_in
        if parts.settings.strict or stand_in is None:
            raise
        replaced = with_stand_in(parts, "data", stand_in)
        note = Note("substituted", f"data={stand_in} stands in for {replaced.stand_ins['data']}. {error}")
        return replaced, load(replaced.data, replaced.model.text), (note,)


def with_stand_in(parts: ModelPartsT, group: str, name: str) -> ModelPartsT:
    """The same parts with option ``name`` of ``group``, which keeps the values of the options in INHERITED."""
    node = option(group, name)
    for key in INHERITED[group]:
        node[key] = parts.config[group][key]
    config = parts.config.copy()
    wanted = config[group].name or config[group].get("checkpoint")
    config[group] = node
    part: Any = part_of(group, node)
    stand_ins = {**parts.stand_ins, group: str(wanted)}
    changed: dict[str, Any] = {"config": config, group: part, "stand_ins": stand_ins}
    return replace(parts, **changed)
