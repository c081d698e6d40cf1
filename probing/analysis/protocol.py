"""What every analysis is: options in, a study in, findings out; and how one that fails costs nobody else anything."""

from collections.abc import Sequence
from typing import ClassVar, Protocol

from probing.analysis.findings import Findings
from probing.analysis.study import Study
from probing.axes import Note
from probing.errors import DamagedStoreError, ProbingError


class Analysis(Protocol):
    """What an option of conf/analysis builds: an instance holds its options, a call answers its question.

    ``reads_model_head``: whether it measures effects on the model's own head, which is then loaded with the model.
    """

    reads_model_head: ClassVar[bool] = False

    def check(self, study: Study) -> None:
        """Raise ConfigError or DataError, before anything is computed, for a question that has no answer here."""

    def __call__(self, study: Study) -> Findings:
        """Rows, arrays, facts and notes. Raises: ProbingError where this study has no answer."""
        ...


def answer(name: str, analysis: Analysis, study: Study, strict: bool) -> tuple[Findings, str | None]:
    """What ``analysis`` finds; where it fails, no findings and why, so that the others go on.

    Raises: whatever the analysis raises if ``strict``; DamagedStoreError always, for the store can be made anew.
    """
    try:
        return analysis(study), None
    except DamagedStoreError:
        raise
    except ProbingError as error:
        if strict:
            raise
        return Findings(), str(error)
    # Memory that ran out, a case that nobody thought of: none of them is worth the rows of the other analyses.
    except Exception as error:
        if strict:
            raise
        where = f"type strict=true analysis={name} to see where"
        return Findings(), f"{type(error).__name__}: {str(error) or 'no message'}; {where}"


def failures(failed: Sequence[tuple[str, str]]) -> tuple[Note, ...]:
    """One note per reason, with the names of the analyses that failed for it: ((name, reason), …) -> notes."""
    names: dict[str, list[str]] = {}
    for name, reason in failed:
        names.setdefault(reason, []).append(name)
    return tuple(
        Note("failed", f"{len(of_reason)} of the analyses ({', '.join(of_reason)}): {reason}")
        for reason, of_reason in names.items()
    )
