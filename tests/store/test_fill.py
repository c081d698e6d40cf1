"""Numbers beyond float16: the extraction goes on in float32, whatever is on disk, and after any kill."""

import logging
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from extraction import Job, corpus, count_writes, extract, extract_and_die, extract_part, layer_of, sha256

from probing.axes import Corpus
from probing.errors import DamagedStoreError, RangeError
from probing.rng import generator
from probing.store.encoding import ROUNDED, WIDENED, decode, encode
from probing.store.key import Store
from probing.store.layout import StoreFile
from probing.store.write import discard


def late_fox(longest: int) -> Corpus:
    """The usual 40 sentences, "fox" only in those of at most ``longest`` words, which come last."""
    return Corpus(
        "late-fox",
        {
            split: tuple(
                s if len(s.words) <= longest else replace(s, words=tuple("dog" if w == "fox" else w for w in s.words))
                for s in sentences
            )
            for split, sentences in corpus(40).splits.items()
        },
    )


CORPUS = late_fox(8)
SCALE = 1e5  # which Gemma 3 reaches


def store_in(folder: Path, dtype: str = "auto") -> Store:
    return Store(str(folder), dtype, 64)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.suffix != ".lock")


@pytest.fixture(scope="module")
def widened(loud, tmp_path_factory) -> Path:
    """The store of the loud model, not interrupted."""
    return Job(extract, store_in(tmp_path_factory.mktemp("widened")), loud, CORPUS).result()


def test_batches_before_the_first_that_does_not_fit_keep_what_they_have_and_the_others_are_exact(
    loud, widened, tmp_path
):
    exact = Job(extract, store_in(tmp_path, "float32"), loud, CORPUS).result()
    with StoreFile(widened) as found, StoreFile(exact) as wanted:
        assert found.dtype == "float32"
        assert found.provenance[WIDENED].startswith("float32, because numbers reach 6.59e+04")
        rounded = found.provenance[ROUNDED]
        assert rounded in found.index.block[1:-1]
        for layer in range(4):
            rows = layer_of(wanted, layer)
            rows[:rounded] = decode(encode(rows[None, :rounded], "float16"), "float16")[0]
            assert np.array_equal(layer_of(found, layer), rows)
        assert float(np.abs(layer_of(found, 0)).max()) > 65_504
    assert names(widened.parent) == [widened.name]


def test_a_model_that_never_fits_is_float32_throughout_and_costs_one_batch(tiny, tmp_path, caplog):
    from safetensors.numpy import load_file, save_file

    folder = Path(shutil.copytree(tiny, tmp_path / "model"))
    weights = load_file(folder / "model.safetensors")
    for name in [name for name in weights if name.endswith("LayerNorm.weight")]:
        weights[name] = weights[name] * np.float32(SCALE)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    caplog.set_level(logging.WARNING)
    path = extract(store_in(tmp_path / "store"), folder, CORPUS)
    exact = extract(store_in(tmp_path / "store", "float32"), folder, CORPUS)
    assert path != exact
    with StoreFile(path) as found, StoreFile(exact) as wanted:
        assert found.provenance[ROUNDED] == 0
        for layer in range(4):
            assert np.array_equal(layer_of(found, layer), layer_of(wanted, layer))
    assert [record.getMessage() for record in caplog.records] == [
        f"{path.stem}: {found.provenance[WIDENED].partition('because ')[2]}; it is stored as float32, which takes "
        "twice the space"
    ]


def test_a_model_that_fits_has_the_file_that_it_always_had(finished, tiny, tmp_path):
    path = extract(store_in(tmp_path, "float16"), tiny, corpus(40))
    assert (path.name, sha256(path)) == (finished.name, sha256(finished))
    with StoreFile(finished) as store:
        assert store.dtype == "float16"
        assert not {WIDENED, ROUNDED} & store.provenance.keys()


def test_numbers_that_float16_would_round_away_are_stored_in_float32(tiny, tmp_path):
    from safetensors.numpy import load_file, save_file

    folder = Path(shutil.copytree(tiny, tmp_path / "model"))
    weights = load_file(folder / "model.safetensors")
    for name in [name for name in weights if "layer.2.output.LayerNorm" in name]:
        weights[name] = weights[name] * np.float32(1e-6)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    with StoreFile(extract(store_in(tmp_path / "store"), folder, CORPUS)) as found:
        assert "no number above" in found.provenance[WIDENED]
        last = layer_of(found, 3)
    assert np.abs(last.astype(np.float16) - last).max() > 0.001 * np.abs(last).max()


def test_killed_in_the_middle_of_any_write_it_ends_in_the_same_bytes(loud, widened, tmp_path):
    n_writes = Job(count_writes, store_in(tmp_path / "count"), loud, CORPUS).result()
    middle = generator(0, "kills beyond float16").choice(np.arange(3, n_writes), size=5, replace=False).tolist()
    for at_write in [*sorted(middle), n_writes]:
        folder = tmp_path / str(at_write)
        assert Job(extract_and_die, store_in(folder), loud, CORPUS, at_write).killed
        assert list(folder.glob("*.h5")) == []
        path = Job(extract, store_in(folder), loud, CORPUS).result()
        assert sha256(path) == sha256(widened), f"killed at write {at_write} of {n_writes}"
        assert names(folder) == [path.name]


def test_what_float16_refused_is_gone_on_with(loud, widened, tmp_path):
    with pytest.raises(RangeError, match="type store.dtype=auto"):
        extract(store_in(tmp_path, "float16"), loud, CORPUS)
    [partial] = tmp_path.glob("*.partial")
    assert partial.with_suffix(".journal").stat().st_size > 0
    assert sha256(extract(store_in(tmp_path), loud, CORPUS)) == sha256(widened)


@pytest.mark.parametrize("lost", ["narrow", "wide"])
def test_either_unfinished_file_may_be_lost(loud, widened, tmp_path, lost):
    def stop_late(step: str, done: int, total: int) -> None:
        if done >= 0.8 * total:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        extract(store_in(tmp_path), loud, CORPUS, stop_late)
    partials = {path.name.partition("-")[0] == "wide": path for path in tmp_path.glob("*.partial")}
    assert len(partials) == 2
    partials[lost == "wide"].unlink()
    assert sha256(extract(store_in(tmp_path), loud, CORPUS)) == sha256(widened)
    assert names(tmp_path) == [widened.name]


def test_a_batch_that_is_damaged_before_it_is_copied_is_found(loud, widened, tmp_path):
    with pytest.raises(RangeError):
        extract(store_in(tmp_path, "float16"), loud, CORPUS)
    [partial] = tmp_path.glob("*.partial")
    raw = StoreFile.raw

    def damaged(self, layer, block):
        found = raw(self, layer, block)
        return found + np.float16(1) if changed and self.path == partial and block == 1 else found

    changed = False

    def after_the_first(step: str, done: int, total: int) -> None:
        nonlocal changed
        changed = done > 0

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(StoreFile, "raw", damaged)
        with pytest.raises(DamagedStoreError, match="batch 1 fails its checksum") as caught:
            extract(store_in(tmp_path), loud, CORPUS, after_the_first)
    discard(caught.value.path)
    assert not partial.exists()
    assert sha256(extract(store_in(tmp_path), loud, CORPUS)) == sha256(widened)


def test_what_an_unfinished_file_holds_needs_no_space_again(loud, widened, tmp_path, monkeypatch):
    from test_write import with_free_bytes

    extract_part(store_in(tmp_path), loud, CORPUS, share=0.2)
    with_free_bytes(monkeypatch, 100_000)
    assert sha256(extract(store_in(tmp_path), loud, CORPUS)) == sha256(widened)
