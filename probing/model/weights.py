"""Whether a network has the weights that its file should give it, and whether an untrained twin has others."""

import copy
from pathlib import Path
from typing import TYPE_CHECKING

from probing.errors import ModelError
from probing.model.network_pass import Network

if TYPE_CHECKING:
    import torch


def require_weights(folder: Path, full: Network, network: Network, missing: set[str]) -> None:
    """Raise ModelError if weights of ``network``, a part of ``full``, are ``missing`` from the file.

    Not those that are computed and never saved (Marian's positions), nor the pooler's: it gives no hidden state.
    """
    used = {id(weight) for weight in network.parameters()}
    names = {name for name, weight in full.named_parameters(remove_duplicate=False) if id(weight) in used}
    random = sorted(name for name in names & missing if "pooler" not in name and not _computed(full, name))
    if random:
        raise ModelError(f"{folder}: the weights of {', '.join(random[:3])} are not in the file ({len(random)} in all)")


def _computed(full: Network, name: str) -> bool:
    """Whether initialisation gives this weight the same values from any seed, and not one value throughout (as it
    gives biases and norms, which are learned).
    """
    import torch

    weight = full.get_parameter(name)
    module, _, own = name.rpartition(".")
    again = copy.deepcopy(full.get_submodule(module))
    if weight.unique().numel() < 3:
        return False
    values = []
    with torch.random.fork_rng(devices=[]):
        for seed in (0, 1):
            torch.manual_seed(seed)
            with torch.no_grad():
                again.get_parameter(own).fill_(seed)
                full._init_weights(again)
            values.append(again.get_parameter(own).detach().clone())
    return all(bool(torch.equal(value, weight)) for value in values)


def require_different(full: Network, weights: Path) -> None:
    """Raise ModelError if every matrix of an untrained twin that is in ``weights`` too is the trained one."""
    from safetensors import safe_open

    with safe_open(weights, framework="pt") as file:
        saved = set(file.keys())
        # Checkpoints with a head prefix every name with that of the encoder ("bert.").
        named = {key.partition(".")[2]: key for key in saved} | {key: key for key in saved}
        both = [(named[k], weight) for k, weight in full.named_parameters() if k in named and weight.dim() > 1]
        if both and all(_equal(file.get_tensor(key), weight) for key, weight in both):
            raise ModelError(f"{weights.parent}: the untrained twin equals the trained weights")


def _equal(saved: "torch.Tensor", weight: "torch.Tensor") -> bool:
    import torch

    return torch.equal(saved.to(weight.dtype), weight)
