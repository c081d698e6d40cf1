"""The inputs of the viewer and the file that it writes, checked before a model is loaded."""

import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipelines.shared.machine_settings import MachineSettings
from pipelines.shared.schema import listed
from probing.analysis.concept_changes import REMOVALS
from probing.axes import Corpus, Note
from probing.data.text import read_lines
from probing.errors import ConfigError, DataError, one_of, positive
from probing.view.bundle import is_page
from probing.view.forward_view import PARTS
from probing.view.pack import BITS
from probing.view.record import AUTO, CorpusSentence
from probing.view.stored_view import find

_LONGEST_NAME = 48  # characters of the input in a file's name


@dataclass
class Settings(MachineSettings):
    """The options of ``python -m pipelines.view`` that are in no group."""

    text: str | None = None
    text_b: str | None = None
    file: str | None = None
    most: int = 20
    sentence: Any = None
    load: bool = False
    out: str | None = None
    bits: Any = "auto"
    parts: Any = "auto"
    longest_flow: int = 64
    longest_neurons: int = 128
    layers: Any = None
    beside: str | None = None
    runs: Any = field(default_factory=lambda: ["outputs/runs"])
    probes: Any = "auto"
    remove: Any = None
    remove_layers: Any = None
    remove_method: str = "leace"

    def __post_init__(self) -> None:
        """Refuse impossible values."""
        for name in ("most", "longest_flow", "longest_neurons"):
            positive(name, getattr(self, name))
        one_of("bits", self.bits, ("auto", *BITS))
        super().__post_init__()
        for part in listed(self.parts):
            one_of("parts", part, PARTS if isinstance(self.parts, list) else ("auto", *PARTS))
        for layer in listed(self.layers):
            if not isinstance(layer, int) or layer < 1:
                raise ConfigError(f"layers: {layer}: layers count from 1; type layers=[1,6]")
        one_of("remove_method", self.remove_method, REMOVALS)
        for layer in listed(self.remove_layers):
            if type(layer) is not int or layer < 0:
                raise ConfigError(f"remove_layers: {layer}: a number from 0 on; type remove_layers=[0,3]")
        if self.remove_layers is not None and not self.removed:
            raise ConfigError("remove_layers=… says where something is removed; type also what, such as remove=pos")
        self.runs = [str(run) for run in listed(self.runs)]
        self.probes = [str(name) for name in listed(self.probes)] or [AUTO]

    @property
    def chosen_parts(self) -> tuple[str, ...]:
        """The parts to compute besides attention and rollout."""
        return PARTS if self.parts == "auto" else tuple(listed(self.parts))

    @property
    def removed(self) -> list[str]:
        """The properties to remove."""
        return [str(one) for one in listed(self.remove)]

    @property
    def sentences(self) -> list[str]:
        """The ids of the sentences to show."""
        return [str(one) for one in listed(self.sentence)]


@dataclass(frozen=True)
class Input:
    """One document of the page: a text, perhaps with a second one, or a sentence of a corpus (``place``)."""

    text: str = ""
    text_b: str | None = None
    place: CorpusSentence | None = None


def choose(settings: Settings) -> None:
    """Raise ConfigError unless exactly one of text, file and sentence is given."""
    given = {"text": settings.text, "file": settings.file, "sentence": settings.sentence}
    names = [name for name, value in given.items() if value is not None and value != []]
    if settings.text_b is not None and settings.text is None:
        raise ConfigError("text_b=… is the second of two texts; type the first one as text=…")
    if settings.text_b is not None and settings.removed:
        raise ConfigError("remove=… takes a property out of one text; leave out text_b=… or remove=…")
    if len(names) != 1:
        seen = f"{', '.join(f'{name}=…' for name in names)} are given" if names else "no input is given"
        raise ConfigError(f'{seen}; type one of text="The cat sat", file=texts.txt or sentence=<id>')
    for name, text in (("text", settings.text), ("text_b", settings.text_b)):
        if text is not None and not text.strip():
            raise ConfigError(f'{name}={text!r}: it is empty; type {name}="The cat sat on the mat"')


def texts(settings: Settings) -> tuple[list[Input], tuple[Note, ...]]:
    """The texts to show; a note says if the file has more of them. Raises DataError for a file without texts."""
    if settings.file is None:
        return ([] if settings.text is None else [Input(settings.text, settings.text_b)]), ()
    path, found = Path(settings.file), []
    for number, line in enumerate(read_lines(path), start=1):
        parts = line.split("\t")
        if line.strip() and (len(parts) > 2 or not all(part.strip() for part in parts)):
            seen = f"{len(parts) - 1} tabs" if len(parts) > 2 else "a text on one side of the tab only"
            raise DataError(f"{path}:{number}: {seen}; a text is expected, or two texts separated by one tab")
        if line.strip():
            found.append(Input(parts[0], parts[1] if len(parts) == 2 else None))
    if not found:
        raise DataError(f"{path} has no text; write one per line")
    left = found[settings.most :]
    note = Note("left out", f"{path}: {len(left):,} of {len(found):,} texts are left out; type most={len(found)}")
    return found[: settings.most], (note,) if left else ()


def sentences(settings: Settings, corpus: Corpus) -> list[Input]:
    """The corpus sentences to show. Raises ConfigError for an id that is not in the corpus."""
    return [Input(place=find(corpus, name)) for name in settings.sentences]


def target(settings: Settings, model: str) -> Path:
    """The file to write. Raises ConfigError for a folder, and for a file that is not a page of the viewer."""
    path = Path(settings.out) if settings.out is not None else _default(settings, model)
    if path.is_dir():
        raise ConfigError(f"out={path} is a folder; type out={path / 'view.html'}")
    if path.exists() and not is_page(path):
        raise ConfigError(f"{path} exists and is not a page of this viewer; move it, or choose another out=…")
    return path


def _default(settings: Settings, model: str) -> Path:
    if settings.sentences:
        name = _slug(*settings.sentences)
    elif settings.file is not None:
        name = f"{_slug(Path(settings.file).stem)}-{_digits(str(Path(settings.file).resolve()))}"
    else:
        name = _slug(settings.text or "", *filter(None, [settings.text_b]))
    return Path(settings.outputs, "views", model, f"{name}.html")


def _slug(*texts: str) -> str:
    """A file name from the texts; with digits of a checksum unless the name alone identifies them."""
    plain = re.sub(r"[^a-zA-Z0-9]+", "-", " ".join(texts)).strip("-")[:_LONGEST_NAME].strip("-").lower()
    return plain if texts == (plain,) else "-".join(filter(None, [plain, _digits("\x1f".join(texts))]))


def _digits(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:6]
