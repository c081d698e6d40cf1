"""The files of a checkpoint, which anyone may have written: whatever they hold is taken or refused in one line."""

import json
import shutil
import warnings
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from random import Random

import pytest
from safetensors.torch import load_file

from probing.errors import ModelError, ProbingError
from probing.model.checkpoint import Model, resolve
from probing.model.encoder import load
from probing.model.files import ADAPTER, WEIGHTS, WEIGHTS_INDEX, sources

SHARD = "model-00001-of-00001.safetensors"


@pytest.fixture
def folder(folder_of, tmp_path) -> Path:
    """A copy of a tiny BERT."""
    return shutil.copytree(folder_of("bert"), tmp_path / "bert")


@pytest.fixture
def sharded(folder) -> Path:
    """The same with an index of its weights, which are in one shard."""
    weights = load_file(folder / WEIGHTS)
    (folder / WEIGHTS).rename(folder / SHARD)
    index = {"metadata": {"total_size": 1}, "weight_map": dict.fromkeys(weights, SHARD)}
    (folder / WEIGHTS_INDEX).write_text(json.dumps(index, indent=1))
    return folder


def test_an_index_and_its_shards_are_the_weights(sharded):
    assert {WEIGHTS_INDEX, SHARD} <= {path.name for path in sources(sharded, trained=True)}
    load(model := Model(str(sharded)), resolve(model))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", f"{WEIGHTS_INDEX}:1: not JSON (Expecting property name"),
        ('{"a": 1,\n"b": }', f"{WEIGHTS_INDEX}:2: not JSON (Expecting value, column 6)"),
        ("[" * 100_000, f"{WEIGHTS_INDEX}: nested too deeply"),
        ("9" * 5000, f"{WEIGHTS_INDEX}: not JSON that can be read (Exceeds the limit"),
        ("[1]", f"{WEIGHTS_INDEX}: a JSON object is expected, not list"),
        ("{}", "no weight_map from weights to files"),
        ('{"weight_map": {}}', "no weight_map from weights to files"),
        ('{"weight_map": [1]}', "no weight_map from weights to files"),
        ('{"weight_map": {"w": 3}}', "w is in 3; the name of a .safetensors file in this folder is expected"),
        ('{"weight_map": {"w": "pytorch_model.bin"}}', "w is in pytorch_model.bin; the name of a .safetensors file"),
        ('{"weight_map": {"w": "../other/model.safetensors"}}', "w is in ../other/model.safetensors; the name of"),
        ('{"weight_map": {"w": "/etc/x.safetensors"}}', "w is in /etc/x.safetensors; the name of a .safetensors file"),
        ('{"weight_map": {"w": "a.safetensors"}}', "names a.safetensors, not there; fetch the rest"),
    ],
)
def test_a_malformed_index_is_refused_with_its_name(content, said, sharded):
    (sharded / WEIGHTS_INDEX).write_text(content)
    with pytest.raises(ModelError) as raised:
        sources(sharded, trained=True)
    assert said in str(raised.value)
    assert str(sharded) in str(raised.value)


def test_an_index_that_is_not_utf_8_is_refused(sharded):
    (sharded / WEIGHTS_INDEX).write_bytes(b'{"weight_map": "\xe9"}')
    with pytest.raises(ModelError, match=f"{WEIGHTS_INDEX}: byte 16 is not UTF-8"):
        sources(sharded, trained=True)


def changed(folder: Path, **values: object) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | values))


def test_weights_that_the_revision_would_not_cover_are_refused(folder):
    before = resolve(Model(str(folder))).revision
    shutil.copy(folder / WEIGHTS, folder / "other.safetensors")
    assert resolve(Model(str(folder))).revision == before
    changed(folder, transformers_weights="other.safetensors")
    with pytest.raises(ModelError, match=r"config.json: transformers_weights names other.safetensors; only model"):
        resolve(Model(str(folder)))
    changed(folder, transformers_weights=WEIGHTS)
    resolve(Model(str(folder)))
    (folder / ADAPTER).write_text("{}")
    with pytest.raises(ModelError, match="adapter_config.json adds an adapter to the weights; merge it"):
        resolve(Model(str(folder)))


@pytest.mark.parametrize("layers", [10**30, 10**400, 1e300])
def test_a_number_of_layers_that_no_memory_holds_is_refused_before_they_are_built(layers, folder):
    changed(folder, num_hidden_layers=layers)
    with pytest.raises(ModelError, match="config.json: num_hidden_layers is 10*.*; at most 10,000 layers are built"):
        resolve(Model(str(folder)))


Outcomes = Callable[[Path, Iterable[tuple[str, bytes]]], Counter[str]]


@pytest.fixture
def outcomes() -> Outcomes:
    """How often a model with damaged contents of one file was loaded, and refused in a line that names the place."""

    def outcomes(file: Path, cases: Iterable[tuple[str, bytes]]) -> Counter[str]:
        counted: Counter[str] = Counter()
        for what, content in cases:
            file.write_bytes(content)
            model = Model(str(file.parent))
            try:
                with warnings.catch_warnings(action="ignore"):  # torch on layers without a weight
                    load(model, resolve(model), maps=True, head=True)
                counted["taken"] += 1
            except ProbingError as error:
                assert str(file.parent) in str(error) or file.name in str(error), what
                assert "\n" not in str(error), what
                counted["refused"] += 1
        return counted

    return outcomes


def test_a_few_damaged_files_of_a_checkpoint_are_taken_or_refused_in_a_line(sharded, outcomes, mutations):
    rng = Random(3)
    for name in ("config.json", WEIGHTS_INDEX):
        good = (sharded / name).read_text()
        texts = rng.sample([*mutations.damaged_text(good, rng, 2)], 4)
        odd = rng.sample([*mutations.odd_documents(json.loads(good), 2, rng)], 4)
        cases = [*texts, *((what, mutations.as_json(document)) for what, document in odd)]
        assert outcomes(sharded / name, cases).total() == 8
        (sharded / name).write_text(good)


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["config.json", WEIGHTS_INDEX, "tokenizer_config.json", "tokenizer.json", "special_tokens_map.json", SHARD]
)
def test_every_damaged_file_of_a_checkpoint_is_taken_or_refused_in_a_line(name, sharded, outcomes, mutations):
    rng = Random(4)
    if not (sharded / name).exists():
        (sharded / name).write_text(json.dumps({"mask_token": "[MASK]", "pad_token": {"content": "[PAD]"}}))
    good = (sharded / name).read_bytes()
    cases = [*mutations.damaged_bytes(good, rng)]
    if name != SHARD:
        odd = mutations.odd_documents(json.loads(good), 30, rng)
        cases += [*mutations.damaged_text(good.decode(), rng), *((w, mutations.as_json(one)) for w, one in odd)]
    counted = outcomes(sharded / name, cases)
    assert counted["refused"] > 20, counted
