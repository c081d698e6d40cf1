"""The page of a probe from Python lies in a folder like that of any run."""

import json

import numpy as np
import pytest

import probing
from probing.errors import ConfigError, ProbingError
from probing.report.load import load_run
from probing.result.folder import find_runs, parsed_manifest
from probing.view.run_probes import read_run


@pytest.fixture(scope="module")
def vectors():
    return probing.extract(probing.load_model("minilm"), probing.load_corpus("grammar", max_sentences=40))


def test_the_page_has_the_scores_of_the_probe_and_is_made_once(vectors, tmp_path, monkeypatch):
    import probing.report.page  # the package is one name with the function, which must be there nevertheless

    monkeypatch.setattr("probing.report.page.write_figures", lambda *_: [])  # they take seconds
    probe = probing.Probe(l2=[1e-2], resamples=20).fit(vectors, task="sentiment")
    page = probing.report(probe, tmp_path / "mine")
    assert page == tmp_path / "mine" / "index.html"
    assert f"accuracy {probe.score():.3f}" in page.read_text(encoding="utf-8")
    assert "pipelines.view" not in page.read_text(encoding="utf-8")  # no command can name a corpus made in Python
    assert find_runs(tmp_path) == [tmp_path / "mine"]
    run = load_run(tmp_path / "mine")
    shown = run.rows.query("target == 'task' and split == 'test' and metric == 'accuracy'").set_index("layer")
    assert shown.loc[probe.layer_, "value"] == probe.score()
    assert json.loads((tmp_path / "mine" / "config.yaml").read_text())["task"]["name"] == "sentiment"
    saved = read_run(tmp_path / "mine", parsed_manifest(tmp_path / "mine")).probes.saved
    assert np.array_equal(saved.weights[probe.layer_], probe.coef_)  # views find the probes of the folder
    written = page.stat().st_mtime_ns
    assert probing.report(probe, str(tmp_path / "mine")) == page
    assert page.stat().st_mtime_ns == written
    other = probing.Probe(l2=[1e-2], resamples=20, seed=1).fit(vectors, task="sentiment")
    with pytest.raises(ConfigError, match="mine holds something else; name a new folder"):
        probing.report(other, tmp_path / "mine")


def test_only_probes_of_a_corpus_have_a_page(tmp_path):
    probe = probing.fit_probe([[0.0], [1.0], [0.1], [1.1]], ["a", "b", "a", "b"])
    with pytest.raises(ProbingError, match="fitted to arrays"):
        probing.report(probe, tmp_path / "mine")
