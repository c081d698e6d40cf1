"""How attention's output enters the stream of hidden states: normalised, scaled or as it is."""

from typing import TYPE_CHECKING, NamedTuple

from probing.model.block_calls import Call, Seen, watched
from probing.model.projections import alike, is_linear, noise_but, noise_like, tolerance

if TYPE_CHECKING:
    import torch

    Module = torch.nn.Module


class Residual(NamedTuple):
    """What is added to the block's input: ``factor`` times attention's output, or times what ``inner`` makes of it.

    norm: normalises the sum, and only its result goes on; None: the sum itself goes on.
    """

    inner: "Module | None"
    factor: float
    norm: "Module | None"


def residual(call: Call, seen: Seen, output: "Module") -> Residual | None:
    """How the output of ``output`` enters the stream of hidden states, from ``with_noise``; None: in no way known here.

    A change is added to attention's output, and what changes with it is followed. A module that receives the sum with
    the block's input normalises that sum. Then the outputs of these modules are held fixed: if the block's output no
    longer changes, only the normalised sum goes on.
    """
    inner = _inner(seen, output)
    carrier = inner or output
    added = seen.output[carrier]
    change = noise_like(added, 10**6)
    moved = watched(call, seen.states, noise_but({carrier: added + change}))
    receives = {part: _factor(seen, moved.given.get(part), part, added, change) for part in _leaves(seen)}
    summed = {part: factor for part, factor in receives.items() if factor is not None}
    held = {part: seen.output[part] for part in summed}
    after = watched(call, seen.states, noise_but({carrier: added + change, **held})).result[0]
    difference = after - seen.result[0]
    factors = set(summed.values())
    if alike(difference + change, change) and len(summed) == 1:
        return Residual(inner, factors.pop(), next(iter(summed)))
    factor = _ratio(difference, change)
    if not alike(difference, factor * change) or any(abs(other - factor) > 1e-2 for other in factors):
        return None
    return Residual(inner, factor, None) if _carries_input(call, seen) else None


def _inner(seen: Seen, output: "Module") -> "Module | None":
    """The module that changes attention's output before it is added, as in Gemma 2 and OLMo 2."""
    return next((part for part in _leaves(seen) if alike(seen.given[part], seen.output[output])), None)


def _leaves(seen: Seen) -> "list[Module]":
    """Modules without parts that change what they are given: no linear maps, no dropout, which does nothing here."""
    import torch

    leaves = [(part, new) for part, new in seen.output.items() if not [*part.children()] and not is_linear(part, new)]
    return [part for part, new in leaves if not isinstance(new, torch.Tensor) or not alike(new, seen.given[part])]


def _factor(
    seen: Seen, now: "torch.Tensor | None", part: "Module", added: "torch.Tensor", change: "torch.Tensor"
) -> float | None:
    """How often ``part`` receives attention's output in a sum with the block's input; None: it does not.

    now: what it receives when ``change`` was added to attention's output, ``added``.
    """
    before = seen.given[part]
    if now is None or before.shape != change.shape or now.shape != change.shape:
        return None
    factor = _ratio(now - before, change)
    rest = before - factor * added
    return factor if abs(factor) > 1e-2 and alike(rest, seen.states) else None


def _ratio(one: "torch.Tensor", other: "torch.Tensor") -> float:
    """How many times ``other`` is ``one``, by least squares; 1 where only rounding speaks against it."""
    found = float((one.float() * other.float()).sum() / other.float().square().sum())
    return 1.0 if abs(found - 1) < tolerance(one) else found


def _carries_input(call: Call, seen: Seen) -> bool:
    """Whether the block adds its input as it is: with all its modules held, its output changes as its input does."""
    held = {part: seen.output[part] for part in _leaves(seen)}
    change = noise_like(seen.states, 10**6)
    after = watched(call, seen.states + change, noise_but(held)).result[0]
    return alike(after - seen.result[0], change)
