"""Where the attention maps of a network come from: which module returns each, and which block that module is in."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from probing.errors import ModelError
from probing.model.block_calls import Call, calls
from probing.model.input_limits import longest_input
from probing.model.network_pass import Network, hooks, run
from probing.model.placement import input_device

if TYPE_CHECKING:
    import torch

    Module = torch.nn.Module
    Returned = tuple[Module, int, torch.Tensor]  # a module, and what stands where in what it returns

LENGTH = 9  # subwords of the input that maps are looked for in


class MapPlace(NamedTuple):
    """``attention`` returns several things, the map at ``place``. number: of the hidden state that its block yields.

    call: of the block, on the short input.
    """

    attention: "Module"
    place: int
    number: int
    call: Call


def map_places(network: Network) -> list[MapPlace]:
    """One place for each map that ``network`` gives, in order; ``network`` stays as it is.

    Raises: ModelError, whose message begins with the block or the map, for maps that are not of one block each.
    """
    import torch

    returned: list[Returned] = []

    def keep(module: "Module", _inputs: object, output: Any) -> None:
        parts = enumerate(output) if isinstance(output, (tuple, list)) else ()
        returned.extend((module, place, part) for place, part in parts if getattr(part, "ndim", 0) == 4)

    elements = {element for some in network.modules() if isinstance(some, torch.nn.ModuleList) for element in some}
    ids = _short_input(network)
    wanted = {"output_attentions": True, "output_hidden_states": True}
    watching = [module.register_forward_hook(keep) for module in network.modules()]
    with _without_cache(network), calls(elements) as kept, hooks(*watching):
        output = run(network, {"input_ids": ids, "attention_mask": torch.ones_like(ids)}, **wanted)
    maps = getattr(output, "attentions", None) or ()
    square = (len(ids), ids.shape[1], ids.shape[1])
    if not maps or any(map_ is None or (len(map_), *map_.shape[2:]) != square for map_ in maps):
        raise ModelError("block 1: it gives no attention map of all subwords")
    names = {module: name for name, module in network.named_modules()}
    owners = [next((of for of in returned if of[2].data_ptr() == map_.data_ptr()), None) for map_ in maps]
    return [_place(n, owner, names, kept, output.hidden_states) for n, owner in enumerate(owners, start=1)]


def _place(
    n: int,
    owner: "Returned | None",
    names: "Mapping[Module, str]",
    kept: Sequence[Call],
    states: "Sequence[torch.Tensor]",
) -> MapPlace:
    """The place of map ``n``: its block is the outermost element of a list of modules that ``owner`` is inside."""
    if owner is None:
        raise ModelError(f"map {n}: no module returns it")
    attention, place, _ = owner
    inside = [call for call in kept if names[attention].startswith(f"{names[call.block]}.")]
    if not inside:
        raise ModelError(f"map {n}: the module that returns it is not inside a block")
    around = min(inside, key=lambda call: len(names[call.block]))
    number = int(names[around.block].rpartition(".")[2]) + 1
    if sum(call.block is around.block for call in kept) > 1:
        raise ModelError(f"block {number}: several layers share its modules, so that no head can be reached alone")
    wanted = states[number - 1] if number < len(states) else None
    if (
        wanted is None
        or around.states.shape != wanted.shape
        or not bool((around.states.to(wanted.device) == wanted).all())
    ):
        raise ModelError(f"block {number}: it is not given hidden state {number - 1}")
    return MapPlace(attention, place, number, around)


def _short_input(network: Network) -> "torch.Tensor":
    """Numbers of subwords (1, T), as different as the vocabulary allows, without padding."""
    import torch

    table = network.get_input_embeddings().weight
    pad = getattr(network.config, "pad_token_id", None)
    numbers = [number for number in range(min(len(table), 64)) if number != pad]
    length = min(LENGTH, longest_input(network) or LENGTH)
    return torch.tensor([[numbers[at % len(numbers)] for at in range(length)]], device=input_device(network))


@contextmanager
def _without_cache(network: Network) -> Iterator[None]:
    """A block that is called again would see its own past."""
    before = getattr(network.config, "use_cache", None)
    network.config.use_cache = False
    try:
        yield
    finally:
        network.config.use_cache = before
