"""Reading a checkpoint's tokenizer and network into memory, frozen, and its untrained twin."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from probing.errors import ModelError
from probing.model.checkpoint import Checkpoint, Model
from probing.model.network_facts import Network

if TYPE_CHECKING:
    import torch
    from tokenizers import Tokenizer

NO_LIMIT = 1_000_000  # tokenizers without a length of their own say 10 to the 30


def read_tokenizer(folder: Path) -> tuple["Tokenizer", int | None]:
    """The fast tokenizer saved in ``folder``, and the longest input it was saved for, in subwords.

    Raises: ModelError if it cannot be read or is not a fast one, which alone tells where subwords begin.
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
    longest = int(tokenizer.model_max_length)
    return backend, longest if longest < NO_LIMIT else None


def read_network(model: Model, checkpoint: Checkpoint, maps: bool = False) -> Network:
    """The encoder, frozen: evaluation mode, no gradients, the arithmetic of ``model.precision``.

    ``maps``: with attention computed step by step, as maps need it; fused attention is faster but yields none.
    Of an encoder-decoder, the encoder. For the untrained twin the network is built from the configuration:
    re-initialising loaded weights does nothing in current transformers.
    Raises: ModelError if transformers cannot build it, or the file leaves some of its weights at random.
    """
    import torch
    from transformers import AutoConfig

    dtype = torch.float32 if model.precision == "float32" else torch.bfloat16
    try:
        with quiet():
            config = AutoConfig.from_pretrained(checkpoint.folder, local_files_only=True, trust_remote_code=False)
            config.use_cache = False  # keys and values of past subwords serve generation only
            if maps:
                config._attn_implementation = "eager"
            if model.untrained_seed is None:
                network = _trained(checkpoint.folder, config, dtype)
            else:
                network = _untrained(checkpoint.folder, config, dtype, model.untrained_seed)
    except ModelError:
        raise
    # Configurations of unknown or foreign architectures fail in as many ways as there are architectures.
    except Exception as error:
        hint = "; its code would have to be run, which is never done" if "remote_code" in str(error) else ""
        raise ModelError(f"{checkpoint.folder}: transformers cannot load this: {_first_line(error)}{hint}") from error
    return network.eval().requires_grad_(requires_grad=False)


def _trained(folder: Path, config: Any, dtype: "torch.dtype") -> Network:
    from transformers import AutoModel

    full, report = AutoModel.from_pretrained(
        folder,
        config=config,
        dtype=dtype,
        local_files_only=True,
        use_safetensors=True,
        trust_remote_code=False,
        output_loading_info=True,
    )
    network = _encoder(full)
    used = {id(weight) for weight in network.parameters()}
    names = {name for name, weight in full.named_parameters(remove_duplicate=False) if id(weight) in used}
    # Not the pooler's: it reads the last hidden state and gives none.
    random = sorted(name for name in names & set(report["missing_keys"]) if "pooler" not in name)
    if random:
        raise ModelError(f"{folder}: the weights of {', '.join(random[:3])} are not in the file ({len(random)} in all)")
    return network


def _untrained(folder: Path, config: Any, dtype: "torch.dtype", seed: int) -> Network:
    import torch
    import transformers

    automatic: Any = transformers.AutoModel  # its methods bear no types
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

    logging: Any = transformers.utils.logging  # its functions bear no types
    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", maxsplit=1)[0] or type(error).__name__
