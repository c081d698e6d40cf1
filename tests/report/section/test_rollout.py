import numpy as np

from probing.report.section.rollout import section


def test_masses_stand_layer_by_layer_with_their_intervals(run_with, written):
    lines = [
        ("all", layer, value + layer / 100, {"metric": metric})
        for layer in (1, 2)
        for metric, value in (("mass_on_gold_head", 0.2), ("mass_on_matched_word", 0.1), ("mass_on_special", 0.5))
    ]
    lines.append(("all", 1, 0.9, {"metric": "mass_on_gold_head", "split": "dev"}))
    arrays = {"example0/rollout": np.full((2, 3, 3), 1 / 3), "example0/tokens": np.array(["[CLS]", "$x$", "[SEP]"])}
    run = run_with("rollout", lines, arrays, sample="20 of the 40 sentences of test")
    made = section(run)
    assert (made.title, made.sample) == ("Attention rollout", "20 of the 40 sentences of test")
    [table] = made.tables
    assert table.text.columns.tolist() == ["layer", "mass on the gold head", "on a matched word"] + [
        "mass on special subwords"
    ]
    assert table.text["mass on the gold head"].tolist() == ["0.210 [0.200, 0.220]", "0.220 [0.210, 0.230]"]
    assert table.raw.loc[1, ["mass_on_special", "mass_on_special_low"]].round(9).tolist() == [0.52, 0.51]
    assert written(run, made) == {"rollout.png", "rollout.pdf"}


def test_without_rows_and_example_there_is_no_section(run_with):
    made = section(run_with("rollout", []))
    assert not (made.tables or made.figures or made.sentences)
