"""Commands as the user types them: ``python -m pipelines.run`` in the repository, ``probe run`` anywhere."""

import os

from probing.distribution import COMMAND

IN_REPOSITORY = "python -m pipelines."


def as_typed(text: str) -> str:
    """``text`` with every command as this program was started."""
    command = os.environ.get(COMMAND)
    return text.replace(IN_REPOSITORY, f"{command} ") if command else text
