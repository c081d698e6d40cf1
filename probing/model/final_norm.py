"""Whether the last hidden state of a network has passed a normalisation that the others have not."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from probing.model.network_pass import Network, hooks

if TYPE_CHECKING:
    import torch


@contextmanager
def last_norms(network: Network) -> "Iterator[list[torch.Tensor]]":
    """What the normalisations outside of all blocks yield in the passes inside the ``with`` statement."""
    import torch

    kept: list[torch.Tensor] = []

    def keep(_norm: object, _inputs: object, output: Any) -> None:
        if isinstance(output, torch.Tensor):
            kept.append(output)

    lists = [name for name, module in network.named_modules() if isinstance(module, torch.nn.ModuleList)]
    outside = [
        module
        for name, module in network.named_modules()
        if "norm" in type(module).__name__.lower() and not name.startswith(tuple(f"{blocks}." for blocks in lists))
    ]
    with hooks(*(module.register_forward_hook(keep) for module in outside)):
        yield kept


def same_state(output: "torch.Tensor", last: "torch.Tensor") -> bool:
    """Whether ``output`` is the last hidden state (B, T, D), up to padding or an order that its architecture undoes."""
    import torch

    n = last.shape[1]
    if output.dim() != last.dim() or output.shape[-1] != last.shape[-1]:
        return False
    found = [output[:, :n], output[:, -n:], output.transpose(0, 1)[:, :n]]
    return any(part.shape == last.shape and bool(torch.equal(part, last)) for part in found)
