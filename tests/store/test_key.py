"""The key changes with everything that changes the file, and with nothing else."""

from dataclasses import replace
from pathlib import Path

import pytest

from probing.axes import Corpus, Sentence
from probing.errors import ConfigError
from probing.model.checkpoint import Checkpoint, Model
from probing.store import key as module
from probing.store.key import PARTS, Store, is_of_this_version, key, key_parts, map_parts

STORE = Store("outputs/store")
MODEL = Model("bundled")
CHECKPOINT = Checkpoint("minilm", Path("model"), "sha256-12", ())
A, B, C = Sentence("a", ("she", "left")), Sentence("b", ("light",)), Sentence("c", ("they", "watch"))
CORPUS = Corpus("small", {"train": (A, B), "dev": (C,), "test": (A,)})


def key_of(
    store: Store = STORE, model: Model = MODEL, checkpoint: Checkpoint = CHECKPOINT, corpus: Corpus = CORPUS
) -> str:
    return key(key_parts(store, model, checkpoint, corpus))


def with_train(*sentences: Sentence) -> Corpus:
    return Corpus("small", {**CORPUS.splits, "train": sentences})


@pytest.mark.parametrize(
    "changed",
    [
        {"checkpoint": replace(CHECKPOINT, revision="sha256-34")},
        {"model": replace(MODEL, precision="bfloat16")},
        {"model": replace(MODEL, long="truncate")},
        {"model": replace(MODEL, max_subwords=32)},
        {"model": replace(MODEL, bos="off")},
        {"store": replace(STORE, dtype="float32")},
        {"store": replace(STORE, dtype="bfloat16")},
        {"store": replace(STORE, batch_subwords=2048)},
        {"corpus": with_train(A, replace(B, words=("lights",)))},
        {"corpus": with_train(B, A)},
        {"corpus": with_train(A)},
        {"corpus": with_train(replace(A, words=("she left",)), B)},
        {"corpus": with_train(replace(A, id="a2"), B)},
        {"corpus": Corpus("small", {"train": (A,), "dev": (B, C), "test": (A,)})},  # the same text, split elsewhere
    ],
)
def test_it_changes_with_what_changes_the_file(changed):
    assert key_of(**changed) != key_of()


def test_it_changes_with_the_format(monkeypatch):
    before = key_of()
    monkeypatch.setattr(module, "VERSION", module.VERSION + 1)
    assert key_of() != before


@pytest.mark.parametrize(
    "changed",
    [
        {"corpus": with_train(replace(A, upos=("PRON", "VERB"), heads=(2, 0), deprel=("nsubj", "root")), B)},
        {"corpus": with_train(replace(A, label="positive"), B)},
        {"corpus": Corpus("another name", CORPUS.splits, (Path("elsewhere"),), {"empty nodes": 3})},
        {"checkpoint": Checkpoint("another name", Path("elsewhere"), "sha256-12", (Path("config.json"),))},
        {"model": replace(MODEL, name="another name", stand_in=None)},
        {"store": replace(STORE, folder="elsewhere")},
        {"store": replace(STORE, dtype="float16")},  # which is what auto begins with
    ],
)
def test_tasks_and_names_share_one_file(changed):
    assert key_of(**changed) == key_of()


def test_a_key_of_other_parts_is_of_another_version():
    parts = key_parts(STORE, MODEL, CHECKPOINT, CORPUS)
    assert tuple(parts) == PARTS
    of_maps = map_parts(STORE, parts)
    for made in (parts, of_maps):
        assert is_of_this_version({"key": key(made), **made, "threads": 2})
        assert not is_of_this_version({"key": "0" * 16, **made})
    fewer = {name: part for name, part in parts.items() if name != "long"}
    assert not is_of_this_version({"key": key(fewer), **fewer})
    assert not is_of_this_version({"key": key({**parts, "new": "1"}), **parts, "new": "1"})


def test_it_is_a_file_name():
    assert len(key_of()) == 16
    assert set(key_of()) <= set("0123456789abcdef")


@pytest.mark.parametrize(
    "options, message",
    [
        ({"dtype": "float8"}, "store.dtype=float8: .* choose one of auto, float16, float32, bfloat16"),
        ({"batch_subwords": 0}, "store.batch_subwords=0: must be greater than 0"),
    ],
)
def test_impossible_values_are_refused_at_once(options, message):
    with pytest.raises(ConfigError, match=message):
        Store("outputs/store", **options)
