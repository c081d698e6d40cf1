"""A run whose probe sends the labels as a code: bits everywhere, with their split and what chose the layer."""

import pytest

from probing.report.compare import finding as paired_finding
from probing.report.compare import findings
from probing.report.load import Run
from probing.report.page import finding, tiles
from probing.report.tables import banded, run_table

TRAIN = {"split": "train", "n_items": 5000, "n_sentences": 400}
BITS, COMPRESSION = {"metric": "codelength_bits", **TRAIN}, {"metric": "compression", **TRAIN}


@pytest.fixture
def run(make_rows, tmp_path) -> Run:
    lines = []
    for layer, code in ((0, 9000.0), (1, 3000.0)):
        lines += [("task", layer, code, BITS), ("control", layer, 12000.0, BITS)]
        lines += [("selectivity", layer, code - 12000, BITS), ("task", layer, 18000 / code, COMPRESSION)]
        # accuracy would choose the other layer
        lines += [("task", layer, 0.9 - layer / 10, {"split": split}) for split in ("dev", "test")]
    return Run(tmp_path, make_rows(*lines), {"metric": "codelength_bits", "checkpoint": {}, "data": {}}, None, None)


def test_the_finding_is_in_bits_and_says_of_which_labels(run):
    text = finding(run, run_table(run, banded(run))[0])
    assert text.startswith(
        "Given layer 1 of m, the online code of pos takes 3,000 [3,000, 3,000] bits for the 5,000 labels"
    )
    assert "of 400 training sentences of d" in text
    assert "−9,000 [−9,000, −9,000] bits against the control task" in text
    assert "−6,000 bits against the embedding output" in text
    assert "a compression of 6.00 against the uniform code" in text
    assert "accuracy" not in text


def test_the_tiles_have_the_bits_of_task_and_control(run):
    shown = tiles(run, run_table(run, banded(run))[0])
    assert shown["code length in bits"] == "3,000"
    assert shown["control task"] == "12,000"
    assert shown["task − control"] == "−9,000"
    assert [n for name, n in shown.items() if name.startswith("sentences of train")] == ["400"]


def test_the_table_names_the_split_of_other_metrics(run):
    text = run_table(run, banded(run))[1]
    assert [*text][:5] == ["layer", "code (bits)", "95 % interval", "control", "task − control"]
    assert {"accuracy (test)", "compression"} <= {*text}
    assert text["layer"].tolist() == ["0", "1 *"]


def test_it_is_said_what_chose_the_layer(run, make_run):
    assert run.chosen_on == "train, by code length in bits"


def test_a_shorter_code_is_the_better_one_of_a_pair():
    line = {"task": "pos", "data": "d", "probe": "mdl", "metric": "codelength_bits", "difference": -500.0}
    line |= {
        "joint_low": -600.0,
        "joint_high": -400.0,
        "first": "a",
        "second": "b",
        "first_layer": 1,
        "second_layer": 2,
    }
    assert paired_finding(line).startswith("Part of speech has a shorter code from layer 1 of a than from layer 2 of b")
    longer = line | {"joint_low": 400.0, "joint_high": 600.0, "difference": 500.0}
    assert "has a longer code from" in paired_finding(longer)
    accuracy = line | {"metric": "accuracy", "difference": 0.1, "joint_low": 0.05, "joint_high": 0.2}
    assert "is predicted better from" in paired_finding(accuracy)
    unclear = line | {"joint_low": -600.0, "joint_high": 400.0, "task": "first"}
    assert [text.split()[0] for text in findings([unclear, line, unclear, longer])] == ["Part", "Part", "No", "No"]
