"""One colour per model in all figures of a comparison; settings of one model are shades of its colour."""

from collections.abc import Sequence

from probing.report.gather import Condition
from probing.report.style import MARKERS, SERIES

Style = tuple[str, str]  # colour, marker
PALEST = 0.6  # how much white the palest shade of a colour has


def styles_of(conditions: Sequence[Condition]) -> dict[str, Style]:
    """A colour and a marker for the model of each condition, by its name.

    Names that stand for the same weights (another setting, or a stand-in beside the model itself) have one colour in
    several shades, each with a marker of its own.
    """
    names = sorted({(weights(one), one.model) for one in conditions}, key=lambda pair: pair[1])
    groups = list(dict.fromkeys(of for of, _ in names))
    found = {}
    for place, (of, name) in enumerate(names):
        same = [other for group, other in names if group == of]
        white = PALEST * same.index(name) / len(same)
        found[name] = (shade(SERIES[groups.index(of) % len(SERIES)], white), MARKERS[place % len(MARKERS)])
    return found


def weights(condition: Condition) -> str:
    """What identifies the weights of a condition's model."""
    checkpoint = condition.runs[0].manifest["checkpoint"]
    return str(checkpoint.get("revision") or checkpoint["name"])


def shade(colour: str, white: float) -> str:
    """``colour`` (#rrggbb) mixed with a share of white.

    >>> shade("#0072B2", 0.5)
    '#7fb8d8'
    """
    parts = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    return "#" + "".join(f"{int(part + (255 - part) * white):02x}" for part in parts)
