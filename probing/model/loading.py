"""Reading a checkpoint's network into memory, frozen, with its head or not, and its untrained twin."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from probing.errors import ModelError, ProbingError, first_line, no_memory
from probing.model.checkpoint import Checkpoint, Model
from probing.model.network_pass import Network, quiet
from probing.model.placement import arithmetic, reading_options, said, spread
from probing.model.saved_head import Kind, ModelHead, head_of, is_encoder, reader_of
from probing.model.text_part import require_text, text_part, without_projection
from probing.model.weights import require_different, require_weights

log = logging.getLogger(__name__)


class SavedNetwork(NamedTuple):
    """An encoder, the head that it was saved with (None: without one), and what a reader of the scores must know."""

    network: Network
    head: ModelHead | None
    notes: tuple[str, ...]


def read_network(model: Model, checkpoint: Checkpoint, device: str = "cpu", head: bool = False) -> SavedNetwork:
    """The encoder on ``device``, frozen (evaluation mode, no gradients), in the arithmetic of ``model.precision``; or
    spread, as ``model.placement`` says, with ``device`` for what it is given and what it gives.

    ``head``: together with the head that it was saved with, from the same read; None if the checkpoint has no head or
    not all of its weights, for one that ``head_of`` refuses, and for the untrained twin. Of an encoder-decoder the
    encoder, of a model of text and images the part that reads text, never with a head. The untrained twin is built from
    the configuration: re-initialising loaded weights does nothing in transformers 5.
    Raises: ModelError if transformers cannot build it, if it reads no text, or if the file does not have all of the
    encoder's weights.
    """
    from transformers import AutoConfig

    options: dict[str, Any] = {"dtype": arithmetic(model.precision)}
    try:
        with named(checkpoint.folder), quiet():
            options |= (placed := reading_options(model, checkpoint.folder, device))
            config = AutoConfig.from_pretrained(checkpoint.folder, local_files_only=True, trust_remote_code=False)
            require_text(config)
            config.use_cache = False  # keys and values of past subwords serve generation only
            if model.untrained_seed is None:
                read = _trained(checkpoint.folder, config, options, head)
            else:
                read = _untrained(checkpoint.folder, config, options, model.untrained_seed)
    except ProbingError:
        raise
    # Configurations of unknown or foreign architectures fail in as many ways as there are architectures.
    except Exception as error:
        hint = "; its code would have to be run, which is never done" if "remote_code" in str(error) else ""
        raise ModelError(f"{checkpoint.folder}: transformers cannot load this: {first_line(error)}{hint}") from error
    full = read.full.eval().requires_grad_(requires_grad=False)
    network, own_head, notes = _divided(full if placed else full.to(device), read)
    if without_projection(network):
        note = "the projection after the last block is left out, so that all layers have the same width"
        return SavedNetwork(network, None, (*read.notes, note))  # its head reads what the projection gives
    return SavedNetwork(network, own_head, notes)


def _divided(full: Network, read: "_Read") -> SavedNetwork:
    """Encoder and head of what was read; a head that cannot be taken off is left out, with a note."""
    if read.kind is None:
        return SavedNetwork(full, None, read.notes)
    network = full.base_model
    try:
        return SavedNetwork(network, head_of(full, read.kind), read.notes)
    except Exception as error:  # heads that are not made for one vector fail in as many ways as there are heads
        if no_memory(error):
            raise
        return SavedNetwork(network, None, (*read.notes, f"the checkpoint's own head is left out: {first_line(error)}"))


@contextmanager
def named(folder: Path) -> Iterator[None]:
    """What is refused inside the ``with`` statement names the checkpoint's folder."""
    try:
        yield
    except ModelError as error:
        raise ModelError(f"{folder}: {str(error).removeprefix(f'{folder}: ')}") from error


class _Read(NamedTuple):
    """A network as it was read: an encoder alone (kind None), or an encoder with a head of this kind."""

    full: Network
    kind: Kind | None = None
    notes: tuple[str, ...] = ()


def _trained(folder: Path, config: Any, options: Mapping[str, Any], head: bool) -> _Read:
    from transformers import AutoModel

    if head and (found := reader_of(config)):
        kind, reader = found
        try:
            full, missing = read_with(reader, folder, config, **options)
        except Exception as error:  # if not the head but the encoder is at fault, it fails again below
            log.warning("%s: its head cannot be loaded and is left out: %s", folder, first_line(error))
        else:
            if is_encoder(full.base_model, config):
                require_weights(folder, full, full.base_model, missing)
                return _Read(full.base_model, notes=said(full)) if missing else _Read(full, kind, said(full))
    full, missing = read_with(AutoModel, folder, config, **options)
    read = _of_text(full)
    require_weights(folder, full, read.full, missing)
    return read


def read_with(reader: Any, folder: Path, config: Any, **options: Any) -> tuple[Network, set[str]]:
    """The network in ``folder``, read by this class, and the names of its weights that the file does not have.

    options: the type of its numbers (dtype), and ``reading_options``.
    """
    full, report = reader.from_pretrained(
        folder,
        config=config,
        **options,
        local_files_only=True,
        use_safetensors=True,
        trust_remote_code=False,
        output_loading_info=True,
    )
    return full, set(report["missing_keys"])


def _untrained(folder: Path, config: Any, options: Mapping[str, Any], seed: int) -> _Read:
    import torch
    import transformers

    automatic: Any = transformers.AutoModel  # its methods have no types
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        full = automatic.from_config(config, dtype=options["dtype"], trust_remote_code=False)
    for weights in folder.glob("model*.safetensors"):
        require_different(full, weights)
    return _of_text(spread(full, options) if "max_memory" in options else full)


def _of_text(full: Network) -> _Read:
    network, where = text_part(full)
    note = f"of {type(full).__name__} only the part that reads text is run ({where}, a {type(network).__name__})"
    return _Read(network, notes=(*said(full), *(() if where is None else (note,))))
