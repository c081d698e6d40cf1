from dataclasses import replace

import pandas as pd
import pytest

from probing.report.decodable_attended_used import joined, section, write_joined

OUTPUT = "the linear probe of pos on layer 1"
USED = [(OUTPUT, 1, 0.25, {"metric": "effect_nats", "probe": "ablation_layer"})]
ATTENDED = [("all", layer, 1.1 + layer / 100, {"metric": "gold_head_over_matched_word"}) for layer in (1, 2)]
LOSS = "loss without the layer's heads (nats)"


@pytest.fixture
def attended(run_with):
    return run_with("rollout", ATTENDED, sample="20 of the 40 sentences of test")


@pytest.fixture
def used(run_with):
    return run_with("ablation", USED, sample="6 of the 20 sentences of test")


@pytest.fixture
def both(attended, used):
    analyses = {**attended.manifest["analyses"], **used.manifest["analyses"]}
    manifest = {**attended.manifest, "analyses": analyses}
    return replace(attended, manifest=manifest, others=pd.concat([attended.others, used.others], ignore_index=True))


def test_all_three_stand_side_by_side_each_with_its_own_interval_and_sample(both, written):
    made = section(both)
    assert made.title == "Decodable, attended, what the probe's score depends on"
    assert made.sample.split("; ") == [
        "decodable: 150 sentences of test",
        "attended: 20 of the 40 sentences of test",
        "what the probe's score depends on: 6 of the 20 sentences of test",
    ]
    [table] = made.tables
    assert table.text.to_dict("list") == {
        "layer": ["0", "1", "2"],
        "decodable: accuracy": ["0.500 [0.490, 0.510]", "0.600 [0.590, 0.610]", "0.700 [0.690, 0.710]"],
        "attended: rollout on the gold head ÷ on a matched word": [
            "–",
            "1.110 [1.100, 1.120]",
            "1.120 [1.110, 1.130]",
        ],
        f"what the probe's score depends on: {LOSS}": ["–", "0.250 [0.240, 0.260]", "–"],
    }
    assert f"The last column comes from an intervention: the loss of {OUTPUT}" in table.note
    assert "does not show what the model itself uses" in table.note
    assert written(both, made) == {"joined.png", "joined.pdf"}


def test_the_models_own_head_is_called_so(both):
    others = both.others.assign(target=both.others["target"].replace(OUTPUT, "the model's own classifier"))
    made = section(replace(both, others=others))
    assert made.title == "Decodable, attended, what the model's own head depends on"
    [table] = made.tables
    assert table.text.columns[-1] == f"what the model's own head depends on: {LOSS}"
    assert "the loss of the model's own classifier" in table.note and "probe" not in table.note


def test_without_an_intervention_no_word_speaks_of_one(attended, written):
    made = section(attended)
    [table] = made.tables
    texts = [made.title, made.sample, table.title, table.note, *table.text.columns]
    texts += [figure.caption for figure in made.figures]
    assert made.title == "Decodable, attended"
    assert not any(word in text.lower() for text in texts for word in ("use", "intervention", "depend", "effect"))
    assert written(attended, made) == {"joined.png", "joined.pdf"}


def test_without_rollout_nothing_is_called_attended(used, written):
    made = section(used)
    assert made.title == "Decodable, what the probe's score depends on"
    assert made.tables[0].text.columns.tolist()[-1] == f"what the probe's score depends on: {LOSS}"
    assert not any("attended" in column for column in made.tables[0].text)
    assert written(used, made) == {"joined.png", "joined.pdf"}


def test_probes_alone_give_no_section_and_no_figure(run_with, tmp_path):
    run = run_with("heads", [])
    made = section(run)
    assert not (made.tables or made.figures or made.sentences)
    assert joined(run) is None
    assert write_joined(run, tmp_path / "joined") == []


def test_removal_of_the_labels_has_its_own_column_and_panel_and_is_told_from_the_ablation(both, run_with, written):
    lines = [
        ("pos", layer, 1.5 + layer, {"metric": "effect_nats", "probe": f"leace{of}"})
        for layer in (0, 1)
        for of in ("", "_minus_random", "_minus_random_adjusted")
    ]
    usage = run_with("usage", lines, sample="9 of the 20 sentences of test", output="the probe on top")
    analyses = {**both.manifest["analyses"], **usage.manifest["analyses"]}
    run = replace(both, manifest={**both.manifest, "analyses": analyses}, others=pd.concat([both.others, usage.others]))
    made = section(run)
    [table] = made.tables
    assert table.text.columns[-1] == (
        "what removing it costs (LEACE): loss without the labels, beyond random subspaces (nats)"
    )
    assert table.text.iloc[:, -1].tolist() == ["1.500 [1.490, 1.510]", "2.500 [2.490, 2.510]", "–"]
    assert "The last but one column comes from an intervention: the loss of the linear probe of pos" in table.note
    assert "The last column comes from an intervention: the loss of the probe on top when LEACE" in table.note
    assert made.sample.endswith("; what removing it costs (LEACE): 9 of the 20 sentences of test")
    assert written(run, made) == {"joined.png", "joined.pdf"}
