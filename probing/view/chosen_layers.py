"""Fewer layers in a page, for a small file."""

from collections.abc import Sequence
from dataclasses import replace

from probing.errors import ConfigError
from probing.view.pack import LAWS
from probing.view.record import View
from probing.view.view_header import layers_of


def only_layers(view: View, wanted: Sequence[int]) -> View:
    """``view`` with the arrays of these layers only; what was computed from all layers (rollout, flow) stays as it was.

    Raises: ConfigError for a layer that has no attention, or for none at all.
    """
    there = layers_of(view)
    check_layers(wanted, there)
    kept = sorted(set(wanted))
    places = [there.index(layer) for layer in kept]
    arrays = {name: array[places] for name in LAWS if (array := getattr(view, name)) is not None}
    blocks = view.about.get("n_blocks") or there[-1]
    return replace(view, **arrays, layers=tuple(kept), about={**view.about, "n_blocks": blocks})


def check_layers(wanted: Sequence[int], there: Sequence[int]) -> None:
    """Raise ConfigError for a layer that is not ``there``, or for none at all."""
    unknown = [layer for layer in wanted if layer not in there]
    if unknown or not wanted:
        seen = ", ".join(map(str, unknown)) or "none"
        raise ConfigError(
            f"layers: {seen}; choose some of the layers that have attention: {', '.join(map(str, there))}"
        )
