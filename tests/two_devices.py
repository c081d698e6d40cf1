"""A second device that this machine does not have: tensors that say that they are on it, and mix with no others."""

from typing import Any

import torch
from torch.overrides import TorchFunctionMode

HERE, THERE = torch.device("cpu"), torch.device("cuda", 1)


class Elsewhere(torch.Tensor):
    """A tensor of the second device."""


class TwoDevices(TorchFunctionMode):
    """Inside this context every function refuses tensors of both devices, as it would on a machine that has two."""

    def __torch_function__(self, func: Any, _types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        if func == torch.Tensor.device.__get__:
            return THERE if isinstance(args[0], Elsewhere) else HERE
        where, args, kwargs = _target(func, args, kwargs)
        sides = {isinstance(one, Elsewhere) for one in _tensors((args, kwargs)) if one.dim() > 0}
        if where is None and len(sides) > 1:
            raise RuntimeError(f"{func.__name__}: expected all tensors on one device, found {HERE} and {THERE}")
        if func is torch.Tensor.numpy and True in sides:
            raise TypeError("can't convert a tensor of the second device to numpy; use Tensor.cpu() first")
        there = where == THERE if where is not None else True in sides
        with torch._C.DisableTorchFunctionSubclass():
            found = func(*_each(args, torch.Tensor), **_each(kwargs, torch.Tensor))
            return _each(found, Elsewhere if there else torch.Tensor)


def _target(func: Any, args: Any, kwargs: dict[str, Any]) -> tuple[torch.device | None, Any, dict[str, Any]]:
    """The device that a call asks for (None: none), and the call without it."""
    where = kwargs.pop("device", None)
    if func is torch.Tensor.cpu:
        where = HERE
    if func is torch.Tensor.to:
        for one in args[1:]:
            if isinstance(one, torch.Tensor):
                where = THERE if isinstance(one, Elsewhere) else HERE
            elif isinstance(one, torch.device | str | int) and not isinstance(one, bool):
                where = torch.device(one)
        args = tuple(one for one in args if not isinstance(one, torch.device | str))
        if len(args) == 1 and "dtype" not in kwargs:
            return where, args, {"copy": False, "dtype": args[0].dtype}
    return (None if where is None else torch.device(where)), args, kwargs


def _tensors(value: Any) -> list[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        return [value]
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return [tensor for part in inside for tensor in _tensors(part)]


def _each(value: Any, kind: type[torch.Tensor]) -> Any:
    """The same with every tensor of this kind."""
    if isinstance(value, torch.Tensor):
        return value if isinstance(value, Elsewhere) == (kind is Elsewhere) else value.as_subclass(kind)
    if isinstance(value, dict):
        return {name: _each(part, kind) for name, part in value.items()}
    if type(value) in (list, tuple):
        return type(value)(_each(part, kind) for part in value)
    return value


def divided(network: Any, first: int) -> None:
    """Put the blocks of ``network`` from number ``first`` on (from 0) on the second device, for good."""
    blocks = next(found for found in network.modules() if isinstance(found, torch.nn.ModuleList))
    inside = {part for block in blocks for part in block.modules()}
    for block in blocks[first:]:
        for part in block.modules():
            for kept in (part._parameters, part._buffers):
                kept.update({name: _there(tensor) for name, tensor in kept.items() if tensor is not None})
        _computes_at(block, THERE)
    for part in [*blocks[:first], *(part for part in network.modules() if part not in inside)]:
        if part in blocks or not [*part.children()]:
            _computes_at(part, HERE)


def _there(tensor: torch.Tensor) -> torch.Tensor:
    moved = tensor.detach().as_subclass(Elsewhere)
    return torch.nn.Parameter(moved, requires_grad=False) if isinstance(tensor, torch.nn.Parameter) else moved


def _computes_at(module: Any, device: torch.device) -> None:
    """Let ``module`` move what it is given to ``device`` first, in the way that accelerate's hooks do."""
    own = module.forward

    def moved(value: Any) -> Any:
        if isinstance(value, torch.Tensor):
            return value.to(device)
        if isinstance(value, dict):
            return {name: moved(part) for name, part in value.items()}
        return type(value)(map(moved, value)) if type(value) in (list, tuple) else value

    module.forward = lambda *inputs, **options: own(*moved(inputs), **moved(options))
