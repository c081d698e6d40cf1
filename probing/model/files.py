"""The files of a checkpoint folder: which ones count, which are missing, and their digest."""

import hashlib
from collections.abc import Collection
from pathlib import Path

from probing.errors import ModelError, shown
from probing.model.json_files import AGAIN, read_object

WEIGHTS, WEIGHTS_INDEX = "model.safetensors", "model.safetensors.index.json"
VOCABULARIES = (
    "tokenizer.json",
    "vocab.txt",
    "vocab.json",
    "tokenizer.model",
    "spiece.model",
    "sentencepiece.bpe.model",
)
CHAT_TEMPLATE = "chat_template.jinja"
TOKENIZER_EXTRAS = (
    *("tokenizer_config.json", "merges.txt", "special_tokens_map.json", "added_tokens.json"),
    CHAT_TEMPLATE,
)
MOST_LAYERS = 10_000
ADAPTER = "adapter_config.json"
PICKLES = (".bin", ".pt", ".pth", ".h5", ".msgpack", ".ckpt")


def sources(folder: Path, trained: bool) -> tuple[Path, ...]:
    """The files of ``folder`` that make up the checkpoint; its weights only for ``trained``.

    Raises: ModelError if the folder, its configuration, its vocabulary or its safetensors weights are missing, for a
    JSON file that is malformed, and for weights that are not listed here and would be read all the same.
    """
    if not folder.is_dir():
        raise ModelError(f"model.checkpoint={folder}: no such folder; give one that holds config.json, or a Hub id")
    if not (folder / "config.json").is_file():
        raise ModelError(f"{folder}: no config.json, so not a checkpoint; save one with model.save_pretrained")
    _check_config(folder)
    tokenizer = [folder / name for name in VOCABULARIES if (folder / name).is_file()]
    if not tokenizer:  # transformers would go on with a vocabulary of special tokens alone
        raise ModelError(f"{folder}: no tokenizer.json; save the tokenizer there with tokenizer.save_pretrained")
    tokenizer += [folder / name for name in TOKENIZER_EXTRAS if (folder / name).is_file()]
    return (folder / "config.json", *tokenizer, *(_weights(folder) if trained else ()))


def is_complete(folder: Path) -> bool:
    """Whether ``folder`` holds a configuration, a vocabulary and all of its safetensors weights."""
    try:
        sources(folder, trained=True)
    except ModelError:
        return False
    return True


def has_weights(folder: Path) -> bool:
    """Whether ``folder`` has safetensors weights, or an index of them."""
    return any((folder / name).is_file() for name in (WEIGHTS, WEIGHTS_INDEX))


def weight_files(folder: Path) -> tuple[Path, ...]:
    """The safetensors file, or its shards. Raises: as ``sources``."""
    return tuple(path for path in _weights(folder) if path.name != WEIGHTS_INDEX)


def _weights(folder: Path) -> tuple[Path, ...]:
    """The safetensors file, or the index and its shards."""
    if (folder / WEIGHTS).is_file():
        return (folder / WEIGHTS,)
    index = folder / WEIGHTS_INDEX
    if not index.is_file():
        raise ModelError(no_safetensors(str(folder), [path.name for path in folder.iterdir()]))
    shards = _shards(index)
    missing = [name for name in shards if not (folder / name).is_file()]
    if missing:
        raise ModelError(f"{folder}: {WEIGHTS_INDEX} names {', '.join(missing)}, not there; fetch the rest")
    return (index, *(folder / name for name in shards))


def _shards(index: Path) -> list[str]:
    """The names of the files that hold the weights: plain names, so that no file outside of the folder is read."""
    names = read_object(index).get("weight_map")
    if not isinstance(names, dict) or not names:
        raise ModelError(f"{index}: no weight_map from weights to files; {AGAIN}")
    for weight, name in names.items():
        if not isinstance(name, str) or not name.endswith(".safetensors") or set(name) & set("/\\\0\n"):
            seen = f"{shown(weight)} is in {shown(name)}"
            raise ModelError(f"{index}: {seen}; the name of a .safetensors file in this folder is expected; {AGAIN}")
    return sorted(set(names.values()))


def _check_config(folder: Path) -> None:
    """Raise ModelError for weights that the digest of the checkpoint does not cover, and for impossible sizes."""
    path = folder / "config.json"
    config = read_object(path)
    named = config.get("transformers_weights")  # transformers reads this file instead
    if named not in (None, WEIGHTS, WEIGHTS_INDEX):
        raise ModelError(
            f"{path}: transformers_weights names {shown(named)}; only {WEIGHTS} and {WEIGHTS_INDEX} are read: give the "
            "file this name and remove that line"
        )
    for key, value in config.items():
        if "layers" in key and isinstance(value, int | float) and value > MOST_LAYERS:  # to build them would never end
            raise ModelError(f"{path}: {key} is {shown(value)}; at most {MOST_LAYERS:,} layers are built; {AGAIN}")
    if (folder / ADAPTER).is_file():
        raise ModelError(
            f"{folder}: {ADAPTER} adds an adapter to the weights; merge it into them with "
            "model.merge_and_unload().save_pretrained('merged'), and then type: model.checkpoint=./merged"
        )


def no_safetensors(where: str, names: Collection[str]) -> str:
    """Say that weights are missing or are pickles, which may run code when read, and how to convert them."""
    pickles = sorted(name for name in names if name.endswith(PICKLES))
    if not pickles:
        return f"{where}: no weights (expected {WEIGHTS}); save them there with model.save_pretrained"
    return (
        f"{where}: only {', '.join(pickles)}, expected {WEIGHTS} (pickled weights are never read); if you trust them, "
        f'convert: python -c \'import transformers as t; [c.from_pretrained("{where}").save_pretrained("converted") '
        "for c in (t.AutoModel, t.AutoTokenizer)]' and then type: model.checkpoint=./converted"
    )


def digest(paths: Collection[Path]) -> str:
    """One SHA-256 over names and contents, whatever their order."""
    lines = sorted(f"{path.name} {sha256(path)}" for path in paths)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def sha256(path: Path) -> str:
    """SHA-256 of one file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
