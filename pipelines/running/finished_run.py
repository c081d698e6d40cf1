"""A finished run that is returned: its files are checked, and what follows from the others is made again."""

from pathlib import Path

from omegaconf import OmegaConf

from pipelines.shared.cli import say
from pipelines.shared.machine import alone
from probing.errors import DataError
from probing.report.look import FIGURES, Look, look_of, looking
from probing.result.checksums import CHECKSUMS, UNCHECKED, damage, damaged, has_checksums
from probing.result.folder import CONFIG, is_report, parsed_manifest, report_again


def verify(folder: Path, wanted: Look) -> None:
    """Check every file of a finished run; a damaged table, figure, page or configuration is made again.

    So are figures and page if the figures do not look as ``wanted``.
    Raises: DataError, with what to type, if any other file is damaged or missing.
    """
    if not has_checksums(parsed_manifest(folder)):
        say(f"{folder}: {UNCHECKED}")
        return
    with looking(wanted):
        if _damaged(folder):
            with alone(folder):
                _mend(folder, _damaged(folder))  # again: another process may have mended it meanwhile
        if look_of(folder / FIGURES) != wanted:
            with alone(folder):
                _draw_again(folder)


def _draw_again(folder: Path) -> None:
    from probing.report.page import write_report

    report_again(folder, write_report)
    say(f"figures of {folder}: drawn again, with the look that you asked for")


def _damaged(folder: Path) -> list[str]:
    manifest = parsed_manifest(folder)
    return damaged(folder, manifest, manifest[CHECKSUMS])


def _mend(folder: Path, wrong: list[str]) -> None:
    from probing.report.page import write_report

    manifest = parsed_manifest(folder)
    lost = [name for name in wrong if name != CONFIG and not is_report(name)]
    if lost:
        raise DataError(damage(folder, manifest, lost))
    if wrong:
        say(f"damaged or missing in {folder}: {', '.join(wrong)}; made again from the other files", "yellow")
    if CONFIG in wrong:
        (folder / CONFIG).write_text(OmegaConf.to_yaml(OmegaConf.create(manifest["config"])), encoding="utf-8")
    if any(map(is_report, wrong)):
        report_again(folder, write_report)
