"""A heat map of activation patching: in which layer, and at which word or head, the difference of two texts is."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from probing.attention.interventions.activation_patching import Patched
from probing.report.script_direction import right_to_left
from probing.report.style import INK, LAYER_AXIS, LAYERS_OF_ATTENTION, MAP, columns_for, figure, save, short, titled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PANELS = {
    "recovered": "denoising: clean states in the corrupted text",
    "destroyed": "noising: corrupted states in the clean text",
}
_NOTHING = "#dddddd"


def write_patching(patched: Patched, columns: Sequence[str], stem: Path, title: str) -> list[Path]:
    """Draw both directions side by side, (L, K) each, and write ``stem``.png, .pdf and .csv; returns their paths.

    columns: K words of the clean text, or K names of heads. The colour is the share of the difference between both
    texts, which has a sign: 1 is the output of the other text, and below 0 the output moves away from it. Grey: the
    corrupted text has no such word. The CSV also has the logit differences in nats.
    """
    heads = not len(patched.words)
    limit = max(1.0, *(float(np.nanmax(np.abs(part), initial=0)) for part in (patched.recovered, patched.destroyed)))
    with figure(2 * (1.9 + 0.27 * len(columns)), 2.6 + 0.27 * len(patched.layers), lower=MAP) as made:
        n_columns = columns_for(2, 1.9 + 0.27 * len(columns), most=2)
        panels = made.subplots(2 // n_columns, n_columns, squeeze=False).flat
        for axes, (name, text) in zip(panels, PANELS.items(), strict=True):
            image = axes.imshow(getattr(patched, name), cmap="RdBu_r", vmin=-limit, vmax=limit, aspect="auto")
            axes.set_facecolor(_NOTHING)
            axes.set_title(text, fontsize=8.5, color=INK)
            axes.set_yticks(range(len(patched.layers)), [*map(str, patched.layers)])
            axes.set_ylabel(LAYERS_OF_ATTENTION if heads else LAYER_AXIS)
            _name_columns(axes, columns, heads)
        made.colorbar(image, ax=made.axes, shrink=0.8, label="share of the difference")
        titled(made, title, described(patched, heads))
        return save(made, stem, numbers(patched, columns, "head" if heads else "word"))


def _name_columns(axes: "Axes", columns: Sequence[str], heads: bool) -> None:
    names = [short(name, 16) for name in columns]
    axes.set_xticks(range(len(names)), names, rotation=0 if heads else 90)
    axes.set_xlabel("head" if heads else "word of the clean text")
    if right_to_left(" ".join(columns)):
        axes.xaxis.set_inverted(True)


def described(patched: Patched, heads: bool) -> str:
    """What was measured, in one line."""
    ends = f"logit difference: clean {patched.clean:+.2f}, corrupted {patched.corrupted:+.2f} nats"
    if np.isnan(patched.recovered).all():
        return f"{ends}; the outputs of both texts do not differ, so that no share is defined"
    what = "outputs of a head at all aligned words" if heads else "hidden states of a word"
    grey = "" if heads or np.isfinite(patched.recovered).all() else "; grey: the corrupted text has no such word"
    return f"{what} exchanged; {ends}; 1: the output of the other text{grey}"


def numbers(patched: Patched, columns: Sequence[str], name: str) -> pd.DataFrame:
    """One line per layer and column: logit differences in nats, and shares. place: the column, because words repeat."""
    n_layers, n_columns = patched.denoised.shape
    return pd.DataFrame(
        {
            "layer": np.repeat(patched.layers, n_columns),
            "place": np.tile(np.arange(n_columns), n_layers),
            name: np.tile(np.asarray(columns, dtype=object), n_layers),
            "clean_nats": patched.clean,
            "corrupted_nats": patched.corrupted,
            "denoised_nats": patched.denoised.ravel(),
            "noised_nats": patched.noised.ravel(),
            "recovered": patched.recovered.ravel(),
            "destroyed": patched.destroyed.ravel(),
        }
    )
