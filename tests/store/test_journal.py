"""A killed extraction goes on from what verifiably holds, and from nothing else."""

import logging

import pytest
from extraction import corpus, extract, extract_part, flip, sha256, where

from probing.store.key import Store
from probing.store.layout import StoreFile

CORPUS = corpus(40)


@pytest.fixture
def broken_off(tiny, tmp_path):
    """A store of which about half was extracted: its options, the unfinished file and its journal."""
    store = Store(str(tmp_path), batch_subwords=64)
    partial = extract_part(store, tiny, CORPUS, share=0.5)
    return store, partial, partial.with_suffix(".journal")


def batches_done(journal) -> int:
    return len(journal.read_bytes()) // (4 * 4)  # four layers, four bytes each


class Rows:
    """Progress: the rows that were done when each batch began."""

    def __init__(self) -> None:
        self.seen: list[int] = []

    def __call__(self, step: str, done: int, total: int) -> None:
        self.seen.append(done)


def finish(tiny, store: Store, wanted) -> int:
    """Run again; the batch that it went on with. The result must be what an uninterrupted run writes."""
    rows = Rows()
    path = extract(store, tiny, CORPUS, rows)
    assert sha256(path) == sha256(wanted)
    with StoreFile(path) as found:
        return found.index.block.tolist().index(rows.seen[0])


def test_it_goes_on_where_it_was_broken_off_and_says_so(broken_off, tiny, finished, caplog):
    store, partial, journal = broken_off
    done = batches_done(journal)
    caplog.set_level(logging.INFO)
    assert finish(tiny, store, finished) == done > 0
    assert f"{done} of " in caplog.text
    assert "going on" in caplog.text
    assert [path.name for path in partial.parent.iterdir() if path.suffix not in (".h5", ".lock")] == []


def test_a_torn_journal_loses_the_batches_that_it_does_not_name(broken_off, tiny, finished):
    store, _, journal = broken_off
    whole = journal.read_bytes()
    journal.write_bytes(whole[: len(whole) // 2 + 3])
    assert finish(tiny, store, finished) == len(whole) // 2 // 16


@pytest.mark.parametrize("content", [b"", b"x", b"\x93NUMPY" * 1000])
def test_a_journal_of_nonsense_means_to_begin_anew(broken_off, tiny, finished, content):
    store, _, journal = broken_off
    journal.write_bytes(content)
    assert finish(tiny, store, finished) == 0


def test_a_journal_without_its_file_is_ignored(broken_off, tiny, finished):
    store, partial, _ = broken_off
    partial.unlink()
    assert finish(tiny, store, finished) == 0


def test_a_file_without_its_journal_is_done_again(broken_off, tiny, finished):
    store, _, journal = broken_off
    journal.unlink()
    assert finish(tiny, store, finished) == 0


@pytest.mark.parametrize("layer, batch", [(0, 0), (2, 1), (3, 2)])
def test_the_first_batch_with_a_flipped_bit_is_done_again(broken_off, tiny, finished, layer, batch):
    store, partial, journal = broken_off
    assert batches_done(journal) > 3
    with StoreFile(partial) as found:
        row = found.index.block[batch]
    flip(partial, where(partial, f"hidden/{layer}") + int(row) * 16 * 2 + 5)
    assert finish(tiny, store, finished) == batch


@pytest.mark.parametrize("name", ["word", "crc32", "superblock"])
def test_a_file_whose_index_is_damaged_is_made_anew(broken_off, tiny, finished, name):
    store, partial, journal = broken_off
    done = batches_done(journal)
    flip(partial, 20 if name == "superblock" else where(partial, name))
    assert finish(tiny, store, finished) == (done if name == "crc32" else 0)  # that array is written at the end


def test_a_truncated_file_is_made_anew(broken_off, tiny, finished):
    store, partial, _ = broken_off
    partial.write_bytes(partial.read_bytes()[:-1000])
    assert finish(tiny, store, finished) == 0


def test_what_began_with_other_arithmetic_is_not_gone_on_with(tiny, tmp_path, finished):
    import torch

    store = Store(str(tmp_path), batch_subwords=64)
    torch.set_num_threads(2)  # sums in another order
    partial = extract_part(store, tiny, CORPUS, share=0.5)
    torch.set_num_threads(1)
    assert batches_done(partial.with_suffix(".journal")) > 0
    assert finish(tiny, store, finished) == 0
