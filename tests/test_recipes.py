"""A newcomer follows the README with a model of their own."""

import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


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
