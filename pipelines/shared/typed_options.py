"""What was typed on the command line, read as Hydra reads it; and Hydra's errors in words that name the option."""

import re
from collections.abc import Sequence
from typing import Any

from pipelines.shared.option_files import options
from pipelines.shared.options import TEXTS
from probing.distribution import to_install
from probing.errors import ConfigError, shown

LONGEST = 100  # characters of the name of an option
LAUNCHERS = ("joblib", "ray", "submitit_slurm", "submitit_local")  # those of packages that not everyone installs
_TEXT = re.compile(rf"({'|'.join(TEXTS)})=(.*)", re.DOTALL)
_OPTION = re.compile(r"([+~]{0,2}[\w.@/-]+)=(.*)", re.DOTALL)
_QUOTED = re.compile(r"""(["'])(?:(?!\1)[^\\]|\\.)*\1""", re.DOTALL)
_SWEEPS = ("-m", "--multirun")
_ABSENT = re.compile(r"Could not find '([\w/]+)/([^'/]*)'")  # how Hydra says that a group has no such option
RENAMED = {  # options of earlier versions
    "data.input": "model.text=spaced or model.text=as_written",
    "baselines": "nulls=1 for one untrained twin, nulls=20 for a band",
}


def readable(arguments: Sequence[str]) -> list[str]:
    """The arguments as Hydra can read them: a value that its grammar refuses, such as a path with ``=``, in quotes.

    Hydra's parser accepts -m only before all overrides or after them, so it comes first. Raises: ConfigError for a
    value that cannot be read and may be several values of a sweep, and for a group of options that is no name.
    """
    sweep = is_sweep(arguments)
    found = [_read(verbatim(argument), sweep) for argument in arguments]
    return sorted(found, key=lambda argument: argument not in _SWEEPS)


def is_sweep(arguments: Sequence[str]) -> bool:
    """Whether one job is to run for each of several values."""
    return any(argument in _SWEEPS for argument in arguments)


def _read(argument: str, sweep: bool) -> str:
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.errors import HydraException

    option = None if argument.startswith("--") else _OPTION.fullmatch(argument)
    if option is None:  # a switch of Hydra, or nothing that Hydra can read: it says so itself
        return argument
    name, value = option.groups()
    if (former := name.lstrip("+~")) in RENAMED:
        raise ConfigError(f"{former}: this option has another name now; type {RENAMED[former]}")
    try:
        parsed = OverridesParser.create().parse_override(argument)
    except HydraException as error:
        if sweep and "," in value:
            quoted = ",".join(f"'{one}'" for one in value.split(","))
            raise ConfigError(
                f"{shown(argument)}: this value has a character with a meaning of its own; for several values type "
                f"{name}={shown(quoted)}, each in its own quotes, and all of it in the quotes of your shell"
            ) from error
        return f"{name}={in_quotes(value)}"
    group = name.lstrip("+~").partition("@")[0]
    if parsed.is_sweep_override() and not sweep:
        raise ConfigError(_several(name, value, bool(options(group))))
    if options(group):
        _check_choice(group, value.split(",") if parsed.is_sweep_override() else parsed.value())
    return argument


def _several(name: str, value: str, is_group: bool) -> str:
    """What to type instead of several values without -m: a sweep first, then what else may have been meant."""
    typed = shown(f"{name}={value}")
    advice = [f"type -m {typed} to run once for each"]
    if not is_group or name.lstrip("+~") == "analysis":
        advice.append(f"'{name}=[{shown(value)}]' for one run with all of them")
    if not is_group:
        advice.append(f"\"{name}='{shown(value)}'\" for one value that has a comma in it")
    return f"{typed}: these are several values; {', or '.join(advice)}"


def _check_choice(group: str, value: object) -> None:
    """Raise ConfigError unless ``value`` can name options of a group: Hydra fails on lists of anything else."""
    names = [] if value is None else value if isinstance(value, list) else [value]
    if any(isinstance(name, str) and name.startswith("_") for name in names):
        raise ConfigError(
            f"{group}={shown(','.join(map(str, names)))}: a name that begins with _ is the base of other options, and "
            f"none itself; choose one of {', '.join(options(group))}"
        )
    if not all(isinstance(name, str) and len(name) <= LONGEST for name in names):
        raise ConfigError(
            f"{group}={shown(value)}: the name of an option is expected, one of {', '.join(options(group))}"
        )


def verbatim(argument: str) -> str:
    """An override of a text in quotes, since Hydra reads a comma as a sweep; any other argument as it is."""
    found = _TEXT.fullmatch(argument)
    if found is None or _QUOTED.fullmatch(found[2]):
        return argument
    # Hydra would take ${…} for the name of another option
    text = re.sub(r"(\\*)\$\{", lambda backslashes: backslashes[1] * 2 + "\\${", found[2])
    return f"{found[1]}={in_quotes(text)}"


def in_quotes(text: str) -> str:
    """``text`` as a value of Hydra that holds all of its characters."""
    from hydra.core.override_parser.types import Quote, QuotedString

    return QuotedString(text=text, quote=Quote.double).with_quotes()


def explain(error: Exception) -> str:
    """A configuration error in a few lines; for an unknown key with the valid names."""
    cause = error.__cause__
    node = getattr(cause, "parent_node", None) if cause is not None else None
    message = str(error).partition("\nConfig search path:")[0].strip()
    if (absent := _ABSENT.search(message)) and (advice := _no_option(*absent.groups())):
        return advice
    if node is not None and hasattr(node, "keys") and cause is not None and "not in struct" in str(cause):
        return _unknown_key(message, node)
    if typed := getattr(error, "override", None):
        return f"{shown(typed)}: not an option; type <option>=<value> ({shown(message.splitlines()[0])})"
    key = getattr(error, "full_key", None)
    what = re.sub(r"^\w+ raised while resolving interpolation: ", "", message.split("\n    full_key")[0])
    return f"{key}: {what}" if key and key not in what else what


def _no_option(group: str, name: str) -> str:
    """What to type instead of an option that a group does not have; empty for groups of Hydra's own."""
    if group == "hydra/launcher" and name in LAUNCHERS:
        return f"{group}={name}: {to_install(name)}"
    if not options(group):
        return ""
    another = "; for another checkpoint type model.checkpoint=<Hub id or folder>" if group == "model" else ""
    return f"{group}={shown(name)}: no such option; choose one of {', '.join(options(group))}{another}"


def _unknown_key(message: str, node: Any) -> str:
    where = str(node._get_full_key("") or "the top level")
    keys = ", ".join(sorted(str(key) for key in node if key != "_target_" and key != "hydra"))
    if not keys:
        advice = "it has no options" if "_target_" in node else f"it is empty; type +{where}.<name>=<value>"
        return f"{message.splitlines()[0]}\n{where}: {advice}"
    option = re.search(r"'(\w+)\.(\w+)", message)  # analysis.syntax.least, in a run without analysis=syntax
    absent = option is not None and where == option[1] and option[2] in options(option[1])
    hint = f"\ntype {option[1]}={option[2]} for these options" if option and absent else ""
    return f"{message.splitlines()[0]}\nvalid under {where}: {keys}{hint}"
