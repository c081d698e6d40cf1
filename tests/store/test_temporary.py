"""A temporary folder of the store is gone after use, whatever happens, and also after a process that was killed."""

from pathlib import Path

import pytest
from filelock import FileLock

from probing.store.key import Store
from probing.store.temporary import PREFIX, temporary


def filled(store: Store) -> Path:
    folder = Path(store.folder)
    folder.mkdir()
    (folder / "a.h5").write_text("a")
    return folder


def test_it_is_inside_the_store_and_deleted_after_use_and_after_an_error(tmp_path):
    store = Store(str(tmp_path / "store"), batch_subwords=7)
    with temporary(store) as inside:
        assert inside.batch_subwords == 7
        assert filled(inside).parent == tmp_path / "store"
    with pytest.raises(RuntimeError), temporary(store) as inside:
        filled(inside)
        raise RuntimeError
    assert list((tmp_path / "store").iterdir()) == []


def test_what_a_killed_program_left_is_deleted_and_what_is_in_use_is_not(tmp_path):
    store = Store(str(tmp_path))
    (tmp_path / f"{PREFIX}dead").mkdir()
    (tmp_path / f"{PREFIX}dead" / "a.h5").write_text("a")
    (tmp_path / f"{PREFIX}dead.lock").touch()
    (tmp_path / "mine.h5").touch()
    with temporary(store) as first:
        folder = filled(first)
        with temporary(store) as second:
            assert second.folder != first.folder
            assert folder.exists()
        assert folder.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["mine.h5"]


def test_a_held_lock_protects_its_folder(tmp_path):
    (tmp_path / f"{PREFIX}held").mkdir()
    with FileLock(tmp_path / f"{PREFIX}held.lock"), temporary(Store(str(tmp_path))):
        assert (tmp_path / f"{PREFIX}held").exists()
