"""The section of mixed layers: its sentences, table and figure, and how a page names the rows."""

import json

import pandas as pd
import pytest

from probing.report.gather import gather
from probing.report.layer_mix import of_mix, section
from probing.report.load import load_run
from probing.report.page import write_report
from probing.report.summary import summary_table

FACTS = {
    "weights": {"0": [1.0], "1": [0.25, 0.75], "2": [0.2, 0.5, 0.3]},
    "gamma": {"0": 1.0, "1": 1.5, "2": 2.0},
    "metric": "accuracy",
    "centre_of_gravity": 1.1,
    "uneven_bits": 0.1,
    "expected_layer": {"value": 1.4, "ci_low": 1.2, "ci_high": 1.6},
    "missing": [],
}


@pytest.fixture
def mixed(make_run):
    """mixed(fact=…): the folder of a run of probe=mix on three layers."""

    def make(**facts):
        folder = make_run(test=(0.6, 0.8, 0.85))
        manifest = json.loads((folder / "manifest.json").read_text())
        manifest["analyses"] = {"probes": {"mix": {**FACTS, **facts}}}
        (folder / "manifest.json").write_text(json.dumps(manifest))
        rows = pd.read_csv(folder / "rows.csv")
        rows.assign(probe="mix").to_csv(folder / "rows.csv", index=False)
        return folder

    return make


def test_the_page_has_weights_centre_of_gravity_and_expected_layer_and_says_that_rows_are_mixes(mixed):
    folder = mixed()
    write_report(folder)
    text = (folder / "index.html").read_text()
    assert "Mix of layers" in text
    assert "1.10, the mean layer under the weights" in text
    assert "1.40 [1.20, 1.60], the mean layer, weighted" in text
    assert "The row of layer l is about the mix of all layers from 0 to l" in text
    assert "From the mix of layers 0 to 2 of tiny" in text
    assert pd.read_csv(folder / "figures" / "mix.csv")["weight"].tolist() == FACTS["weights"]["2"]
    table = pd.read_csv(folder / "tables" / "mix.csv")
    assert table["gamma"].tolist() == [1, 1.5, 2]
    assert table["weight 2"].isna().tolist() == [True, True, False]


def test_what_is_left_out_is_said(mixed):
    run = load_run(mixed(missing=["expected layer: it needs the mixes of all layers; type layers=all"]))
    assert "Left out: expected layer: it needs the mixes of all layers; type layers=all." in section(run).sentences


def test_a_comparison_has_the_numbers_of_the_paper_and_not_those_of_single_layers(mixed, make_run):
    [line] = summary_table(gather([mixed()])[0]).to_dict("records")
    assert (line["centre_of_gravity"], line["expected_layer"]) == (1.1, 1.4)
    other = load_run(make_run(model="other"))
    assert of_mix(other) is None
    assert not section(other).tables
