"""Extraction survives kills, crowds and full disks, and what it ends with is always the same file."""

import logging
import os
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from extraction import (
    Job,
    content,
    corpus,
    count_writes,
    extract,
    extract_and_die,
    extract_at_once,
    extract_part,
    extract_under_limit,
    extract_until_full,
    flip,
    layer_of,
    peak_memory_bytes,
    sha256,
    where,
)

from probing.axes import Corpus, Sentence
from probing.data.conllu import read
from probing.errors import StoreError
from probing.rng import generator
from probing.store import fill
from probing.store.key import Store
from probing.store.layout import StoreFile
from probing.store.made_once import discard

CORPUS = corpus(40)
log = logging.getLogger(__name__)
DATA = os.environ.get("PROBING_DATA")


def store_in(folder: Path) -> Store:
    return Store(str(folder), batch_subwords=64)


def left_over(folder: Path) -> list[str]:
    return [path.suffix for path in folder.iterdir() if path.suffix not in (".h5", ".lock")]


def test_killed_in_the_middle_of_any_write_it_resumes_to_the_same_bytes(tiny, finished, tmp_path):
    n_writes = Job(count_writes, store_in(tmp_path / "count"), tiny, CORPUS).result()
    middle = generator(0, "kills").choice(np.arange(3, n_writes), size=3, replace=False).tolist()
    for at_write in [1, 2, *middle, n_writes]:  # the first ones create the file
        folder = tmp_path / str(at_write)
        assert Job(extract_and_die, store_in(folder), tiny, CORPUS, at_write).killed
        assert list(folder.glob("*.h5")) == []  # nothing that anybody would read
        path = Job(extract, store_in(folder), tiny, CORPUS).result()
        assert sha256(path) == sha256(finished), f"killed at write {at_write} of {n_writes}"
        assert left_over(folder) == []


def has_batches(store: Store) -> bool:
    return any(path.stat().st_size for path in Path(store.folder).glob("*.journal"))


def kill_and_rerun(store: Store, checkpoint: Path | str, source: Corpus, n_kills: int) -> dict[str, int]:
    """Kill extractions at random instants and rerun them: how many were running, how many of these had batches on
    disk, and how many ended with the very bytes of one that was not killed. Every second one is killed as soon as it
    has a batch on disk: on a busy machine a random instant may come too early each time."""
    extract_alone = partial(Job, extract, store, checkpoint, source)
    digests, times_s = set(), []
    for _ in range(3):
        shutil.rmtree(store.folder, ignore_errors=True)
        job, began = extract_alone(), time.perf_counter()
        digests.add(sha256(job.result()))
        times_s.append(time.perf_counter() - began)
    [whole] = digests
    instants_s = generator(0, "instants").uniform(0, min(times_s), size=n_kills)
    seen = {"running": 0, "with batches": 0, "identical": 0}
    for number, instant_s in enumerate(instants_s):
        shutil.rmtree(store.folder)
        job = extract_alone()
        if number % 2:
            while not has_batches(store) and job.process.is_alive():
                time.sleep(0.001)
        else:
            time.sleep(instant_s)
        job.kill()
        seen["running"] += job.killed
        seen["with batches"] += has_batches(store)
        seen["identical"] += sha256(extract_alone().result()) == whole
        log.info("killed after %.2f s; so far %s", instant_s, seen)
    return seen


def test_killed_at_random_instants_it_resumes_to_the_same_bytes(tiny, tmp_path):
    seen = kill_and_rerun(store_in(tmp_path), tiny, corpus(400), n_kills=3)
    assert seen["identical"] == 3, seen
    assert seen["with batches"] > 0, seen


@pytest.mark.slow
@pytest.mark.parametrize("n_kills", [30])
def test_killed_at_random_instants_a_treebank_resumes_to_the_same_bytes(n_kills, tmp_path):
    if DATA is None:
        pytest.skip("PROBING_DATA names no folder with ud_english_ewt/")
    sentences = tuple(islice(read(Path(DATA) / "ud_english_ewt" / "en_ewt-ud-dev.conllu", Counter()), 500))
    source = Corpus("ewt-500", {"train": sentences[:300], "dev": sentences[300:400], "test": sentences[400:]})
    seen = kill_and_rerun(Store(str(tmp_path), batch_subwords=256), "bundled", source, n_kills)
    assert seen["identical"] == n_kills, seen
    assert seen["with batches"] >= n_kills / 3, seen


def test_of_four_processes_that_want_one_file_one_extracts(tiny, tmp_path):
    loads, start, source = tmp_path / "loads", tmp_path / "start", corpus(200)
    jobs = [Job(extract_at_once, store_in(tmp_path / "store"), tiny, source, loads, start) for _ in range(4)]
    start.touch()
    paths = [job.result() for job in jobs]
    assert len(set(paths)) == 1
    assert len(loads.read_text().splitlines()) == 1
    content(paths[0])


def test_when_the_one_that_extracts_is_killed_another_goes_on(tiny, tmp_path):
    loads, start, source, store = tmp_path / "loads", tmp_path / "start", corpus(400), store_in(tmp_path / "store")
    whole = sha256(Job(extract, store_in(tmp_path / "whole"), tiny, source).result())
    jobs = [Job(extract_at_once, store, tiny, source, loads, start) for _ in range(3)]
    start.touch()
    while not has_batches(store):
        time.sleep(0.001)
    [first] = [job for job in jobs if f"{job.process.pid}\n" == loads.read_text()]
    first.kill()
    paths = [job.result() for job in jobs if job is not first]
    assert [sha256(path) for path in paths] == [whole, whole]
    assert len(loads.read_text().splitlines()) == 2


def test_a_finished_file_is_found_under_any_name_and_no_model_is_loaded(tiny, finished, tmp_path):
    key = finished.stem[-16:]
    other = Path(shutil.copy(finished, tmp_path / f"renamed-{key}.h5"))
    assert extract(store_in(tmp_path), tiny, CORPUS, loads=tmp_path / "loads") == other
    assert not (tmp_path / "loads").exists()


@pytest.mark.parametrize(
    "damage", [lambda path: path.write_bytes(b""), lambda path: flip(path, where(path, "hidden/3"))]
)
def test_a_damaged_file_is_made_anew(tiny, finished, copied, damage):
    damage(copied)
    discard(copied)
    discard(copied)  # by another process, at the same time
    assert not copied.exists()
    assert sha256(extract(store_in(copied.parent), tiny, CORPUS)) == sha256(finished)


def test_a_file_that_another_process_has_made_anew_is_kept(copied):
    discard(copied)
    assert copied.exists()


@pytest.fixture
def small_disk(tmp_path) -> Iterator[Path]:
    """A file system of 24 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if shutil.which("mount") is None or os.geteuid() != 0:
        pytest.skip("only root can make a small file system; limits on files are tested without")
    options = ["-t", "tmpfs", "-o", "size=24m", "tmpfs"]
    if subprocess.run(["mount", *options, str(folder)], capture_output=True).returncode:
        pytest.skip("this machine does not allow mounts; limits on files are tested without")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


WIDE = corpus(200, longest=30)


@pytest.fixture(scope="module")
def whole(wide, tmp_path_factory) -> Path:
    """The store of WIDE, several chunks a layer."""
    return Job(extract, Store(str(tmp_path_factory.mktemp("whole")), batch_subwords=256), wide, WIDE).result()


def test_on_a_full_disk_it_stops_with_a_message_and_goes_on_when_there_is_room(wide, whole, small_disk):
    store, filler = Store(str(small_disk), batch_subwords=256), small_disk / "filler"
    error = Job(extract_until_full, store, wide, WIDE, filler, 0.5).result()
    assert isinstance(error, StoreError)
    assert f"no space left in {small_disk}" in str(error)
    done = next(small_disk.glob("*.journal")).stat().st_size
    assert done > 0
    again = Job(extract, store, wide, WIDE).result()
    assert "no space left" in str(again)
    assert next(small_disk.glob("*.journal")).stat().st_size >= done
    filler.unlink()
    assert sha256(Job(extract, store, wide, WIDE).result()) == sha256(whole)
    assert left_over(small_disk) == []


def test_a_disk_that_is_too_small_is_refused_before_anything_is_written(wide, small_disk):
    (small_disk / "other").write_bytes(bytes(22_000_000))
    error = Job(extract, Store(str(small_disk), batch_subwords=256), wide, WIDE).result()
    assert isinstance(error, StoreError)
    assert "GB needed" in str(error)
    assert left_over(small_disk) == [""]  # the other file alone


@pytest.mark.parametrize("done_share, file_bytes", [(0, 10_000), (0.4, 4_000_000)])
def test_a_limit_on_files_is_a_message_too(wide, whole, tmp_path, done_share, file_bytes):
    store = Store(str(tmp_path), batch_subwords=256)
    error = Job(extract_under_limit, store, wide, WIDE, file_bytes, done_share).result()
    assert isinstance(error, StoreError)
    assert "no space left" in str(error)
    assert "File too large" in str(error)
    assert sha256(Job(extract, store, wide, WIDE).result()) == sha256(whole)


def with_free_bytes(monkeypatch, free: int) -> None:
    monkeypatch.setattr(fill.shutil, "disk_usage", lambda folder: SimpleNamespace(free=free))


def test_what_is_already_written_needs_no_space_again(tiny, finished, tmp_path, monkeypatch):
    with_free_bytes(monkeypatch, 1000)
    with pytest.raises(StoreError, match=r"0.00 GB needed, 0.00 GB free in .*data.max_sentences="):
        extract(store_in(tmp_path), tiny, CORPUS)
    monkeypatch.undo()
    extract_part(store_in(tmp_path), tiny, CORPUS, share=0.5)
    with_free_bytes(monkeypatch, 1000)
    assert sha256(extract(store_in(tmp_path), tiny, CORPUS)) == sha256(finished)


def test_a_folder_that_cannot_be_one_is_named(tiny, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match=r"file.*set store.folder="):
        extract(store_in(tmp_path / "file"), tiny, CORPUS)


def test_progress_and_estimate_tell_the_truth(wide, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    seen = []
    path = extract(Store(str(tmp_path), batch_subwords=256), wide, WIDE, lambda *step: seen.append(step))
    with StoreFile(path) as store:
        n_rows, starts = len(store.index.word), store.index.block.tolist()
    assert [done for _, done, _ in seen] == starts
    assert {(step, total) for step, _, total in seen} == {("extracting subwords", n_rows)}
    assert f"200 sentences, {n_rows:,} subwords" in caplog.text
    assert f"{n_rows * 2 * 256 * 2 / 1e9:.2f} GB on disk" in caplog.text
    assert 0 < path.stat().st_size - n_rows * 2 * 256 * 2 < 3 << 20  # the index, and a chunk begun for each layer


def test_memory_does_not_grow_with_the_corpus(wide, tmp_path):
    sizes, peaks = [], []
    for n_sentences in (1000, 8000):
        store = Store(str(tmp_path / str(n_sentences)), batch_subwords=1024)
        peaks.append(Job(peak_memory_bytes, store, wide, n_sentences, 12).result())
        sizes.append(next(Path(store.folder).glob("*.h5")).stat().st_size)
    assert sizes[1] - sizes[0] > 0.12 * peaks[0]  # kept in memory, it would show
    assert peaks[1] <= 1.1 * peaks[0]


def changed_model(monkeypatch, change) -> None:
    """Let every network be changed as soon as it is loaded."""
    from probing.model import encoder

    load = encoder.load

    def load_and_change(*arguments):
        found = load(*arguments)
        change(found.network)
        return found

    monkeypatch.setattr(encoder, "load", load_and_change)


def test_memory_that_runs_out_halves_the_batches_and_changes_no_vector(tiny, finished, tmp_path, monkeypatch, caplog):
    import torch

    def little_memory(network):
        forward = network.forward

        def forward_if_small(input_ids, **others):
            if input_ids.numel() > 40:
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
            return forward(input_ids=input_ids, **others)

        network.forward = forward_if_small

    changed_model(monkeypatch, little_memory)
    path = extract(store_in(tmp_path), tiny, CORPUS)
    assert "memory ran out on a batch of" in caplog.text
    with StoreFile(path) as halved, StoreFile(finished) as wanted:
        for layer in range(4):
            np.testing.assert_allclose(layer_of(halved, layer), layer_of(wanted, layer), atol=2e-3, rtol=2e-3)


@pytest.mark.parametrize("dtype, tolerance", [("float16", 2e-3), ("bfloat16", 2e-2), ("float32", 1e-5)])
def test_every_type_stores_the_same_vectors(tiny, tmp_path, dtype, tolerance):
    source = corpus(12)
    path = extract(Store(str(tmp_path), dtype, 64), tiny, source)
    exact = extract(Store(str(tmp_path / "exact"), "float32", 4096), tiny, source)
    with StoreFile(path) as found, StoreFile(exact) as wanted:
        for layer in range(4):
            rows, wanted_rows = layer_of(found, layer), layer_of(wanted, layer)
            for a, b, n in zip(found.index.start, wanted.index.start, found.index.length, strict=True):
                np.testing.assert_allclose(rows[a : a + n], wanted_rows[b : b + n], atol=tolerance)


def test_a_sentence_without_subwords_has_no_rows(build, tmp_path):
    source = Corpus(
        "gaps", {"train": (Sentence("a", ()), Sentence("b", ("dog",))), "dev": (), "test": (Sentence("c", ()),)}
    )
    path = extract(store_in(tmp_path), build("qwen2", tmp_path / "qwen2"), source)  # no special subwords
    with StoreFile(path) as store:
        assert (store.index.length > 0).tolist() == [False, True, False]
        assert store.index.n_words.tolist() == [0, 1, 0]
        assert store.provenance["cls_position"] == "last"
