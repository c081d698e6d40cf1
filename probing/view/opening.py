"""How a page opens: which view, which layer and which heads, as the fragment of an address."""

from collections.abc import Sequence
from urllib.parse import urlencode

from probing.errors import ConfigError, one_of
from probing.view.record import View
from probing.view.view_header import layers_of

# as the tabs are named -> as addresses name them
TABS = {
    "heads": "head",
    "model": "model",
    "heatmap": "heatmap",
    "neurons": "neuron",
    "words": "words",
    "compare": "compare",
    "removal": "removal",
}


def opening(
    views: Sequence[View],
    tab: str | None = None,
    layer: int | None = None,
    heads: int | str | Sequence[int] | None = None,
) -> str:
    """The fragment for ``page``. tab: one of TABS. heads: one, a list, or "all"; None: what the page chooses itself.

    Raises: ConfigError for a tab, a layer or a head that the first view does not have.
    """
    said: dict[str, object] = {}
    if tab is not None:
        one_of("view", tab, tuple(TABS))
        said["view"] = TABS[tab]
    if layer is not None:
        one_of("layer", layer, layers_of(views[0]))
        said["layer"] = layer
    return urlencode({**said, **_heads(views[0].attention.shape[1], heads)}, safe=",")


def _heads(n: int, heads: int | str | Sequence[int] | None) -> dict[str, object]:
    """What the fragment says of the heads; one head alone becomes the head of every view."""
    if heads is None:
        return {}
    if isinstance(heads, str):
        one_of("heads", heads, ("all",))
        return {"heads": "all"}
    wanted = [heads] if isinstance(heads, int) else list(heads)
    if not wanted:
        raise ConfigError(f'heads=[]: give a head, as in heads=0, a list of some of 0 to {n - 1}, or heads="all"')
    for head in wanted:
        one_of("heads", head, tuple(range(n)))
    chosen: dict[str, object] = {"head": wanted[0]}
    return chosen if len(wanted) == 1 else {**chosen, "heads": ",".join(map(str, sorted(set(wanted))))}
