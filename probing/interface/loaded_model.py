"""A model in memory, by the name that a user types."""

import warnings
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypedDict, Unpack

from probing.errors import ModelError, UnavailableError, first_line, shown
from probing.model.checkpoint import BUNDLED, BUNDLED_NAME, Checkpoint, Model, resolve

if TYPE_CHECKING:
    from probing.model.encoder import Encoder

_WANTED = f"type {BUNDLED_NAME} (bundled), a folder with safetensors weights, or a Hub id (org/name)"


class ModelOptions(TypedDict, total=False):
    """Options of ``load_model`` that are rarely needed; ``probing.model.checkpoint.Model`` says what each means."""

    precision: str
    placement: str
    long: str
    max_subwords: int | None
    bos: str
    untrained_seed: int | None


@dataclass(frozen=True, eq=False)
class LoadedModel:
    """A frozen model; ``load_model`` makes one. encoder: with its tokenizer, what all functions run.

    n_layers: hidden states per subword, L: layer 0 is the embedding output. width: numbers per vector, D. n_heads: H.
    """

    model: Model
    checkpoint: Checkpoint
    encoder: "Encoder"

    @property
    def name(self) -> str:
        """What tables and pages call it."""
        return self.checkpoint.name

    @property
    def n_layers(self) -> int:
        """Hidden states per subword: the embedding output and one for each block."""
        return self.encoder.n_layers

    @property
    def width(self) -> int:
        """Numbers per vector."""
        return self.encoder.width

    @cached_property
    def n_heads(self) -> int:
        """Attention heads per layer. Raises: ModelError if the model gives no attention maps."""
        return self.encoder.step_by_step().map_facts.n_heads

    def __repr__(self) -> str:
        """Name and size, in one line."""
        kind = "decoder" if self.encoder.causal else "encoder"
        return f"{self.name}: {kind}, layers 0 to {self.n_layers - 1}, width {self.width}, on {self.encoder.device}"


def load_model(
    name: str = BUNDLED_NAME,
    *,
    revision: str | None = None,
    head: bool = False,
    device: str = "cpu",
    **options: Unpack[ModelOptions],
) -> LoadedModel:
    """Load a model and freeze it: no gradients, evaluation mode, nothing is ever trained.

    Args:
        name: ``minilm`` (bundled, needs no network), a folder with safetensors weights, or a Hub id (``org/name``).
        revision: a branch, tag or commit of a Hub id.
        head: also load the head that the checkpoint was saved with (masked word, next word, classifier); ``ablate``
            then measures on it.
        device: ``cpu``, ``cuda``, ``cuda:1`` or ``mps``.
        options: precision (``float32``, ``bfloat16``, ``float16``, ``int8``); placement (``one`` device, or ``auto``:
            all GPUs and the processor's memory); long: what happens to sentences longer than the model's window
            (``window``, ``truncate``); max_subwords: a smaller window; bos: a token that begins every text (``auto``,
            ``on``, ``off``); untrained_seed: the same architecture with random weights from this seed.

    Raises:
        UnavailableError: the model is not on this machine and the Hub cannot be reached; no other model stands in.
        ModelError: there is no such model, or it cannot be loaded.
        ConfigError: an option has an impossible value.
        TypeError: there is no such option.

    Examples:
        >>> import probing
        >>> model = probing.load_model("minilm")
        >>> model
        minilm: encoder, layers 0 to 6, width 384, on cpu
    """
    for option in options:
        if option not in ModelOptions.__annotations__:
            raise TypeError(f"load_model() got an unexpected keyword argument {option!r}")
    _check_device(device)
    model = Model(checkpoint=BUNDLED if name == BUNDLED_NAME else name, revision=revision, **options)
    try:
        checkpoint = resolve(model)
        return LoadedModel(model, checkpoint, _read(model, checkpoint, device, head))
    except UnavailableError as error:
        raise UnavailableError(f"model {name}: {error}; {_WANTED}") from error
    except ModelError as error:
        raise ModelError(f"model {name}: {error}; {_WANTED}") from error


def _read(model: Model, checkpoint: Checkpoint, device: str, head: bool) -> "Encoder":
    with warnings.catch_warnings():  # that ipywidgets are missing, for progress bars that are not shown
        warnings.filterwarnings("ignore", message="IProgress not found")
        from probing.model.encoder import load

        return load(model, checkpoint, device, head=head)


def _check_device(device: str) -> None:
    """Raise ModelError for a device that is not here."""
    import torch

    try:
        torch.empty(0, device=device)
    # torch raises as many kinds of errors as there are devices
    except Exception as error:
        raise ModelError(f"device={shown(device)} is not available ({first_line(error)}); type device='cpu'") from error
