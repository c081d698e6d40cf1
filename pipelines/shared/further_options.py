"""A command line whose further options are those of another program."""

from collections.abc import Collection, Sequence

from pipelines.shared.typed_options import in_quotes, readable

_WITH_VALUE = ("--config-dir", "-cd", "--cfg", "-c", "--package", "-p")  # switches of Hydra


def gathered(arguments: Sequence[str], own: Collection[str]) -> list[str]:
    """The arguments as Hydra can read them; options that are not among ``own`` go to the list ``options``.

    Raises: ConfigError for a value that cannot be read.
    """
    kept, further, follows = [], [], False
    for argument in arguments:
        name, equals, _ = argument.partition("=")
        first = name.lstrip("+~").partition(".")[0].partition("/")[0]
        if follows or argument.startswith("-") or not equals or first in own:
            kept.append(argument)
            follows = argument in _WITH_VALUE
        else:
            further.append(argument)
    if further:
        kept.append(f"options=[{','.join(map(in_quotes, further))}]")
    return readable(kept)
