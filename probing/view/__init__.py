"""Interactive pages: one input of a model, seen head by head, layer by layer, neuron by neuron.

In a notebook: ``import probing.view; probing.view.show("The cat sat on the mat")``.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from probing.view.notebook import Shown, show

__all__ = ["Shown", "show"]


def __getattr__(name: str) -> Any:
    """``show`` and ``Shown``, found when they are first asked for, so that importing the package stays cheap."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from probing.view import notebook

    return getattr(notebook, name)
