"""A pass through a network: the only place that calls one. It leaves the network as it was; what fails has a name."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from probing.errors import ModelError, ProbingError, no_memory

if TYPE_CHECKING:
    import torch
    from torch.utils.hooks import RemovableHandle

Network = Any  # a transformers model: its own annotations do not pass strict checks
PLAIN = (str, int, float, bool, type(None))


def run(network: Network, inputs: "dict[str, torch.Tensor]", **wanted: bool) -> Any:
    """The output of ``network`` for a right-padded batch: ``inputs`` holds the ids, or vectors in their place, and the
    attention mask (B, T); ``wanted`` says what to give (hidden states, maps). The caller decides about gradients.

    Raises: ModelError that names the network, the lengths and the part that failed; RuntimeError if memory runs out.
    """
    try:
        with quiet(), _unchanged(network):
            return _together(network(**inputs, **wanted, return_dict=True), inputs["attention_mask"])
    except ProbingError:
        raise
    except Exception as error:  # architectures fail in as many ways as there are architectures
        if no_memory(error) or _is_ours(error):
            raise
        raise ModelError(_failure(network, inputs["attention_mask"], error)) from error


def _together(output: Any, mask: "torch.Tensor") -> Any:
    """An output whose tensors are where ``mask`` is: blocks of a spread network leave theirs on their own devices."""
    for name, value in list(getattr(output, "items", list)()):
        parts = value if isinstance(value, tuple) else (value,)
        if any(getattr(part, "device", mask.device) != mask.device for part in parts):
            moved = tuple(part.to(mask.device) if hasattr(part, "device") else part for part in parts)
            output[name] = moved if isinstance(value, tuple) else moved[0]
    return output


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


@contextmanager
def hooks(*handles: "RemovableHandle") -> Iterator[None]:
    """Keep hooks for the time of a ``with`` statement."""
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


@contextmanager
def _unchanged(network: Network) -> Iterator[None]:
    """Undo what a pass does to the network itself, so that no vector depends on what was computed before.

    BigBird exchanges its attention for good at the first short input; rotary positions that grow with the input keep
    what the longest one needed. Weights are not looked at: a frozen network does not change them.
    """
    before = [(module, _plain(module), dict(module._modules), dict(module._buffers)) for module in network.modules()]
    try:
        yield
    finally:
        for module, plain, modules, buffers in before:
            for kept, now in ((modules, module._modules), (buffers, module._buffers)):
                if len(kept) != len(now) or any(now.get(name) is not part for name, part in kept.items()):
                    now.clear()
                    now.update(kept)
            vars(module).update(plain)


def _plain(module: Any) -> dict[str, object]:
    return {name: value for name, value in vars(module).items() if isinstance(value, PLAIN)}


def _is_ours(error: Exception) -> bool:
    """Whether a hook of this library raised it, and not the network."""
    modules = [str(frame.f_globals.get("__name__")) for frame, _ in traceback.walk_tb(error.__traceback__)]
    return any(name.startswith("probing.") and name != __name__ for name in modules)


def _failure(network: Network, mask: "torch.Tensor", error: Exception) -> str:
    lengths = mask.sum(dim=1).tolist()
    names = {id(module): name for name, module in network.named_modules() if name}
    frames = [frame.f_locals.get("self") for frame, _ in traceback.walk_tb(error.__traceback__)]
    inside = [names[id(module)] for module in frames if id(module) in names]
    where = f", in {inside[-1]}" if inside else ""
    what = str(error).strip().split("\n", maxsplit=1)[0]
    size = f"{min(lengths)} to {max(lengths)} subwords" if len(lengths) > 1 else f"{lengths[0]} subwords"
    advice = "choose another model, or shorter inputs with model.max_subwords=…"
    if "meta tensor" in what:  # it reads weights of a module that it does not call (DeBERTa)
        advice = "it needs all weights where it computes: type model.placement=one"
    return (
        f"{type(network).__name__} cannot compute an input of {size}{where}: {type(error).__name__}: {what}; {advice}"
    )
