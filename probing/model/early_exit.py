"""A pass that ends with the last hidden state that is wanted: the blocks above it are not computed."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from probing.model.network_facts import hidden_states
from probing.model.network_pass import Network, hooks, run

if TYPE_CHECKING:
    import torch

    States = list[torch.Tensor]

Reads = Mapping[tuple[object, int], int]  # a module and the number of its call: which hidden state it is given first


class _Enough(Exception):
    """All wanted states are there."""


def reads(network: Network, ids: "torch.Tensor", mask: "torch.Tensor", layers: Sequence[int]) -> Reads | None:
    """Which calls of modules are the first to receive each of ``layers``, from a pass over ids and mask (B, T).

    None where a pass cannot end early: the last hidden state is wanted, no module receives a state as it is, or (in a
    network whose blocks write over their input) a shorter pass gives other states.
    """
    import torch

    calls, given = Counter[object](), list[tuple[tuple[object, int], Any]]()

    def look(module: object, positional: tuple[Any, ...], named: dict[str, Any]) -> None:
        calls[module] += 1
        given.append(((module, calls[module]), _first(positional, named)))

    with _looking(network.modules(), look):
        states = hidden_states(network, ids, mask)
    if max(layers) == len(states) - 1:
        return None
    found = {layer: next((call for call, state in given if state is states[layer]), None) for layer in layers}
    at = {call: layer for layer, call in found.items() if call is not None}
    if len(at) < len(layers):
        return None
    short = states_until(network, ids, mask, layers, at)
    same = len(short) == len(layers) and all(map(torch.equal, short, [states[layer] for layer in layers]))
    return at if same else None


def states_until(
    network: Network, ids: "torch.Tensor", mask: "torch.Tensor", layers: Sequence[int], at: Reads | None
) -> "States":
    """The hidden states ``layers`` (ascending) of a right-padded batch, (B, T, D) each; at: from ``reads``.

    Raises: as ``hidden_states``.
    """
    import torch

    if at is None:
        states = hidden_states(network, ids, mask)
        return [states[layer] for layer in layers]
    calls, found = Counter[object](), dict[int, torch.Tensor]()

    def look(module: object, positional: tuple[Any, ...], named: dict[str, Any]) -> None:
        calls[module] += 1
        if (layer := at.get((module, calls[module]))) is not None:
            found[layer] = _first(positional, named)
        if len(found) == len(layers):
            raise _Enough

    try:
        with torch.inference_mode(), _looking({module for module, _ in at}, look):
            run(network, {"input_ids": ids, "attention_mask": mask})
    except _Enough:
        pass
    return [found[layer] for layer in layers if layer in found]


def _looking(parts: Iterable[Any], look: Any) -> AbstractContextManager[None]:
    return hooks(*(part.register_forward_pre_hook(look, with_kwargs=True) for part in parts))


def _first(positional: tuple[Any, ...], named: dict[str, Any]) -> Any:
    return positional[0] if positional else named.get("hidden_states")
