"""Where the views of a page come from: the store, if it keeps a sentence's maps; else the model, loaded once."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.shared.cli import say
from pipelines.shared.machine import set_threads
from pipelines.shared.options import Parts
from pipelines.shared.schema import listed
from pipelines.viewing.inputs import Input
from pipelines.viewing.model_and_probes import (
    asked_corpora,
    load_encoder,
    probes_for_corpus,
    probes_for_text,
    view_options,
)
from probing.axes import Corpus, Progress
from probing.errors import DamagedStoreError
from probing.model.checkpoint import Checkpoint
from probing.model.saved_tokenizer import read_tokenizer
from probing.store.covering import covering
from probing.store.key import Chosen, find, key, key_parts, map_parts
from probing.store.layout import StoreFile
from probing.view.forward_view import Options, sentence_view, text_view
from probing.view.record import CorpusSentence, View

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from probing.model.encoder import Encoder
    from probing.view.probe_selection import Probes
    from probing.view.stored_view import StoredCorpus

MODEL = "the model"


def views(
    parts: Parts, checkpoint: Checkpoint, corpus: Corpus | None, inputs: Sequence[Input], on_progress: Progress
) -> list[View]:
    """A view of every input, in order, with ``beside`` another one by that model after each; of the chosen layers.

    ``about["maps"]`` is a file of the store, or MODEL. Raises ProbingError.
    """
    from probing.view.chosen_layers import check_layers, only_layers

    other = model_beside(parts.settings.beside)
    set_threads(parts.settings.threads)
    options, layers = view_options(parts, parts.settings.chosen_parts), listed(parts.settings.layers)
    probes = probes_of(parts, checkpoint, corpus)

    @cache
    def encoder() -> "Encoder":
        say(f"loading {checkpoint.name}")
        loaded = load_encoder(parts, checkpoint)
        check_layers(layers or loaded.map_facts.layers, loaded.map_facts.layers)  # before a view is computed
        return loaded

    found = []
    with opened_store(parts, checkpoint, corpus, probes) as store:
        for number, one in enumerate(inputs):
            on_progress("viewing", number, len(inputs))
            view = from_store(store, one.place, options, probes) if store and one.place else None
            if view is None and one.place is not None and not parts.settings.load:
                say(f"{one.place.sentence.id}: the store has no attention maps of it, so the model computes them")
            view = view or from_model(encoder, one, options, probes)
            found.append(replace(view, notes=(*view.notes, *probes.notes)))
            if other is not None:
                found.append(from_model(other, one, options, None))
        on_progress("viewing", len(inputs), len(inputs))
    return [only_layers(view, layers) for view in found] if layers else found


def probes_of(parts: Parts, checkpoint: Checkpoint, corpus: Corpus | None) -> "Probes":
    """The probes that are shown beside the inputs: those of their corpus, or for a text those that are asked for."""
    if corpus is None:
        return probes_for_text(parts, checkpoint, asked_corpora(parts))
    return probes_for_corpus(parts, checkpoint, corpus)


def model_beside(name: str | None) -> "Callable[[], Encoder] | None":
    """What loads the model of ``beside=``; None without one. Raises ProbingError if there is no such model."""
    from probing.view.model_views import checkpoint_of, encoder_of

    if name is None:
        return None
    checkpoint_of(name)  # refused before anything is computed
    return lambda: encoder_of(name)


@contextmanager
def opened_store(
    parts: Parts, checkpoint: Checkpoint, corpus: Corpus | None, probes: "Probes"
) -> Iterator["StoredCorpus | None"]:
    """What the store keeps of ``corpus``, open; None if it keeps no maps, or if the model is to be loaded anyway.

    Hidden states are those of a file with all layers that ``probes`` read.
    """
    from probing.view.stored_view import StoredCorpus

    if corpus is None or parts.settings.load:
        yield None
        return
    keyed = key_parts(parts.store, parts.model, checkpoint, corpus)
    with ExitStack() as files:
        folder, read = Path(parts.store.folder), {layer for one in probes.trained for layer in one.saved.layers}
        maps = _opened(find(folder, key(map_parts(parts.store, keyed))), files)
        chosen = Chosen(tuple(sorted(read))) if read else Chosen()
        hidden = _opened(find(folder, key(keyed)) or covering(folder, {**keyed, **chosen.parts})[0], files)
        yield StoredCorpus(maps, hidden, _plain_tokenizer(checkpoint, maps)) if maps else None


def _opened(path: Path | None, files: ExitStack) -> StoreFile | None:
    """The store's file, if it is there and not damaged."""
    try:
        return files.enter_context(StoreFile(path)) if path else None
    except DamagedStoreError as error:
        say(f"{error}; it is not used", "yellow")
        return None


def _plain_tokenizer(checkpoint: Checkpoint, maps: StoreFile) -> "Tokenizer":
    """The tokenizer that made the subwords of ``maps``."""
    from probing.model.align import as_plain_text
    from probing.model.text_start import beginning_with

    bos = maps.provenance["begins_with"]
    return beginning_with(as_plain_text(read_tokenizer(checkpoint.folder).backend), None if bos is None else str(bos))


def from_store(store: "StoredCorpus", place: CorpusSentence, options: Options, probes: "Probes | None") -> View | None:
    """The view of a corpus sentence from its stored maps; None if there are none, or if the store is damaged."""
    from probing.view.stored_view import stored_view

    try:
        view = stored_view(store, place, options, probes)
    except DamagedStoreError as error:
        say(f"{error}; the model computes it instead", "yellow")
        return None
    return view and replace(view, about={**view.about, "maps": str(store.maps.path)})


def from_model(encoder: "Callable[[], Encoder]", one: Input, options: Options, probes: "Probes | None") -> View:
    """The view of any input, by a forward pass. Raises ProbingError."""
    if one.place is None:
        view = text_view(encoder(), one.text, one.text_b, options, probes)
    else:
        view = sentence_view(encoder(), one.place, options, probes)
    return replace(view, about={**view.about, "maps": MODEL})
