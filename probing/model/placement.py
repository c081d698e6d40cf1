"""Where the weights of a network are kept, and in how many bytes: on one device, or over several and the processor's.

A spread network is run by hooks of accelerate: each part computes on its own device, and what waits in the processor's
memory is copied to the first device for the time of its computation.
"""

import logging
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from probing.distribution import need
from probing.errors import ModelError
from probing.model.checkpoint import INT8, SPREAD, Model
from probing.model.files import has_weights, weight_files
from probing.model.network_pass import Network

if TYPE_CHECKING:
    import torch

    Rooms = dict[int | str, int]  # bytes that are free, by device: the number of a GPU, or PROCESSOR

BYTES = {"float32": 4, "bfloat16": 2, "float16": 2, INT8: 1}  # per weight
PROCESSOR = "cpu"
SHARE = 0.9  # of what is free may be filled with weights, where a network is spread: hidden states need the rest


def arithmetic(precision: str) -> "torch.dtype":
    """The type that a network of this ``model.precision`` computes in; beside int8 weights it is bfloat16."""
    import torch

    found: torch.dtype = getattr(torch, "bfloat16" if precision == INT8 else precision)
    return found


def reading_options(model: Model, folder: Path, device: str) -> dict[str, Any]:
    """What ``from_pretrained`` must be told so that weights go where they belong; nothing: they are read into the
    processor's memory, and all of them go to ``device``.

    Raises: UnavailableError if a package is missing; ModelError if the weights do not fit, before any is read.
    """
    spreads, eight = model.placement == SPREAD, model.precision == INT8
    if spreads or eight:
        need("accelerate")
    rooms = free_memory(device, spreads)
    if eight and device != PROCESSOR:
        rooms.pop(PROCESSOR, None)  # bitsandbytes computes where its weights are
    needed = n_weights(folder) * BYTES[model.precision]
    require_room(folder, model, needed, rooms)
    options = {"quantization_config": _eight_bits(), "device_map": {"": device}} if eight else {}
    if spreads and rooms and needed > SHARE * next(iter(rooms.values())):
        logging.getLogger("accelerate").setLevel(logging.ERROR)  # it says what a note says
        options |= {"device_map": "auto", "max_memory": {at: int(SHARE * free) for at, free in rooms.items()}}
    return options


def _eight_bits() -> Any:
    import transformers

    need("bitsandbytes")
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)  # it reports every conversion to float16
    settings: Any = transformers.BitsAndBytesConfig  # its methods have no types
    return settings(load_in_8bit=True)


def free_memory(device: str, spreads: bool) -> "Rooms":
    """Bytes that are free on ``device``, or on all GPUs and then for the processor; empty: not known."""
    import torch

    if device == PROCESSOR:
        return {PROCESSOR: _of_processor()}
    if not device.startswith("cuda"):
        return {}
    first = torch.device(device).index or 0
    if not spreads:
        return {first: torch.cuda.mem_get_info(first)[0]}
    numbers = [first, *(number for number in range(torch.cuda.device_count()) if number != first)]
    return {**{number: torch.cuda.mem_get_info(number)[0] for number in numbers}, PROCESSOR: _of_processor()}


def _of_processor() -> int:
    """What the system says is available, within the limit of a container."""
    try:
        lines = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text().splitlines())
        free = sum(int(lines[name].split()[0]) << 10 for name in ("MemAvailable", "SwapFree"))
    except (OSError, KeyError, ValueError):  # systems without this file: what is built in
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        return min(free, int(Path("/sys/fs/cgroup/memory.max").read_text()))
    except (OSError, ValueError):  # no limit
        return free


def n_weights(folder: Path) -> int:
    """How many numbers the weights in ``folder`` are, by the heads of their files; 0: it has none, as a twin may."""
    from safetensors import safe_open

    total = 0
    for path in weight_files(folder) if has_weights(folder) else ():
        with safe_open(path, framework="np") as file:
            total += sum(math.prod(file.get_slice(name).get_shape()) for name in set(file.keys()))
    return total


def require_room(folder: Path, model: Model, needed: int, rooms: "Rooms") -> None:
    """Raise ModelError, which says what would fit, if the weights are larger than what is free."""
    there, precision = sum(rooms.values()), model.precision
    if not rooms or needed <= there * (SHARE if model.placement == SPREAD else 1):
        return
    one = needed / BYTES[precision]
    kept = " and ".join(f"{_named(at)} has {_size(free)}" for at, free in rooms.items())
    others = ", ".join(f"{_size(one * n)} in {kind}" for kind, n in BYTES.items() if kind != precision)
    smaller = next((kind for kind, n in BYTES.items() if n < BYTES[precision] and one * n <= SHARE * there), None)
    ways = [f"model.precision={smaller}"] if smaller else []
    if model.placement != SPREAD and PROCESSOR not in rooms:
        ways.append("model.placement=auto")
    advice = f"type {' or '.join(ways)}" if ways else "take a smaller model, or a machine with more memory"
    raise ModelError(
        f"{folder}: {one:,.0f} weights need {_size(needed)} in {precision}, and {kept} free (they need {others}); "
        f"{advice}"
    )


def _named(device: int | str) -> str:
    return "the processor" if device == PROCESSOR else f"cuda:{device}"


def _size(n_bytes: float) -> str:
    return f"{n_bytes / 1e9:,.1f} GB" if n_bytes >= 1e8 else f"{n_bytes / 1e6:,.1f} MB"


def spread(full: Network, options: Mapping[str, Any]) -> Network:
    """A network that was built in the processor's memory, put where ``reading_options`` say."""
    from accelerate import dispatch_model, infer_auto_device_map

    whole = list(full._no_split_modules or ())
    found = infer_auto_device_map(full, dict(options["max_memory"]), no_split_module_classes=whole)
    return dispatch_model(full, found, skip_keys=full._skip_keys_device_placement)


def said(full: Network) -> tuple[str, ...]:
    """A note if a network is spread: over what."""
    places = {*getattr(full, "hf_device_map", {}).values()}
    if len(places) < 2:
        return ()
    names = sorted(_named(at) if at != "disk" else "the disk, which is slow" for at in places)
    return (f"the network is spread over {', '.join(names)}",)


def input_device(network: Network) -> Any:
    """Where ``network`` expects its input."""
    table = network.get_input_embeddings()
    hook = vars(table).get("_hf_hook")
    return table.weight.device if getattr(hook, "execution_device", None) is None else hook.execution_device


def weight_and_bias(module: Any) -> "tuple[torch.Tensor, torch.Tensor | None]":
    """The weight and the bias of a module, also where they wait elsewhere until it is called, or are stored as int8."""
    if getattr(vars(module).get("_hf_hook"), "offload", False):
        from accelerate.utils import align_module_device

        with align_module_device(module):
            return module.weight, getattr(module, "bias", None)
    weight, bias = module.weight, getattr(module, "bias", None)
    if weight.is_floating_point():
        return weight, bias
    import torch

    each = torch.eye(module.in_features, dtype=arithmetic(INT8), device=weight.device)
    rows: torch.Tensor = module.forward(each)  # no hooks: they wait for the network
    return (rows if bias is None else rows - bias).T, bias
