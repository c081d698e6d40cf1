"""A newcomer follows the README: a task, a probe, an analysis with its part of the page, and a model of their own."""

import os
import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

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
    return {path: text for text, path in BLOCK.findall(README)}


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


def test_a_newcomers_model_needs_no_line(tmp_path):
    """Megatron-BERT, which normalises before attention: the README's lines find its blocks."""
    from transformers import AutoConfig, MegatronBertConfig, MegatronBertModel

    build = runpy.run_path(str(ROOT / "tests" / "model" / "conftest.py"))["build"]
    folder = build("bert", tmp_path / "megatron")
    vocabulary = AutoConfig.from_pretrained(folder).vocab_size
    sizes = {"hidden_size": 16, "num_hidden_layers": 3, "num_attention_heads": 2, "intermediate_size": 32}
    MegatronBertModel(MegatronBertConfig(vocab_size=vocabulary, max_position_embeddings=64, **sizes)).save_pretrained(
        folder
    )
    [lines] = re.findall(r"```python\n(from probing\.model\.blocks .*?)```", README, re.DOTALL)
    script = tmp_path / "blocks_of_mine.py"
    script.write_text(lines.replace("path/to/your/model", str(folder)), encoding="utf-8")
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, script], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    first, *_ = rows = done.stdout.splitlines()
    assert len(rows) == 3
    assert first == "1 2 8 Residual(inner=None, factor=1.0, norm=None)"
