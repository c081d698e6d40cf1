"""A run with ``dry=true``: what its extraction takes. Nothing is written."""

from contextlib import closing

from pipelines.running.one_run import Run, study_of
from pipelines.shared.cli import CONSOLE, say
from pipelines.shared.machine import peak_bytes, set_threads
from pipelines.shared.progress import Bars
from probing.store.dry_run import DryRun, dry_run


def say_what_it_takes(this: Run) -> None:
    """Print what the extraction of a run takes, in all and for each of several workers. Raises ProbingError."""
    settings = this.experiment.settings
    set_threads(settings.threads)
    with Bars(CONSOLE) as bars, closing(study_of(this, bars)) as study:
        for analysis in this.experiment.analyses.values():
            analysis.check(study)
        plan = study.planned()
        found = None if plan is None else dry_run(plan, bars)
        device = study.options.device
    if found is None:
        say("dry run: the store has these vectors already; nothing is to be extracted")
        return
    for line in lines(found, device, peak_bytes(), settings.dry_minutes):
        say(line)


def lines(found: DryRun, device: str, peak: int, minutes: float | None) -> list[str]:
    """What a dry run found, in words. peak: bytes of memory that it had; minutes: in which the extraction is wanted."""
    of = found.estimate
    told = [
        f"dry run, nothing is written: {of.sentences:,} sentences, {of.vectors:,} {of.what}; "
        f"{of.disk_bytes / 1e9:.3g} GB on disk",
        f"memory: {peak / 1e9:.2g} GB in this process, which has computed the largest batch; more sentences hardly add "
        "to it",
        f"forward passes: {found.batches:,} batches, {found.flops:.2g} floating-point operations",
        f"extraction on this device ({device}): about {spoken(found.seconds)}, from {found.sampled} batches that were "
        "measured; writing, probes and analyses come on top",
    ]
    if minutes is not None:
        n = found.workers(minutes)
        told.append(
            f"in {minutes:g} minutes: {n:,} {'worker' if n == 1 else 'workers'} like this one, each with "
            f"{-(-found.batches // n):,} batches at most"
        )
    return told


def spoken(seconds: float) -> str:
    """A time with its unit: seconds below two minutes, minutes below two hours, else hours."""
    for unit, size in (("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.2g} seconds" if seconds < 10 else f"{seconds:.0f} seconds"
