"""The page inside a notebook: Jupyter, VS Code and Colab show it in a frame, without widgets and without a network."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from probing.errors import ConfigError, positive, shown
from probing.model.checkpoint import BUNDLED_NAME
from probing.view.bundle import page
from probing.view.chosen_layers import only_layers
from probing.view.encoder_decoder import GivenWeights, encoder_decoder_views
from probing.view.model_views import Models, checkpoint_of, model_views
from probing.view.opening import opening
from probing.view.pack import pack
from probing.view.record import View

if TYPE_CHECKING:
    from probing.view.given_maps import Weights

_OF_ENCODER_DECODER = tuple(GivenWeights.__dataclass_fields__)


class PageOptions(TypedDict, total=False):
    """Options of ``show`` that are rarely needed; ``show`` says what each means."""

    height: int
    view: str
    layer: int
    heads: int | str | Sequence[int]
    layers: Sequence[int]
    longest_flow: int
    longest_neurons: int
    sentence_b_start: int | None
    encoder_attention: "Weights"
    decoder_attention: "Weights"
    cross_attention: "Weights"
    encoder_tokens: Sequence[str]
    decoder_tokens: Sequence[str]
    decoder_text: str


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
    text: str | View | Sequence[str | View] | None = None,
    text_b: str | None = None,
    model: Models = BUNDLED_NAME,
    *,
    attention: "Weights | None" = None,
    tokens: Sequence[str] | None = None,
    **options: Unpack[PageOptions],
) -> NotebookPage:
    """Attention as a page: of ``text`` (and ``text_b``) in ``model``, of a View, or of weights from any library.

    text: several texts, or model: several models, are shown beside each other. model: minilm, a folder or a Hub id,
    loaded once and kept in memory; or what probing.load_model returned. attention, tokens: as BertViz takes them, a
    list over layers of (1, H, S, S) or (H, S, S), arrays or tensors, and S names; no model is loaded. Options:
    view: what the page opens with: heads, model, heatmap, neurons, words or compare. layer: from 1. heads: from 0, one
    or a list, or "all". layers: only these layers are kept, for a small page. height: of the frame, in pixels (760).
    sentence_b_start (with attention): position of the second text's first subword. encoder_attention,
    decoder_attention, cross_attention, encoder_tokens, decoder_tokens: of an encoder-decoder, as BertViz takes them.
    decoder_text, with a text: what the decoder of an encoder-decoder model has written, for its cross-attention.
    longest_flow (64), longest_neurons (128), with a text: for more subwords, flow and the query and key vectors are
    left out; flow takes minutes from 128 subwords on, the vectors double the size of the page.
    Raises: ConfigError if the arguments do not say what to show, or say it twice; ModelError or UnavailableError if it
    cannot be shown; TypeError for an unknown option.
    """
    for name in options:
        if name not in PageOptions.__annotations__:
            raise TypeError(f"show() got an unexpected keyword argument {name!r}")
    positive("height", height := options.get("height", 760))
    views = _views(text, text_b, model, (attention, tokens), options)
    if (layers := options.get("layers")) is not None:
        views = [only_layers(one, layers) for one in views]
    several = len(views) > 1 and views[0].about.get("part") is None
    tab = options.get("view", "compare" if several else None)
    opens = opening(views, tab, options.get("layer"), options.get("heads"))
    packed = [pack(one) for one in views]
    title = f"attention: {packed[0].header['model']}, {packed[0].header['text'][:60]}"
    return NotebookPage(page(packed, opens=opens), title, height)


def _views(
    text: str | View | Sequence[str | View] | None,
    text_b: str | None,
    model: Models,
    weights: "tuple[Weights | None, Sequence[str] | None]",
    options: PageOptions,
) -> list[View]:
    """What is to be shown. Raises: ConfigError unless it is said exactly once."""
    attention, tokens = weights
    parts: dict[str, Any] = {name: value for name, value in options.items() if name in _OF_ENCODER_DECODER}
    given = [text is not None, attention is not None, bool(parts)]
    if sum(given) != 1:
        raise ConfigError(
            "show what? give show either a text, as in show('The cat sat'), or attention=… with tokens=…, or "
            "cross_attention=… with encoder_tokens=… and decoder_tokens=…"
        )
    if attention is None and (tokens is not None or options.get("sentence_b_start") is not None):
        raise ConfigError("tokens=… and sentence_b_start=… need attention=…; the tokenizer makes the tokens of a text")
    texts = [text] if isinstance(text, str | View) else list(text or ())
    if len(texts) > 1 and all(isinstance(one, str) and one.split() == [one] for one in texts):
        raise ConfigError(
            f"show: {shown(repr(texts))} is no text but words; type show('The cat sat'), or show(' '.join(words))"
        )
    longest = {name: value for name, value in options.items() if name.startswith("longest_")}
    if longest and not any(isinstance(one, str) for one in texts):
        raise ConfigError(f"{', '.join(longest)}: needs a text; a view, or attention=…, is shown as it is")
    if parts:
        return encoder_decoder_views(GivenWeights(**parts))
    if "decoder_text" in options:
        return _seq2seq(texts, text_b, model, options["decoder_text"])
    if attention is not None:
        return [_weights_view(attention, tokens, text_b, options.get("sentence_b_start"))]
    return model_views(
        texts, text_b, list(model) if isinstance(model, Sequence) and not isinstance(model, str) else [model], longest
    )


def _seq2seq(texts: Sequence[str | View], text_b: str | None, model: Models, decoder_text: str) -> list[View]:
    from probing.view.seq2seq import seq2seq_views

    [text] = texts if len(texts) == 1 else [None]
    if not isinstance(text, str) or not isinstance(model, str) or text_b is not None:
        raise ConfigError("decoder_text=… needs one text and one model, and no text_b=…")
    return seq2seq_views(checkpoint_of(model), text, decoder_text)


def _weights_view(
    attention: "Weights", tokens: Sequence[str] | None, text_b: str | None, sentence_b_start: int | None
) -> View:
    from probing.view.external_weights import weights_view

    if tokens is None or text_b is not None:
        raise ConfigError("attention=… needs tokens=[…], one per subword, and sentence_b_start=… for a second text")
    return weights_view(attention, tokens, sentence_b_start)
