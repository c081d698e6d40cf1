"""A newcomer follows the README: a task, a probe, an analysis with its part of the page, and a family of models."""

import ast
import os
import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from probing.errors import ModelError
from probing.model.blocks import blocks
from probing.model.families import FAMILIES, Family
from probing.result.rows import read_rows

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
# Hydra reads a package from the first line alone
BLOCK = re.compile(
    r"```(?:python|yaml)\n((?:# @package [\w.]+\n)?# ((?:probing|conf)/[\w/]+\.(?:py|yaml))\n.*?)```", re.DOTALL
)
SMALL = ("model=minilm", "data=grammar", "data.train=60", "data.dev=20", "data.test=20", "layers=[1,2]", "threads=1")


def files() -> dict[str, str]:
    """What the README says to write, by path."""
    return {path: text for text, path in BLOCK.findall(README) if path != "probing/model/families.py"}


@pytest.fixture(scope="module")
def house(tmp_path_factory) -> Path:
    """A copy of the project with the newcomer's files in it."""
    house = tmp_path_factory.mktemp("house")
    for name in ("probing", "pipelines", "conf"):
        shutil.copytree(ROOT / name, house / name, ignore=shutil.ignore_patterns("__pycache__"))
    for path, text in files().items():
        assert not (house / path).exists(), f"{path} is there already"
        (house / path).write_text(text, encoding="utf-8")
    return house


def test_the_readme_shows_a_task_a_probe_and_an_analysis():
    kinds = {path.rpartition("/")[0] for path in files()}
    assert kinds == {
        "probing/task",
        "conf/task",
        "probing/probe",
        "conf/probe",
        "probing/analysis",
        "probing/report/section",
        "conf/analysis",
    }


def test_a_newcomers_task_probe_and_analysis_run_and_stand_on_the_page(house, tmp_path):
    given = ["task=capital", "probe=centroid", "analysis=similarity", *SMALL, f"outputs={tmp_path}"]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "PYTHONPATH": str(house)}
    done = subprocess.run(
        [sys.executable, "-m", "pipelines.run", *given], cwd=house, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    folder = Path(done.stdout.splitlines()[-1].partition(": ")[2])
    assert "analysis=similarity" in folder.name
    rows = read_rows(folder / "rows.csv")
    assert set(rows["analysis"]) == {"probes", "rollout", "similarity"}
    probes = rows[(rows["analysis"] == "probes") & (rows["metric"] == "accuracy") & (rows["split"] == "test")]
    assert {"task", "control", "selectivity", "majority"} <= set(probes["target"])
    assert set(probes["probe"]) == {"centroid"}
    cosine = rows[rows["analysis"] == "similarity"]
    assert sorted(cosine["layer"]) == [1, 2]
    assert (cosine["ci_low"] < cosine["value"]).all() and (cosine["value"] < cosine["ci_high"]).all()
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert "Similarity within a sentence" in page
    assert "20 of the 20 sentences of test" in page
    assert (folder / "tables" / "similarity.csv").is_file()


def family_of_the_readme() -> Family:
    [names] = re.findall(r"```python\n# probing/model/families\.py\nFamily\((.*)\)", README)
    return Family(*ast.literal_eval(f"({names})"))


def test_a_newcomers_family_of_models_is_one_line(tmp_path):
    import torch
    from transformers import AutoConfig, MegatronBertConfig, MegatronBertModel

    from probing.model.checkpoint import Model, resolve
    from probing.model.encoder import load

    build = runpy.run_path(str(ROOT / "tests" / "model" / "conftest.py"))["build"]
    folder = build("bert", tmp_path / "megatron")
    vocabulary = AutoConfig.from_pretrained(folder).vocab_size
    sizes = {"hidden_size": 16, "num_hidden_layers": 3, "num_attention_heads": 2, "intermediate_size": 32}
    torch.manual_seed(0)
    MegatronBertModel(MegatronBertConfig(vocab_size=vocabulary, max_position_embeddings=64, **sizes)).save_pretrained(
        folder
    )
    encoder = load(Model(str(folder)), resolve(Model(str(folder))), maps=True)
    with pytest.raises(ModelError, match="add a line to probing/model/families.py"):
        blocks(encoder.network)
    found = blocks(encoder.network, (*FAMILIES, family_of_the_readme()))
    assert [block.n_heads for block in found] == [2, 2, 2]
    # what the line says is true: weights times values are what the output projection is given
    seen = {}
    block = found[0]
    block.value.register_forward_hook(lambda _m, _i, output: seen.update(values=block.values(output)))
    block.output.register_forward_pre_hook(lambda _m, inputs: seen.update(joined=inputs[0]))
    subwords = encoder.tokenize([("the", "quick", "brown", "fox")])
    ids = torch.from_numpy(subwords.ids.astype(np.int64))[None]
    with torch.inference_mode():
        maps = encoder.network(input_ids=ids, output_attentions=True).attentions
    joined = torch.einsum("bhqk,bkhd->bqhd", maps[0], seen["values"]).flatten(-2)
    torch.testing.assert_close(joined, seen["joined"], atol=1e-5, rtol=0)
