from pathlib import Path

import pytest

from probing.analysis.findings import Findings
from probing.analysis.protocol import Analysis, answer, failures
from probing.errors import DamagedStoreError, DataError


class Fails(Analysis):
    """An analysis that raises what it is given."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def __call__(self, study):
        raise self.error


class Works(Analysis):
    def __call__(self, study):
        return Findings(facts={"study": study})


def test_what_works_is_returned():
    found, reason = answer("works", Works(), "a study", strict=False)
    assert (found.facts, reason) == ({"study": "a study"}, None)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (DataError("no sentence is short enough"), "no sentence is short enough"),
        (MemoryError(), "memory ran out; give the run more, or take fewer sentences"),
        (RuntimeError("CUDA out of memory"), "memory ran out (CUDA out of memory); give the run more"),
        (
            ValueError("need at least one array"),
            "ValueError: need at least one array; run again with strict=true analysis=fails",
        ),
    ],
)
def test_a_failure_is_a_reason_and_with_strict_an_error(error, reason):
    found, said = answer("fails", Fails(error), None, strict=False)
    assert vars(found) == vars(Findings())
    assert said is not None and said.startswith(reason)
    with pytest.raises(type(error)):
        answer("fails", Fails(error), None, strict=True)


@pytest.mark.parametrize("error", [DamagedStoreError(Path("x.h5"), "torn"), KeyboardInterrupt()])
def test_a_damaged_store_and_an_interrupt_are_never_swallowed(error):
    with pytest.raises(type(error)):
        answer("fails", Fails(error), None, strict=False)


def test_failures_for_one_reason_are_one_note():
    notes = failures([("heads", "no maps"), ("values", "no norms"), ("syntax", "no maps")])
    assert [note.text for note in notes] == [
        "2 of the analyses (heads, syntax): no maps",
        "1 of the analyses (values): no norms",
    ]
    assert {note.kind for note in notes} == {"failed"}
