"""Tab completion: names that begin with ``_`` are the bases of other options, and are not offered."""

from typing import Any

SWITCHES = {"-sc", "--shell-completion"}


def hide_bases() -> None:
    """From now on Hydra lists the options of a group without its bases."""
    from hydra._internal.config_loader_impl import ConfigLoaderImpl

    every = ConfigLoaderImpl.get_group_options

    def offered(self: ConfigLoaderImpl, *arguments: Any, **named: Any) -> list[str]:
        return [name for name in every(self, *arguments, **named) if not name.startswith("_")]

    ConfigLoaderImpl.get_group_options = offered  # type: ignore[method-assign]
