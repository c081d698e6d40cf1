"""The page inside a notebook: Jupyter, VS Code and Colab show a frame that needs neither widgets nor a network."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any, TypedDict, Unpack

from probing.errors import ConfigError, ModelError, UnavailableError, positive
from probing.model.checkpoint import BUNDLED, BUNDLED_NAME, Checkpoint, Model, resolve
from probing.model.encoder import Encoder, load
from probing.view.bundle import page
from probing.view.pack import pack
from probing.view.record import View

LOADED = 2  # models that are kept in memory
_WANTED = f"{BUNDLED_NAME} (bundled), a folder with safetensors weights, or a Hub id (org/name) is wanted"


class Longest(TypedDict, total=False):
    """Subwords beyond which a part of the page is left out, as Options has them."""

    longest_flow: int
    longest_neurons: int


@dataclass(frozen=True)
class Shown:
    """A page that a notebook displays where it is the value of a cell. html: the whole file."""

    html: str
    title: str
    height_px: int

    def _repr_html_(self) -> str:
        """A frame of its own: it cannot reach the notebook, and several on one page do not disturb each other."""
        return (
            f'<iframe srcdoc="{escape(self.html)}" sandbox="allow-scripts allow-downloads" '
            f'title="{escape(self.title)}" width="100%" height="{self.height_px}" '
            f'style="border: 0; width: 100%; height: {self.height_px}px"></iframe>'
        )

    def __repr__(self) -> str:
        """Where HTML is not shown, what to do."""
        return f"{self.title}: {len(self.html) / 1e6:.1f} MB of HTML; .save('view.html') writes it"

    def save(self, path: str | Path) -> Path:
        """Write the page to a file, which needs no notebook."""
        Path(path).write_text(self.html, encoding="utf-8")
        return Path(path)


def show(
    text: str | View | None = None,
    text_b: str | None = None,
    model: str = BUNDLED_NAME,
    *,
    attention: Any = None,
    tokens: Sequence[str] | None = None,
    sentence_b_start: int | None = None,
    height: int = 760,
    **longest: Unpack[Longest],
) -> Shown:
    """Attention as a page: of ``text`` (and ``text_b``) in ``model``, of a View, or of weights from anywhere.

    model: minilm, a folder or a Hub id; loaded once and kept. attention, tokens, sentence_b_start: as BertViz takes
    them, a list over layers of (1, H, S, S) or (H, S, S), arrays or tensors; no model is loaded. height: of the frame,
    in pixels. longest_flow (64), longest_neurons (128): subwords beyond which flow, and query and key vectors, are left
    out of a text's page; flow takes minutes from 128 on, the vectors double the page.
    Raises: ConfigError if it is not said what to show, or said twice; ModelError or UnavailableError if it cannot be.
    """
    positive("height", height)
    for name in longest:
        if name not in Longest.__annotations__:
            raise TypeError(f"show() got an unexpected keyword argument {name!r}")
    if longest and not isinstance(text, str):
        raise ConfigError(f"{', '.join(longest)}: goes with a text; what a view or attention=… holds is there already")
    view = _view(text, text_b, model, attention, tokens, sentence_b_start, longest)
    packed = pack(view)
    return Shown(page([packed]), f"attention: {packed.header['model']}, {packed.header['text'][:60]}", height)


def _view(
    text: str | View | None,
    text_b: str | None,
    model: str,
    attention: Any,
    tokens: Sequence[str] | None,
    sentence_b_start: int | None,
    longest: Longest,
) -> View:
    if (text is None) == (attention is None):
        raise ConfigError("show what? give show either a text, as in show('The cat sat'), or attention=… with tokens=…")
    if attention is not None:
        from probing.view.foreign import foreign

        if tokens is None or text_b is not None:
            raise ConfigError("attention=… wants tokens=[…], one per subword, and sentence_b_start=… for a second text")
        return foreign(attention, tokens, sentence_b_start)
    if tokens is not None or sentence_b_start is not None:
        raise ConfigError("tokens=… and sentence_b_start=… go with attention=…; a text brings its own")
    if isinstance(text, View):
        if text_b is not None:
            raise ConfigError("text_b=… goes with a text; a view shows what it was made of: show(text, text_b)")
        return text
    from probing.attention.flow.rollout import Rollout
    from probing.view.look import Options, look

    return look(encoder_of(model), str(text), text_b, Options(Rollout(), **longest))


def encoder_of(name: str) -> Encoder:
    """The encoder that ``name`` stands for, from memory if it was loaded before. Raises: as ``resolve``, ``load``."""
    asked = Model(checkpoint=BUNDLED if name == BUNDLED_NAME else name)
    try:
        return _loaded(asked, resolve(asked))
    except UnavailableError as error:
        raise UnavailableError(f"model={name}: {_WANTED}. {error}") from error
    except ModelError as error:
        raise ModelError(f"model={name}: {error}; {_WANTED}") from error


@functools.lru_cache(maxsize=LOADED)
def _loaded(model: Model, checkpoint: Checkpoint) -> Encoder:
    """By checkpoint, and so by its revision: a folder whose files have changed is read again."""
    return load(model, checkpoint, maps=True)
