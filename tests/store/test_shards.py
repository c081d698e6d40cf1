"""Any number of processes extract together: nothing is lost or done twice, and the numbers are those of one."""

import functools
import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from extraction import Job, layer_of

from probing.axes import no_progress
from probing.errors import StoreError
from probing.rng import generator
from probing.store import locks
from probing.store.file_index import Content, Index
from probing.store.fill import fill
from probing.store.joined import bytes_on_disk, shards_behind
from probing.store.key import Store, find
from probing.store.layout import StoreFile
from probing.store.leftovers import clear_leftovers
from probing.store.made_once import discard, find_or_make
from probing.store.shards import ranges, shards_of

KEY = "0123456789abcdef"
quiet = functools.partial(no_progress, "extracting")
LAYERS, WIDTH = 3, 8
LINE = 6  # bytes of a line on a batch


def planned(n_batches: int, **provenance: Any) -> Content:
    """What a store of sentences of one to five subwords holds, four sentences a batch."""
    lengths = generator(0, "lengths").integers(1, 6, size=4 * n_batches)
    ends = np.cumsum(lengths)
    words = np.concatenate([np.arange(n) for n in lengths])
    index = Index(
        start=(ends - lengths).astype(np.int64),
        length=lengths.astype(np.int64),
        id=np.array([f"s{n}".encode() for n in range(len(lengths))]),
        split=np.zeros(len(lengths), np.uint8),
        n_words=lengths.astype(np.int64),
        word=words.astype(np.int32),
        subword=np.arange(len(words), dtype=np.int32),
        block=np.concatenate([[0], ends[3::4]]).astype(np.int64),
        counts={"cut": 2},
    )
    return Content(
        index, (LAYERS, len(words), WIDTH), "float16", {"key": KEY, "device": "cpu", "threads": 1, **provenance}
    )


def rows_of(content: Content, batch: int) -> np.ndarray:
    """Numbers that stand in for hidden states; one feature is beyond float16 in every third batch."""
    start, stop = content.index.block[batch : batch + 2]
    rows = generator(batch, "rows").normal(size=(LAYERS, stop - start, WIDTH)).astype(np.float32)
    rows[:, :, 0] *= 1e5 if batch % 3 == 0 else 1
    return rows


def extract(
    folder: Path, n_batches: int, lock: str = "flock", divided: bool = True, pause_s: float = 0.0, lease_s: float = 60
) -> Path:
    """Extract stand-ins in this process; a line in ``computed`` for every batch that was computed.

    It waits while as many batches are computed as the file ``allowed`` says, if there is one.
    """
    locks.LEASE_S = lease_s
    content, store = planned(n_batches), Store(str(folder), lock=lock, divided=divided)
    allowed, log = folder.parent / "allowed", folder.parent / "computed"

    def rows(batch: int) -> np.ndarray:
        while allowed.exists() and log.stat().st_size >= LINE * int(allowed.read_text()):
            time.sleep(0.005)
        with log.open("a") as file:
            file.write(f"{batch:{LINE - 1}}\n")
        time.sleep(pause_s)
        return rows_of(content, batch)

    return find_or_make(store, "model-corpus", KEY, lambda path: fill(path, content, rows, quiet, lock))


def computed(folder: Path) -> list[int]:
    log = folder.parent / "computed"
    return [int(line) for line in log.read_text().splitlines()] if log.exists() else []


def content(path: Path) -> list[Any]:
    """Everything that a reader gets, verified."""
    with StoreFile(path) as store:
        index = {name: array.tobytes() for name, array in store.index.arrays().items()}
        layers = [layer_of(store, layer).tobytes() for layer in range(store.n_layers)]
        return [index, store.index.counts, store.provenance, store.crc32.tobytes(), store.checksum, layers]


@pytest.fixture(scope="module")
def alone(tmp_path_factory) -> Callable[[int], Path]:
    """The file that one process makes alone."""
    return lambda n_batches: extract(tmp_path_factory.mktemp("alone") / "store", n_batches, divided=False)


@pytest.mark.parametrize("n_batches", [0, 1, 3, 4, 9, 255, 256, 257, 1000])
def test_ranges_hold_every_batch_once_in_order(n_batches):
    found = ranges(n_batches)
    assert [batch for first, stop in found for batch in range(first, stop)] == list(range(n_batches))
    assert len(found) <= 64
    sizes = [stop - first for first, stop in found]
    assert max(sizes) - min(sizes) <= 1


@pytest.mark.parametrize("n_batches", [1, 30])
def test_the_joined_file_reads_as_the_one_of_one_process(alone, tmp_path, n_batches):
    path = extract(tmp_path / "store", n_batches)
    assert content(path) == content(alone(n_batches))
    assert sorted(computed(tmp_path / "store")) == list(range(n_batches))
    assert not list((tmp_path / "store").rglob("*.partial")) + list((tmp_path / "store").rglob("*.journal"))


def test_it_may_be_renamed_and_moved_with_its_shards_and_is_read_by_plain_h5py(alone, tmp_path, monkeypatch):
    path = extract(tmp_path / "store", 30)
    (tmp_path / "elsewhere").mkdir()
    moved = (tmp_path / "store").rename(tmp_path / "elsewhere" / "moved") / path.name
    other = moved.rename(moved.with_name(f"other-{KEY}.h5"))
    monkeypatch.chdir(tmp_path)
    assert content(other) == content(alone(30))
    with h5py.File(other) as one, h5py.File(alone(30)) as whole:
        assert np.array_equal(one["hidden/1"][()], whole["hidden/1"][()])
        assert np.array_equal(one["exponent/1"][()], whole["exponent/1"][()])
    assert bytes_on_disk(other) > sum(shard.stat().st_size for shard in shards_behind(other)) > 0


def test_a_shard_is_a_store_file_of_its_own_sentences(tmp_path):
    path = extract(tmp_path / "store", 30)
    whole, shards = planned(30), shards_behind(path)
    ids = []
    for shard in shards:
        with StoreFile(shard) as found:
            first, stop = found.provenance["batches"]
            assert np.array_equal(found.block(2, 0), content_block(path, 2, first))
            assert len(found.index.block) == stop - first + 1
            ids += found.index.id.tolist()
    assert sorted(ids) == sorted(whole.index.id.tolist())


def content_block(path: Path, layer: int, batch: int) -> np.ndarray:
    with StoreFile(path) as store:
        return store.block(layer, batch)


def kill_some(folder: Path, lock: str, n_batches: int, n_kills: int, pause_s: float) -> list[Path]:
    """Four workers, of which one is killed at a random instant ``n_kills`` times, and started again.

    Between two kills they may compute an equal part of the batches, however long a process takes to start.
    """
    rng, allowed = generator(0, "kills"), folder.parent / "allowed"

    def start() -> Job:
        return Job(extract, folder, n_batches, lock, True, pause_s)

    def allow(n: int) -> None:
        fresh = allowed.with_suffix(".new")
        fresh.write_text(str(n))
        fresh.replace(allowed)

    (folder.parent / "computed").touch()
    allow(0)
    jobs, kills = [start() for _ in range(4)], 0
    for kill in range(n_kills):
        allow((kill + 1) * n_batches // (n_kills + 1))
        time.sleep(rng.uniform(0, 4 * pause_s))
        job = jobs.pop(int(rng.integers(len(jobs))))
        job.kill()
        kills += job.killed
        jobs.append(start())
    allow(2 * n_batches)
    assert kills == n_kills
    return [job.result() for job in jobs]


def check_killed(folder: Path, whole: Path, n_batches: int, n_kills: int, paths: list[Path]) -> None:
    assert len(set(paths)) == 1
    assert content(paths[0]) == content(whole)
    done = computed(folder)
    assert set(done) == set(range(n_batches))
    # a batch is computed again only if its worker was killed between computing and recording it
    assert len(done) - n_batches <= n_kills
    assert not list(folder.rglob("*.partial")) + list(folder.rglob("*.journal"))


@pytest.mark.parametrize("lock", locks.KINDS)
def test_four_workers_that_are_killed_lose_nothing_and_do_nothing_twice(alone, tmp_path, lock):
    paths = kill_some(tmp_path / "store", lock, n_batches=80, n_kills=5, pause_s=0.02)
    check_killed(tmp_path / "store", alone(80), 80, 5, paths)


@pytest.mark.slow
@pytest.mark.parametrize("lock", locks.KINDS)
def test_a_hundred_kills_lose_nothing(alone, tmp_path, lock):
    paths = kill_some(tmp_path / "store", lock, n_batches=1500, n_kills=100, pause_s=0.05)
    check_killed(tmp_path / "store", alone(1500), 1500, 100, paths)


def test_others_join_a_process_that_began_alone_and_copy_what_it_has_done(alone, tmp_path):
    folder = tmp_path / "store"
    first = Job(extract, folder, 60, "flock", False, 0.02)
    while not any(file.stat().st_size > 200 for file in folder.glob("*.journal")):
        time.sleep(0.005)
    others = [Job(extract, folder, 60, "flock", True, 0.02) for _ in range(2)]
    paths = [job.result() for job in (first, *others)]
    assert len(set(paths)) == 1
    assert shards_behind(paths[0])
    assert content(paths[0]) == content(alone(60))
    assert len(computed(folder)) <= 60 + 1 + 2  # the batch at which it was interrupted; those that were being copied


def test_a_lease_of_a_process_that_stands_still_is_taken_over_and_noticed(alone, tmp_path):
    folder = tmp_path / "store"
    still = Job(extract, folder, 8, "lease", True, 0.05, 1.5)
    while not list(folder.glob("*.shards/*.journal")):
        time.sleep(0.005)
    os.kill(still.process.pid, signal.SIGSTOP)
    path = Job(extract, folder, 8, "lease", True, 0.0, 1.5).result()
    os.kill(still.process.pid, signal.SIGCONT)
    assert still.result() == path
    assert content(path) == content(alone(8))
    assert list(folder.rglob("*.lease")) == []


def test_a_lease_that_is_touched_is_not_taken(tmp_path, monkeypatch):
    from filelock import Timeout

    monkeypatch.setattr(locks, "LEASE_S", 1.0)
    with locks.lock_of(tmp_path / "a", "lease"), pytest.raises(Timeout):
        locks.lock_of(tmp_path / "a", "lease").acquire(timeout=2.5)
    assert not locks.is_ours(tmp_path / "a", "lease")
    assert locks.is_ours(tmp_path / "a", "flock")


def test_a_worker_with_other_arithmetic_is_refused_and_one_with_other_threads_follows(tmp_path):
    import torch

    folder = tmp_path / "store"
    shards_of(folder, KEY).mkdir(parents=True)
    path = folder / f"model-corpus-{KEY}.h5"
    done = []

    def rows(batch: int) -> np.ndarray:
        done.append(torch.get_num_threads())
        if len(done) == 3:
            raise KeyboardInterrupt
        return rows_of(planned(8), batch)

    with pytest.raises(KeyboardInterrupt):
        fill(path, planned(8, versions={"torch": "2.13.0"}), rows, quiet, "flock")
    other = planned(8, device="cuda", versions={"torch": "2.14.0"})
    with pytest.raises(StoreError, match=r"begun with device: cpu, versions torch: 2.13.0; this process"):
        fill(path, other, rows, quiet, "flock")
    assert len(done) == 3
    fill(path, planned(8, threads=7, versions={"torch": "2.13.0"}), rows, quiet, "flock")
    assert set(done) == {1}
    with StoreFile(path) as found:
        assert found.provenance["threads"] == 1


def test_of_a_damaged_shard_only_its_own_batches_are_made_again(alone, tmp_path):
    folder = tmp_path / "store"
    path = extract(folder, 30)
    before = len(computed(folder))
    damaged = shards_behind(path)[2]
    with h5py.File(damaged, "r+") as file:
        file["hidden/1"][0] = 7
        n_batches = file["crc32"].shape[1]
    discard(path)
    assert find(folder, KEY) is None
    assert content(extract(folder, 30, divided=False)) == content(alone(30))
    assert len(computed(folder)) == before + n_batches


def test_a_file_without_its_shards_is_not_trusted(alone, tmp_path):
    folder = tmp_path / "store"
    path = extract(folder, 8)
    shards_of(folder, KEY).rename(tmp_path / "lost")
    with pytest.raises(StoreError, match="damaged or foreign"):
        content(path)
    discard(path)
    assert content(extract(folder, 8, divided=False)) == content(alone(8))


def test_what_is_left_of_a_divided_extraction_is_named_or_removed(tmp_path, monkeypatch):
    folder = tmp_path / "store"
    path = extract(folder, 30)
    assert clear_leftovers(folder) == []
    assert content(path)
    path.unlink()  # as if it had been killed before the last step
    shards_behind_gone = shards_of(folder, KEY)
    monkeypatch.setattr("probing.store.leftovers.is_of_this_version", lambda about: True)
    [line] = clear_leftovers(folder)
    assert f"{shards_behind_gone} (a model on a corpus, divided between processes); run with the same options" in line
    monkeypatch.undo()  # their key is not made of the parts of this version
    assert clear_leftovers(folder) == []
    assert not shards_behind_gone.exists()


def test_shards_beside_a_file_that_does_not_need_them_are_removed(alone, tmp_path):
    folder = tmp_path / "store"
    extract(folder, 30).unlink()
    whole = folder / f"other-{KEY}.h5"
    whole.write_bytes(alone(30).read_bytes())
    assert clear_leftovers(folder) == []
    assert not shards_of(folder, KEY).exists()
    assert content(whole) == content(alone(30))


def test_the_provenance_that_all_share_is_on_disk(tmp_path):
    folder = tmp_path / "store"
    extract(folder, 8)
    assert json.loads((shards_of(folder, KEY) / "begun.json").read_text())["threads"] == 1
