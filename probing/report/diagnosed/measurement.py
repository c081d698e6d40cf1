"""One number of a diagnosis as a tidy row, with its unit. CSV and JSON are made of these."""

import math
from dataclasses import asdict, dataclass

SHARE, PROBABILITY, CLASS, LOGIT = "share", "probability", "class", "logit"
SPECIAL = "special token"


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """One number, or one answer, of one text (from 1), or of the whole split (text: None).

    word: the number of the word that is classified, from 1, as it is typed; None: the text is.

    what: what was measured, and ``method`` how. layer, head; place: the number of a word, a neighbour, an edit or a
    patched word, from 0. name: the word, class, text or group. answer: the class that was given, where a class was.
    low, high, n: of groups, the simultaneous 95 % interval and the number of sentences; of error and failure rates,
    Wilson's 95 % interval of each by itself.
    """

    text: int | None = None
    word: int | None = None
    what: str
    method: str = ""
    layer: int | None = None
    head: int | None = None
    place: int | None = None
    name: str = ""
    answer: str = ""
    value: float | None = None
    low: float | None = None
    high: float | None = None
    n: int | None = None
    unit: str

    def known(self) -> dict[str, object]:
        """The fields that have a value, as JSON holds them: a number that was not measured is left out."""
        return {name: value for name, value in asdict(self).items() if value not in (None, "") and not _absent(value)}


def _absent(value: object) -> bool:
    return isinstance(value, float) and not math.isfinite(value)
