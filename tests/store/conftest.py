"""A tiny BERT, and a store of a small corpus that tests copy before they change anything."""

import runpy
import shutil
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path.append(str(HERE))  # for extraction.py, in the processes that tests start as well


@pytest.fixture(scope="session")
def build():
    """Save a tiny model of a family into a folder, as the tests of models do."""
    return runpy.run_path(str(HERE.parent / "model" / "conftest.py"))["build"]


@pytest.fixture(scope="session")
def tiny(build, tmp_path_factory) -> Path:
    """The folder of a tiny BERT: three blocks, width 16, 64 positions."""
    return build("bert", tmp_path_factory.mktemp("bert"))


@pytest.fixture(scope="session")
def wide(tiny, tmp_path_factory) -> Path:
    """The same with one block of width 256: large files for little arithmetic."""
    from transformers import AutoConfig, AutoModel

    folder = Path(shutil.copytree(tiny, tmp_path_factory.mktemp("models") / "wide"))
    config = AutoConfig.from_pretrained(folder, hidden_size=256, num_hidden_layers=1)
    AutoModel.from_config(config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def finished(tiny, tmp_path_factory) -> Path:
    """A store of 40 sentences in float16, in batches of up to 64 subwords; read only."""
    import torch
    from extraction import corpus, extract

    from probing.store.key import Store

    torch.set_num_threads(1)
    return extract(Store(str(tmp_path_factory.mktemp("store")), batch_subwords=64), tiny, corpus(40))


@pytest.fixture
def copied(finished, tmp_path) -> Path:
    """A copy of that store, to damage."""
    return Path(shutil.copy(finished, tmp_path))


@pytest.fixture(scope="session")
def loud(tiny, tmp_path_factory) -> Path:
    """The same model, in whose layer 0 every word fits float16 but "fox", which reaches 6.6e4."""
    import numpy as np
    from safetensors.numpy import load_file, save_file
    from transformers import AutoTokenizer

    folder = Path(shutil.copytree(tiny, tmp_path_factory.mktemp("models") / "loud"))
    weights = load_file(folder / "model.safetensors")
    [word, gain, bias] = [
        next(name for name in weights if name.endswith(f"embeddings.{end}"))
        for end in ("word_embeddings.weight", "LayerNorm.weight", "LayerNorm.bias")
    ]
    # of 16 normalised numbers, one can be as large as the square root of 15 only where the others are nearly equal
    weights[word][AutoTokenizer.from_pretrained(folder).convert_tokens_to_ids("fox")] = 100 * np.eye(1, 16)
    weights[gain], weights[bias] = np.full_like(weights[gain], 65_504 / 3.85), np.zeros_like(weights[bias])
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    return folder
