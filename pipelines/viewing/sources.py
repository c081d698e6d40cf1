"""Where the viewer's views come from: the store, where a sentence's maps are kept; else the model, loaded once."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.shared.cli import say
from pipelines.shared.machine import device_of, set_threads
from pipelines.shared.options import Parts
from pipelines.viewing.inputs import Input
from probing.axes import Corpus, Progress
from probing.errors import DamagedStoreError
from probing.model.checkpoint import Checkpoint
from probing.model.loading import read_tokenizer
from probing.store.key import key, key_parts, map_parts
from probing.store.layout import StoreFile
from probing.store.write import find
from probing.view.look import Options, look, look_at_words
from probing.view.record import View

if TYPE_CHECKING:
    from probing.view.predict import Probes

MODEL = "the model"


@dataclass(frozen=True)
class Seen:
    """A view, and whence its maps came: a file of the store, or MODEL."""

    view: View
    source: str


@dataclass(frozen=True)
class Means:
    """What looking takes. encoder: loads the model when it is first called. maps, hidden: the store's, if kept."""

    options: Options
    probes: "Probes"
    encoder: Callable[[], Any]
    maps: StoreFile | None = None
    hidden: StoreFile | None = None
    tokenizer: Any = None


def look_at(
    parts: Parts, checkpoint: Checkpoint, corpus: Corpus | None, inputs: Sequence[Input], on_progress: Progress
) -> list[Seen]:
    """A view of every input, in order. Raises ProbingError."""
    set_threads(parts.settings.threads)
    found = []
    with means(parts, checkpoint, corpus) as by:
        for number, one in enumerate(inputs):
            on_progress("looking", number, len(inputs))
            kept = from_store(by, corpus, one)
            if kept is None and one.sentence is not None and not parts.settings.load:
                say(f"{one.sentence.id}: no attention of it is in the store; the model is asked")
            seen = kept or from_model(by, corpus, one)
            notes = (*seen.view.notes, *(n for n in by.probes.notes if n not in seen.view.notes))
            found.append(replace(seen, view=replace(seen.view, notes=notes)))
        on_progress("looking", len(inputs), len(inputs))
    return found


@contextmanager
def means(parts: Parts, checkpoint: Checkpoint, corpus: Corpus | None) -> Iterator[Means]:
    """Probes, the model to be loaded, and the store's files of ``corpus``, open."""
    from probing.view.predict import reader

    settings = parts.settings

    @cache
    def encoder() -> Any:
        from probing.model.encoder import load

        say(f"loading {checkpoint.name}")
        return load(parts.model, checkpoint, device_of(settings.device), maps=True)

    longest = (settings.longest_flow, settings.longest_neurons)
    options = Options(parts.attention.rollout(), settings.chosen_parts, *longest)
    probes = reader([Path(run) for run in settings.runs], checkpoint.revision, parts.model.precision)
    by = Means(options, probes, encoder)
    if corpus is None or settings.load:
        yield by
        return
    keyed = key_parts(parts.store, parts.model, checkpoint, corpus)
    with ExitStack() as files:
        maps, hidden = (opened(parts, wanted, files) for wanted in (map_parts(parts.store, keyed), keyed))
        tokenizer = plain_tokenizer(checkpoint) if maps else None
        yield replace(by, maps=maps, hidden=hidden, tokenizer=tokenizer)


def opened(parts: Parts, keyed: dict[str, str], files: ExitStack) -> StoreFile | None:
    """The store's file of a key, if there is one that is whole."""
    path = find(Path(parts.store.folder), key(keyed))
    try:
        return files.enter_context(StoreFile(path)) if path else None
    except DamagedStoreError as error:
        say(f"{error}; passed over", "yellow")
        return None


def plain_tokenizer(checkpoint: Checkpoint) -> Any:
    """The tokenizer as the store's subwords were made with."""
    from probing.model.align import as_plain_text

    return as_plain_text(read_tokenizer(checkpoint.folder).backend)


def from_store(by: Means, corpus: Corpus | None, one: Input) -> Seen | None:
    """The view of a corpus sentence whose maps are kept; None for any other input."""
    from probing.view.stored_view import stored

    if by.maps is None or corpus is None or one.sentence is None:
        return None
    try:
        view = stored(by.maps, by.hidden, corpus, one.sentence.id, by.tokenizer, by.options, by.probes)
    except DamagedStoreError as error:
        say(f"{error}; the model is asked instead", "yellow")
        return None
    return None if view is None else Seen(view, str(by.maps.path))


def from_model(by: Means, corpus: Corpus | None, one: Input) -> Seen:
    """The view of any input, by a forward pass. Raises ProbingError."""
    from probing.view.predict import with_gold

    if one.sentence is None or corpus is None:
        return Seen(look(by.encoder(), one.text, one.text_b, by.options, by.probes), MODEL)
    view = look_at_words(by.encoder(), one.sentence, by.options, by.probes)
    about = {**view.about, "corpus": corpus.name, "split": one.split, "id": one.sentence.id}
    known = one.split != "test" and any(_same(found.data, corpus.name) for found in view.probes)
    notes = (*view.notes, f"the probes of {corpus.name} may be made with this sentence, which is of {one.split}")
    view = replace(view, about=about, notes=notes if known else view.notes)
    return Seen(replace(view, probes=with_gold(view.probes, one.sentence)), MODEL)


def _same(one: str, other: str) -> bool:
    """Whether two names of corpora are of the same one, whole or cut: ewt, ewt-300."""
    return one == other or one.startswith(f"{other}-") or other.startswith(f"{one}-")
