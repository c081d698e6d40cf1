"""Arguments of the wrong kind are refused with a word on where the right ones come from."""

from probing.axes import Corpus
from probing.errors import ConfigError, shown
from probing.interface.loaded_model import LoadedModel


def check_model(model: object) -> None:
    """Raise ConfigError unless ``model`` was loaded."""
    if not isinstance(model, LoadedModel):
        raise ConfigError(f"{shown(repr(model))}: a model is expected first; type model = probing.load_model('minilm')")


def check_corpus(corpus: object) -> None:
    """Raise ConfigError unless ``corpus`` was loaded."""
    if not isinstance(corpus, Corpus):
        raise ConfigError(f"{shown(repr(corpus))}: a corpus is expected; type corpus = probing.load_corpus(…) first")


def check_layer(layer: int | None, model: LoadedModel) -> None:
    """Raise ConfigError for a layer that the model does not have; None stands for all."""
    if layer is not None and (not isinstance(layer, int) or not 0 <= layer < model.n_layers):
        raise ConfigError(
            f"layer={shown(repr(layer))}: {model.name} has layers 0 (embedding output) to {model.n_layers - 1}; "
            "give one of them"
        )


def check_sentences(sentences: int | str) -> None:
    """Raise ConfigError unless ``sentences`` is a number from 1 on, or ``all``."""
    if sentences != "all" and (type(sentences) is not int or sentences < 1):
        raise ConfigError(f"sentences={shown(repr(sentences))}: give a number from 1 on, or 'all'")
