"""The notebooks run from top to bottom, without a network, and are kept without results."""

import os
import sys
import tempfile
from pathlib import Path

import nbformat
import pytest
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "docs" / "notebooks").glob("*.ipynb"))


class ThisPython(KernelSpecManager):
    """One kernel, the Python that runs the tests, whatever kernels the machine has."""

    def get_kernel_spec(self, kernel_name):
        argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        return self.kernel_spec_class(argv=argv, display_name=kernel_name, language="python", resource_dir="")


def executed(path: Path, folder: Path) -> NotebookNode:
    """The notebook with its results, run in ``folder``."""
    quiet = {
        "PYTHONPATH": str(ROOT),
        "IPYTHONDIR": str(folder / "ipython"),
        "MPLCONFIGDIR": str(folder / "matplotlib"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "HF_HUB_OFFLINE": "1",
        "OMP_NUM_THREADS": "1",
    }
    notebook = nbformat.read(path, as_version=4)
    resources = {"metadata": {"path": str(folder)}}
    with tempfile.TemporaryDirectory() as sockets:  # files, whose paths must be short, and no ports
        manager = AsyncKernelManager(kernel_spec_manager=ThisPython(), transport="ipc", ip=f"{sockets}/kernel")
        client = NotebookClient(notebook, km=manager, timeout=240, resources=resources)
        return client.execute(cleanup_kc=True, env={**os.environ, **quiet})  # ends the kernel too


def results(notebook: NotebookNode, kind: str) -> list[str]:
    """Every result of this media type."""
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    return [output.data[kind] for output in outputs if kind in output.get("data", {})]


def errors(notebook: NotebookNode) -> list[str]:
    """What was written to the error stream: a reader would see it in red."""
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    return [output["text"] for output in outputs if output.get("name") == "stderr"]


def test_there_are_two():
    assert [path.stem for path in NOTEBOOKS] == ["first_probe", "looking_at_attention"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_no_results_are_kept(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None
    assert notebook.metadata.keys() <= {"kernelspec", "language_info"}


def test_the_first_probe_ends_in_a_figure(tmp_path):
    done = executed(ROOT / "docs" / "notebooks" / "first_probe.ipynb", tmp_path)
    texts = results(done, "text/plain")
    assert any("in 1 sentence of test, layer 3\n  control" in text for text in texts)
    assert any("fitted to pos, layer" in text and "(chosen on dev)" in text for text in texts)
    assert len(results(done, "image/png")) == 1
    assert not errors(done)
    assert results(done, "text/plain")[0] == "minilm: encoder, layers 0 to 6, width 384, on cpu"


@pytest.mark.slow
def test_attention_is_shown_and_heads_are_taken_away(tmp_path):
    done = executed(ROOT / "docs" / "notebooks" / "looking_at_attention.ipynb", tmp_path)
    [page] = [html for html in results(done, "text/html") if html.startswith("<iframe")]
    assert "unexpectedly" in page
    assert len(results(done, "image/png")) == 2
    assert not errors(done)
    texts = results(done, "text/plain")
    assert "'heads: 60 of the 60 sentences of test'" in texts
    assert any(text.startswith("'ablation: 30 of the 60 sentences of test") for text in texts)
