"""A lease that a process has left without its name does not stop the others."""

import os

import pytest
from filelock import Timeout

from probing.store.locks import LEASE, LEASE_S, lock_of


def test_an_empty_lease_is_taken_over_once_it_is_old(tmp_path):
    path = tmp_path / "file"
    lease = tmp_path / "file.lease"
    lease.touch()
    with pytest.raises(Timeout):
        lock_of(path, LEASE).acquire(timeout=0)
    before = lease.stat().st_mtime - LEASE_S - 1
    os.utime(lease, (before, before))
    with lock_of(path, LEASE).acquire(timeout=0):
        assert lease.stat().st_size > 0
    assert [*tmp_path.glob("*.now")] == []


def test_a_lease_with_a_name_is_not_removed_for_its_age(tmp_path):
    path = tmp_path / "file"
    with lock_of(path, LEASE).acquire(timeout=0):
        before = (tmp_path / "file.lease").stat().st_mtime - 10 * LEASE_S
        os.utime(tmp_path / "file.lease", (before, before))
        with pytest.raises(Timeout):
            lock_of(path, LEASE).acquire(timeout=0)
