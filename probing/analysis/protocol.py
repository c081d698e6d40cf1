"""The interface of an analysis (a study in, findings out), and how a failing analysis leaves the others unaffected."""

from collections.abc import Sequence
from typing import ClassVar, Protocol

from probing.analysis.findings import Findings
from probing.analysis.study import Study
from probing.axes import Note
from probing.errors import DamagedStoreError, ProbingError, no_memory


class Analysis(Protocol):
    """An analysis, as an option of conf/analysis creates it: an instance holds options, a call returns findings.

    ``reads_model_head``: whether it measures effects on the model's own head, which must then be loaded.
    """

    reads_model_head: ClassVar[bool] = False

    @property
    def further_layers(self) -> tuple[int, ...] | None:
        """The layers whose vectors it reads besides those that are probed; None: all of the model."""
        return ()

    def check(self, study: Study) -> None:
        """Raise ConfigError or DataError, before anything is computed, if the study cannot be analysed."""
        return

    def __call__(self, study: Study) -> Findings:
        """Rows, arrays, facts and notes. Raises: ProbingError if the study cannot be analysed."""
        ...


def answer(name: str, analysis: Analysis, study: Study, strict: bool) -> tuple[Findings, str | None]:
    """The findings of ``analysis`` and None; if it fails, no findings and the reason, so that the others continue.

    Raises: any error of the analysis if ``strict``; always DamagedStoreError, because the store can be written again.
    """
    try:
        return analysis(study), None
    except DamagedStoreError:
        raise
    except ProbingError as error:
        if strict:
            raise
        return Findings(), str(error)
    # Lack of memory or an unforeseen case must not cost the rows of the other analyses.
    except Exception as error:
        if strict:
            raise
        if no_memory(error):
            seen = f" ({' '.join(str(error).split())})" if str(error) else ""
            return Findings(), f"memory ran out{seen}; give the run more, or take fewer sentences"
        where = f"run again with strict=true analysis={name} to see the traceback"
        return Findings(), f"{type(error).__name__}: {str(error) or 'no message'}; {where}"


def failures(failed: Sequence[tuple[str, str]]) -> tuple[Note, ...]:
    """One note per reason, with the names of the analyses that failed: ((name, reason), …) -> notes."""
    names: dict[str, list[str]] = {}
    for name, reason in failed:
        names.setdefault(reason, []).append(name)
    return tuple(
        Note("failed", f"{len(of_reason)} of the analyses ({', '.join(of_reason)}): {reason}")
        for reason, of_reason in names.items()
    )
