"""Where a block computes values, joins its heads and adds their output: what hooks need, in any architecture.

Nothing is known by name. In a pass over a few subwords, the modules that return attention maps are noted, and the
blocks around them (``map_places``). In each block the projections are found by what they do (``projections``), and so
is how their output is added (``residual``). From map and weights, they must give what the block itself computed.
"""

import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING

from probing.errors import ModelError, first_line
from probing.model.attention_kind import STEP_BY_STEP, computing
from probing.model.block_calls import Call, states_of, watched
from probing.model.local_attention import reach
from probing.model.map_places import MapPlace, map_places
from probing.model.network_pass import Network
from probing.model.placement import weight_and_bias
from probing.model.projections import alike, projections, transposed, with_noise
from probing.model.residual import Residual, residual

if TYPE_CHECKING:
    import torch

    Module = torch.nn.Module

_FOUND: "weakref.WeakKeyDictionary[Network, list[Block] | str]" = weakref.WeakKeyDictionary()


@dataclass(frozen=True, eq=False)
class Block:
    """One block with attention. number: of the hidden state that it yields; the first block of a network is 1.

    ``attention`` returns a tuple, at ``place`` its map (B, H, T, T). The output of ``value`` holds the values of all
    heads, at ``columns``; values() turns it into (B, T, H, d). The input of ``output`` is the heads side by side,
    (B, T, H * d), and weight() is its matrix, (H * d, D).
    ``residual``: how attention's output is added to the block's input; None: in a way that norms do not know.
    ``reach``: how far a key may be away from its query (``local_attention``); None: there is no limit.
    ``copies``: whether the block can be called again with several copies of its input, its other arguments unchanged.
    """

    number: int
    module: "Module"
    attention: "Module"
    place: int
    value: "Module"
    output: "Module"
    columns: "slice | torch.Tensor"
    n_heads: int
    head_width: int
    residual: Residual | None
    reach: int | None
    copies: bool

    @property
    def norm(self) -> "Module | None":
        """What normalises the sum of attention's output and the block's input; None: the sum itself goes on."""
        return self.residual.norm if self.residual else None

    def values(self, projected: "torch.Tensor") -> "torch.Tensor":
        """The output of ``value``, (B, T, w) or (B, 1, T, w) -> (B, T, H, d); shared value heads are repeated."""
        flat = projected.flatten(1, -2)[..., self.columns]
        return flat.view(*flat.shape[:-1], self.n_heads, self.head_width)

    def weight(self) -> "torch.Tensor":
        """The matrix of ``output``, (H * d, D): head h owns rows h * d to (h + 1) * d."""
        stored, _ = weight_and_bias(self.output)
        return stored if transposed(self.output) else stored.T


def blocks(network: Network) -> list[Block]:
    """The blocks of ``network`` that have attention, in order; searched once, and ``network`` stays as it is.

    Raises: ModelError, naming the block and what does not hold, where heads cannot be reached.
    """
    if network not in _FOUND:
        try:
            _FOUND[network] = _search(network)
        except ModelError as error:
            advice = (
                "interventions and value vectors are not possible; type attention=rollout, which reads only the maps"
            )
            _FOUND[network] = f"{type(network).__name__}, {error}; {advice}"
    found = _FOUND[network]
    if isinstance(found, str):
        raise ModelError(found)
    return found


def _search(network: Network) -> list[Block]:
    import torch

    with torch.no_grad(), computing(network, STEP_BY_STEP):
        found = [_block(of, network.config) for of in map_places(network)]
    here = {*network.modules()}
    for block in found:
        if not {block.attention, block.value, block.output} <= here:
            raise ModelError(f"block {block.number}: for a short input, other modules compute its attention")
        if (block.n_heads, block.head_width) != (found[0].n_heads, found[0].head_width):
            raise ModelError(f"block {block.number}: its heads differ in number or width from those of the first block")
    return found


def _block(of: MapPlace, config: object) -> Block:
    """The block of a place. Raises: ModelError for what does not give what the block itself computes."""
    try:
        seen = with_noise(of.call)
        map_ = seen.output[of.attention][of.place]
        parts = projections(seen, map_)
        added = residual(of.call, seen, parts.output) if parts else None
    except Exception as error:  # a block made for one kind of call fails in ways of its own
        raise ModelError(f"block {of.number}: it cannot be called alone ({first_line(error)})") from error
    if parts is None:
        raise ModelError(f"block {of.number}: no output projection receives the map times the values")
    n_heads, n_columns = map_.shape[1], len(parts.columns)
    sizes = n_heads, n_columns // n_heads
    columns, near = _slice(parts.columns), reach(config, of.number, map_)
    copies = _takes_copies(of.call)
    block = Block(of.number, of.call.block, of.attention, of.place, *parts[:2], columns, *sizes, added, near, copies)
    _check(block, of.call)
    return block


def _takes_copies(call: Call) -> bool:
    twice = call.states.repeat(2, 1, 1)
    try:
        return alike(call.again(twice), states_of(call.output).repeat(2, 1, 1))
    except Exception:  # masks and terms of position that are made for as many sentences as there were
        return False


def _slice(columns: "torch.Tensor") -> "slice | torch.Tensor":
    """Neighbouring columns as a slice, which copies nothing."""
    first, n = int(columns[0]), len(columns)
    return slice(first, first + n) if columns.tolist() == [*range(first, first + n)] else columns


def _check(block: Block, call: Call) -> None:
    """Raise ModelError unless map, values and weights give what the block computed in the network."""
    seen = watched(call, call.states, lambda _module, _output: None)
    map_, values = seen.output[block.attention][block.place], block.values(seen.output[block.value])
    joined = (map_ @ values.transpose(1, 2)).transpose(1, 2).flatten(2)  # (B, H, T, d) -> (B, T, H * d)
    _, bias = weight_and_bias(block.output)
    output = joined @ block.weight() + (0 if bias is None else bias)
    for name, one, other in (
        ("its output, when it is called alone", seen.result[0], states_of(call.output)),
        ("the map times the values", joined, seen.given[block.output]),
        ("the map times the values, through the output projection", output, seen.output[block.output]),
    ):
        if not alike(one, other):
            raise ModelError(f"block {block.number}: {name} is not what it computes")
