"""Views of texts in models that are named: each model is loaded once and kept in memory."""

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from probing.errors import ConfigError, ModelError, UnavailableError
from probing.model.checkpoint import BUNDLED, BUNDLED_NAME, Checkpoint, Model, resolve
from probing.model.encoder import Encoder, load
from probing.view.record import View

T = TypeVar("T")
CACHED_MODELS = 2
_WANTED = f"{BUNDLED_NAME} (bundled), a folder with safetensors weights, or a Hub id (org/name) is expected"


class HasEncoder(Protocol):
    """A loaded model."""

    @property
    def encoder(self) -> Encoder:
        """The model and its tokenizer."""


Models = str | HasEncoder | Sequence[str | HasEncoder]


def model_views(
    texts: Sequence[str | View], text_b: str | None, models: Sequence[str | HasEncoder], options: Mapping[str, Any]
) -> list[View]:
    """A view of every text in every model; a View stays as it is. options: of ``forward_view.Options``.

    Raises: ConfigError for a View with a second text or with several models, or for no text or model; as ``encoder_of``
    and ``text_view``.
    """
    from probing.view.forward_view import Options, text_view

    if not texts or not models:
        raise ConfigError("show what? text=[] or model=[] is empty; give at least one text and one model")
    if any(isinstance(one, View) for one in texts) and (text_b is not None or len(models) > 1):
        raise ConfigError(
            "text_b=… needs a text, and so do several models; a view already contains its texts and its model: "
            "show(text, text_b)"
        )
    chosen = Options(**options)
    return [
        one if isinstance(one, View) else text_view(encoder_of(model), one, text_b, chosen)
        for one in texts
        for model in models
    ]


def encoder_of(name: str | HasEncoder) -> Encoder:
    """The encoder with this name, from memory if it was loaded before; or of a loaded model. Raises: as ``resolve``,
    ``load``.
    """
    if not isinstance(name, str):
        return name.encoder.step_by_step()
    return _named(name, lambda requested: _loaded(requested, resolve(requested)))


def checkpoint_of(name: str) -> Checkpoint:
    """The files of the model with this name. Raises: as ``resolve``."""
    return _named(name, resolve)


def _named(name: str, found: Callable[[Model], T]) -> T:
    """What ``found`` makes of the model with this name; its errors say the name."""
    try:
        return found(Model(checkpoint=BUNDLED if name == BUNDLED_NAME else name))
    except UnavailableError as error:
        raise UnavailableError(f"model={name}: {_WANTED}. {error}") from error
    except ModelError as error:
        raise ModelError(f"model={name}: {error}; {_WANTED}") from error


@functools.lru_cache(maxsize=CACHED_MODELS)
def _loaded(model: Model, checkpoint: Checkpoint) -> Encoder:
    """By checkpoint, and so by its revision: a folder whose files have changed is read again."""
    return load(model, checkpoint, maps=True)
