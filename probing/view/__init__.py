"""Interactive pages: one input of a model, seen head by head, layer by layer, neuron by neuron.

In a notebook: ``import probing.view; probing.view.show("The cat sat on the mat")``.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from probing.view.notebook import NotebookPage, show

__all__ = ["NotebookPage", "show"]


def __getattr__(name: str) -> object:
    """``show`` and ``NotebookPage``, imported when they are first used, so that importing the package stays cheap."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from probing.view import notebook

    found: object = getattr(notebook, name)
    return found
