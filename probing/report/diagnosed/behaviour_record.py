"""What the page of a behaviour suite is made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from probing.diagnosis.behaviour_suite_run import SuiteRun


@dataclass(frozen=True)
class Behaviour:
    """A suite that was run on a classifier.

    title: of the page. classifier: what it is, in words. per_cell: cases of each capability and test, at most.
    notes: of the whole. stand_ins: sentences. provenance: what identifies it and where its numbers come from, as JSON.
    """

    title: str
    classifier: str
    run: SuiteRun
    per_cell: int
    notes: tuple[str, ...] = ()
    stand_ins: Sequence[str] = ()
    provenance: Mapping[str, Any] = field(default_factory=dict)
