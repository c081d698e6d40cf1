"""How far a query sees in each block: in some blocks of models with a sliding window, only subwords that are near."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

# what configurations call the kinds of their blocks, the near-sighted kind, and how wide its window is
KINDS, NEAR, WIDTHS = (
    ("layer_types", "attention_layers"),
    ("sliding_attention", "local"),
    ("sliding_window", "window_size"),
)


def reach(config: Any, number: int, map_: "torch.Tensor") -> int | None:
    """How many subwords a key may be away from its query in block ``number`` (from 1); None: as many as there are.

    map_ (B, H, T, T): of this block. A causal model counts the query itself in its window, others do not. If the map
    has weight beyond the window, the configuration means something else by it, and there is no limit.
    """
    import torch

    width, kinds = _first(config, WIDTHS), _first(config, KINDS)
    if not isinstance(width, int) or (kinds and (number > len(kinds) or kinds[number - 1] not in NEAR)):
        return None
    most = width if bool(map_.triu(1).any()) else width - 1
    place = torch.arange(map_.shape[-1], device=map_.device)
    beyond = (place - place[:, None]).abs() > most
    return None if bool(map_[..., beyond].any()) else most


def _first(config: Any, names: tuple[str, ...]) -> Any:
    try:
        return next((found for name in names if (found := getattr(config, name, None))), None)
    except RuntimeError:  # transformers' word for a size that differs from block to block
        return None
