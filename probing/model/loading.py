"""Reading a checkpoint's tokenizer and network into memory, frozen, with its head or not, and its untrained twin."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from probing.errors import ModelError
from probing.model.checkpoint import Checkpoint, Model
from probing.model.network_facts import Network
from probing.model.saved_head import Kind, ModelHead, is_encoder, reader_of, split

if TYPE_CHECKING:
    import torch
    from tokenizers import Tokenizer

log = logging.getLogger(__name__)
ROLES = ("mask", "unk", "pad", "cls", "sep", "bos", "eos")
NO_LIMIT = 1_000_000  # tokenizers without a length of their own say 10 to the 30


class SavedTokenizer(NamedTuple):
    """A fast tokenizer, the longest input it was saved for in subwords (None: no limit), and its special tokens.

    special: by role (``mask``, ``unk``, ``pad``, ``cls``, ``sep``, ``bos``, ``eos``) the token as it is spelled, and
    its number; a role that no token has is not in it.
    """

    backend: "Tokenizer"
    longest: int | None
    special: Mapping[str, tuple[str, int]]


def read_tokenizer(folder: Path) -> SavedTokenizer:
    """The fast tokenizer saved in ``folder``.

    Raises: ModelError if it cannot be read or is not a fast one: only fast ones tell where subwords begin.
    """
    from transformers import AutoTokenizer

    try:
        with quiet():
            tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except Exception as error:
        raise ModelError(f"{folder}: the tokenizer cannot be read: {_first_line(error)}") from error
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None:
        raise ModelError(
            f"{folder}: {type(tokenizer).__name__} is not a fast tokenizer, and only those give character "
            "offsets; choose a checkpoint that has a tokenizer.json"
        )
    named = {role: (getattr(tokenizer, f"{role}_token"), getattr(tokenizer, f"{role}_token_id")) for role in ROLES}
    special = {role: (str(token), int(number)) for role, (token, number) in named.items() if number is not None}
    longest = int(tokenizer.model_max_length)
    return SavedTokenizer(backend, longest if longest < NO_LIMIT else None, special)


def read_network(
    model: Model, checkpoint: Checkpoint, device: str = "cpu", head: bool = False
) -> tuple[Network, ModelHead | None]:
    """The encoder on ``device``, frozen (evaluation mode, no gradients), in the arithmetic of ``model.precision``.

    ``head``: together with the head that it was saved with, from the same read; None if the checkpoint has no head or
    not all of its weights, and for the untrained twin. Of an encoder-decoder, the encoder, never with a head. The
    untrained twin is built from the configuration: re-initialising loaded weights does nothing in transformers 5.
    Raises: ModelError if transformers cannot build it, or if the file does not have all of the encoder's weights.
    """
    import torch
    from transformers import AutoConfig

    dtype = torch.float32 if model.precision == "float32" else torch.bfloat16
    try:
        with quiet():
            config = AutoConfig.from_pretrained(checkpoint.folder, local_files_only=True, trust_remote_code=False)
            config.use_cache = False  # keys and values of past subwords serve generation only
            if model.untrained_seed is None:
                read = _trained(checkpoint.folder, config, dtype, head)
            else:
                read = _Read(_untrained(checkpoint.folder, config, dtype, model.untrained_seed), None)
    except ModelError:
        raise
    # Configurations of unknown or foreign architectures fail in as many ways as there are architectures.
    except Exception as error:
        hint = "; its code would have to be run, which is never done" if "remote_code" in str(error) else ""
        raise ModelError(f"{checkpoint.folder}: transformers cannot load this: {_first_line(error)}{hint}") from error
    full = read.full.eval().requires_grad_(requires_grad=False).to(device)
    return (full, None) if read.kind is None else split(full, read.kind)


class _Read(NamedTuple):
    """A network as it was read: an encoder alone (kind None), or an encoder with a head of this kind."""

    full: Network
    kind: Kind | None


def _trained(folder: Path, config: Any, dtype: "torch.dtype", head: bool) -> _Read:
    from transformers import AutoModel

    if head and (found := reader_of(config)):
        kind, reader = found
        try:
            full, missing = _read(reader, folder, config, dtype)
        except Exception as error:  # if not the head but the encoder is at fault, it fails again below
            log.warning("%s: its head cannot be loaded and is left out: %s", folder, _first_line(error))
        else:
            if is_encoder(full.base_model, config):
                _require_weights(folder, full, full.base_model, missing)
                return _Read(full.base_model, None) if missing else _Read(full, kind)
    full, missing = _read(AutoModel, folder, config, dtype)
    network = _encoder(full)
    _require_weights(folder, full, network, missing)
    return _Read(network, None)


def _read(reader: Any, folder: Path, config: Any, dtype: "torch.dtype") -> tuple[Network, set[str]]:
    """The network in ``folder``, and the names of its weights that the file does not have."""
    full, report = reader.from_pretrained(
        folder,
        config=config,
        dtype=dtype,
        local_files_only=True,
        use_safetensors=True,
        trust_remote_code=False,
        output_loading_info=True,
    )
    return full, set(report["missing_keys"])


def _require_weights(folder: Path, full: Network, network: Network, missing: set[str]) -> None:
    """Raise ModelError if weights of ``network``, a part of ``full``, are among the missing ones."""
    used = {id(weight) for weight in network.parameters()}
    names = {name for name, weight in full.named_parameters(remove_duplicate=False) if id(weight) in used}
    # Not the pooler's: it reads the last hidden state and gives none.
    random = sorted(name for name in names & missing if "pooler" not in name)
    if random:
        raise ModelError(f"{folder}: the weights of {', '.join(random[:3])} are not in the file ({len(random)} in all)")


def _untrained(folder: Path, config: Any, dtype: "torch.dtype", seed: int) -> Network:
    import torch
    import transformers

    automatic: Any = transformers.AutoModel  # its methods have no types
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        full = automatic.from_config(config, dtype=dtype, trust_remote_code=False)
    for weights in folder.glob("model*.safetensors"):
        _assert_differs(full, weights)
    return _encoder(full)


def _assert_differs(full: Network, weights: Path) -> None:
    """Raise ModelError if every matrix of the twin that is in ``weights`` too is the trained one."""
    import torch
    from safetensors import safe_open

    with safe_open(weights, framework="pt") as file:
        saved = set(file.keys())
        # Checkpoints with a head prefix every name with that of the encoder ("bert.").
        named = {key.partition(".")[2]: key for key in saved} | {key: key for key in saved}
        both = [(named[k], weight) for k, weight in full.named_parameters() if k in named and weight.dim() > 1]
        if both and all(torch.equal(file.get_tensor(key).to(weight.dtype), weight) for key, weight in both):
            raise ModelError(f"{weights.parent}: the untrained twin equals the trained weights")


def _encoder(network: Network) -> Network:
    """The encoder of an encoder-decoder, also where only the encoder was saved; any other network as it is."""
    return network.encoder if hasattr(network, "encoder") and hasattr(network, "decoder") else network


@contextmanager
def quiet() -> Iterator[None]:
    """Silence transformers' own reports: what they warn of is checked here and raised."""
    import transformers

    reports: Any = transformers.utils.logging  # its functions have no types
    level, bars = reports.get_verbosity(), reports.is_progress_bar_enabled()
    reports.disable_default_handler()  # whoever runs this decides how its records are shown
    reports.enable_propagation()
    reports.set_verbosity_error()
    reports.disable_progress_bar()
    try:
        yield
    finally:
        reports.set_verbosity(level)
        if bars:
            reports.enable_progress_bar()


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", maxsplit=1)[0] or type(error).__name__
