"""Who works on a file of the store: a lock of the system, or a lease file where a file system has no locks.

``flock`` needs a file system whose locks all machines respect (a disk, NFS 4, Lustre with ``-o flock``, GPFS); the lock
of a process that dies is free at once. ``lease`` needs only that a file can be created exclusively, and that all
machines see within seconds when it was last touched. Whoever holds a lease touches its file every 20 seconds. It ends
when its process is known to be dead (on the same machine), or when another process has seen no touch for LEASE_S
seconds of its own clock: clocks of machines are never compared. A process that stands still for longer loses its lease,
and sees this before it writes its next batch. A process that is killed between creating its lease and writing its name
into it leaves an empty file; it is removed when it is LEASE_S seconds old, by the clock of the file system.
"""

from contextlib import suppress
from pathlib import Path

from filelock import BaseFileLock, FileLock, SoftFileLease

FLOCK, LEASE = "flock", "lease"
KINDS = (FLOCK, LEASE)
LEASE_S = 60.0


class Lease(SoftFileLease):
    """A lease that also takes over an empty file, which filelock itself would wait for without end."""

    def _acquire(self) -> None:
        remove_nameless(Path(self.lock_file))
        super()._acquire()


def lock_of(path: Path, kind: str) -> BaseFileLock:
    """The lock (FLOCK) or lease (LEASE) of what is at ``path``, not held yet; keep it while you wait for it."""
    if kind == FLOCK:
        return FileLock(f"{path}.lock")
    return Lease(f"{path}.lease", lease_duration=LEASE_S)


def remove_nameless(lease: Path, seconds: float = LEASE_S) -> None:
    """Delete a lease file that is empty, and older than ``seconds``: whoever created it has died before it wrote."""
    with suppress(FileNotFoundError):
        if lease.stat().st_size == 0:
            now = lease.with_suffix(".now")  # a file made now tells the clock of the file system
            now.touch()
            old = now.stat().st_mtime - lease.stat().st_mtime > seconds
            now.unlink()
            if old and lease.stat().st_size == 0:
                lease.unlink()


def is_ours(path: Path, kind: str) -> bool:
    """Whether what is at ``path``, which this process has locked, is still locked by it."""
    return kind == FLOCK or SoftFileLease(f"{path}.lease", lease_duration=LEASE_S).is_lock_held_by_us
