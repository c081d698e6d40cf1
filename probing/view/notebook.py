"""The page inside a notebook: Jupyter, VS Code and Colab show it in a frame, without widgets and without a network."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypedDict, Unpack

from probing.errors import ConfigError, ModelError, UnavailableError, positive, shown
from probing.model.checkpoint import BUNDLED, BUNDLED_NAME, Checkpoint, Model, resolve
from probing.model.encoder import Encoder, load
from probing.view.bundle import page
from probing.view.pack import pack
from probing.view.record import View

if TYPE_CHECKING:
    from probing.view.external_weights import Weights

CACHED_MODELS = 2
_WANTED = f"{BUNDLED_NAME} (bundled), a folder with safetensors weights, or a Hub id (org/name) is wanted"


class PageOptions(TypedDict, total=False):
    """Options of ``show`` that are rarely needed; ``show`` says what each means."""

    height: int
    longest_flow: int
    longest_neurons: int
    sentence_b_start: int | None


class HasEncoder(Protocol):
    """A loaded model."""

    @property
    def encoder(self) -> Encoder:
        """The model and its tokenizer."""


@dataclass(frozen=True)
class NotebookPage:
    """A page that a notebook displays if it is the value of a cell. html: the whole file."""

    html: str
    title: str
    height_px: int

    def _repr_html_(self) -> str:
        """A frame of its own: it cannot reach the notebook, and several pages do not disturb each other."""
        return (
            f'<iframe srcdoc="{escape(self.html)}" sandbox="allow-scripts allow-downloads" '
            f'title="{escape(self.title)}" width="100%" height="{self.height_px}" '
            f'style="border: 0; width: 100%; height: {self.height_px}px"></iframe>'
        )

    def __repr__(self) -> str:
        """What to do where HTML is not shown."""
        return f"{self.title}: {len(self.html) / 1e6:.1f} MB of HTML; .save('view.html') writes it"

    def save(self, path: str | Path) -> Path:
        """Write the page to a file, which needs no notebook."""
        Path(path).write_text(self.html, encoding="utf-8")
        return Path(path)


def show(
    text: str | View | None = None,
    text_b: str | None = None,
    model: "str | HasEncoder" = BUNDLED_NAME,
    *,
    attention: "Weights | None" = None,
    tokens: Sequence[str] | None = None,
    **options: Unpack[PageOptions],
) -> NotebookPage:
    """Attention as a page: of ``text`` (and ``text_b``) in ``model``, of a View, or of weights from any library.

    model: minilm, a folder or a Hub id, loaded once and kept in memory; or what probing.load_model returned. attention,
    tokens: as BertViz takes them, a list over layers of (1, H, S, S) or (H, S, S), arrays or tensors, and S names; no
    model is loaded. Options: sentence_b_start (with attention): position of the second text's first subword. height: of
    the frame, in pixels (760). longest_flow (64), longest_neurons (128), with a text: for more subwords, flow and the
    query and key vectors are left out; flow takes minutes from 128 subwords on, the vectors double the size of the
    page.
    Raises: ConfigError if the arguments do not say what to show, or say it twice; ModelError or UnavailableError if it
    cannot be shown; TypeError for an unknown option.
    """
    for name in options:
        if name not in PageOptions.__annotations__:
            raise TypeError(f"show() got an unexpected keyword argument {name!r}")
    positive("height", height := options.get("height", 760))
    if (text is None) == (attention is None):
        raise ConfigError("show what? give show either a text, as in show('The cat sat'), or attention=… with tokens=…")
    if attention is None and (tokens is not None or options.get("sentence_b_start") is not None):
        raise ConfigError("tokens=… and sentence_b_start=… need attention=…; the tokenizer makes the tokens of a text")
    longest = [name for name in options if name.startswith("longest_")]
    if longest and not isinstance(text, str):
        raise ConfigError(f"{', '.join(longest)}: needs a text; a view, or attention=…, is shown as it is")
    if isinstance(text, str):
        view = _text_view(text, text_b, model, options)
    else:
        view = _given_view(text, text_b, attention, tokens, options.get("sentence_b_start"))
    packed = pack(view)
    title = f"attention: {packed.header['model']}, {packed.header['text'][:60]}"
    return NotebookPage(page([packed]), title, height)


def _text_view(text: str, text_b: str | None, model: "str | HasEncoder", options: PageOptions) -> View:
    from probing.view.forward_view import Options, text_view

    longest_flow = options.get("longest_flow", Options.longest_flow)
    longest_neurons = options.get("longest_neurons", Options.longest_neurons)
    chosen = Options(longest_flow=longest_flow, longest_neurons=longest_neurons)
    return text_view(encoder_of(model), text, text_b, chosen)


def _given_view(
    view: View | None,
    text_b: str | None,
    attention: "Weights | None",
    tokens: Sequence[str] | None,
    sentence_b_start: int | None,
) -> View:
    from probing.view.external_weights import weights_view

    if view is not None:
        if not isinstance(view, View):
            raise ConfigError(
                f"show: {shown(repr(view))} is no text; type show('The cat sat'), or show(' '.join(words))"
            )
        if text_b is not None:
            raise ConfigError("text_b=… needs a text; a view already contains its texts: show(text, text_b)")
        return view
    if attention is None or tokens is None or text_b is not None:
        raise ConfigError("attention=… needs tokens=[…], one per subword, and sentence_b_start=… for a second text")
    return weights_view(attention, tokens, sentence_b_start)


def encoder_of(name: "str | HasEncoder") -> Encoder:
    """The encoder with this name, from memory if it was loaded before; or of a loaded model. Raises: as ``resolve``,
    ``load``.
    """
    if not isinstance(name, str):
        return name.encoder.step_by_step()
    requested = Model(checkpoint=BUNDLED if name == BUNDLED_NAME else name)
    try:
        return _loaded(requested, resolve(requested))
    except UnavailableError as error:
        raise UnavailableError(f"model={name}: {_WANTED}. {error}") from error
    except ModelError as error:
        raise ModelError(f"model={name}: {error}; {_WANTED}") from error


@functools.lru_cache(maxsize=CACHED_MODELS)
def _loaded(model: Model, checkpoint: Checkpoint) -> Encoder:
    """By checkpoint, and so by its revision: a folder whose files have changed is read again."""
    return load(model, checkpoint, maps=True)
