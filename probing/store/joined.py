"""Shards of one extraction as one store file: its layers are virtual, their rows stay in the files of the shards."""

from collections.abc import Sequence
from pathlib import Path

import h5py
import numpy as np

from probing.errors import DamagedStoreError
from probing.store.disk import VIRTUAL_BOUNDS, writing
from probing.store.encoding import DTYPES
from probing.store.file_index import EXPONENT, Content, describe
from probing.store.layout import StoreFile


def join(path: Path, content: Content, shards: Sequence[tuple[Path, Content]]) -> list[Path]:
    """Write ``path``, a store file of ``content`` whose rows are in ``shards``, files in the order of their rows.

    It names the shards from its own folder, so that it may be moved together with theirs. Returns the shards that are
    damaged or foreign; if there are any, nothing is written. Rows are verified when they are read. What is read depends
    on the content alone; the bytes of this file also on when it was written, as HDF5 notes the time.
    """
    n_layers, n_rows, width = content.shape
    stored = np.dtype(DTYPES[content.dtype])
    crc32, wrong = [np.zeros((n_layers, 0), np.uint32)], []
    for shard, part in shards:
        try:
            with StoreFile(shard) as found:
                crc32.append(found.crc32)
                foreign = found.checksum != describe(part)["index_crc32"]
        except DamagedStoreError:
            foreign = True
        if foreign:
            wrong.append(shard)
    if wrong:
        return wrong
    fresh = path.with_name(f"{content.provenance['key']}.new")
    with writing(fresh, "w", VIRTUAL_BOUNDS) as (file, _):
        for name, array in content.index.arrays().items():
            file.create_dataset(name, data=array)
        file.create_dataset("crc32", data=np.concatenate(crc32, axis=1))
        file.attrs.update(describe(content))
        for layer in content.numbers:
            for name, n, kind in ((content.group, n_rows, stored), (EXPONENT, content.n_batches, np.dtype(np.int8))):
                file.create_virtual_dataset(
                    f"{name}/{layer}", _virtual(path.parent, shards, f"{name}/{layer}", (n, width), kind)
                )
    fresh.replace(path)
    return []


def _virtual(
    folder: Path,
    shards: Sequence[tuple[Path, Content]],
    name: str,
    shape: tuple[int, int],
    kind: "np.dtype[np.generic]",
) -> h5py.VirtualLayout:
    """The dataset ``name`` of all shards, one after the other."""
    layout = h5py.VirtualLayout(shape, kind)
    begin = 0
    for shard, part in shards:
        n = part.n_batches if name.startswith(EXPONENT) else part.shape[1]
        source = shard.relative_to(folder).as_posix()
        layout[begin : begin + n] = h5py.VirtualSource(source, name, (n, shape[1]), kind)
        begin += n
    return layout


def shards_behind(path: Path) -> list[Path]:
    """The shards that the rows of a store file are in; none for a file that holds its rows itself."""
    try:
        with h5py.File(path, "r") as file:
            layers = [layer for group in file.values() if isinstance(group, h5py.Group) for layer in group.values()]
            names = {source.file_name for layer in layers if layer.is_virtual for source in layer.virtual_sources()}
    except (OSError, RuntimeError, KeyError, ValueError):
        return []
    return sorted(path.parent / name for name in names)


def bytes_on_disk(path: Path) -> int:
    """Of a store file, with its shards. Raises: FileNotFoundError if one of them is gone."""
    return sum(file.stat().st_size for file in (path, *shards_behind(path)))
