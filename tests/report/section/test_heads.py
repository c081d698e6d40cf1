import numpy as np
import pytest

from probing.report.section.heads import counted, section


@pytest.fixture
def run(run_with):
    lines = [
        ("all", layer, layer + head / 10, {"metric": metric, "head": head, "probe": "attention"})
        for layer in (1, 2)
        for head in (0, 1)
        for metric in ("entropy_nats", "max_weight")
    ]
    lines += [("all", layer, layer + 0.05, {"metric": "entropy_nats", "probe": "attention"}) for layer in (1, 2)]
    arrays = {"quantiles/levels": np.array([0.5]), "quantiles/weight": np.arange(4).reshape(2, 2, 1) / 8}
    return run_with("heads", lines, arrays, sample="20 of the 20 sentences of test")


def test_every_head_has_its_line_with_all_statistics_and_quantiles(run, written):
    made = section(run)
    assert (made.title, made.sample) == ("Heads", "20 of the 20 sentences of test")
    [table] = made.tables
    assert table.folded
    assert table.text.iloc[3].to_dict() == {
        "head": "2.1",
        "entropy nats": "2.100 [2.090, 2.110]",
        "max weight": "2.100 [2.090, 2.110]",
        "weight q0.5": "0.375",
    }
    assert table.raw["weight_q0.5"].tolist() == [0, 0.125, 0.25, 0.375]
    assert written(run, made) == {f"{name}.{end}" for name in ("heads", "entropy") for end in ("png", "pdf")}


def test_figures_name_the_number_of_sentences_that_was_counted(run):
    assert counted(run) == "20 test sentences"


def test_without_rows_there_is_no_section(run_with):
    made = section(run_with("heads", []))
    assert not (made.tables or made.figures or made.sentences)


def test_attention_sinks_of_a_decoder_have_a_figure_and_are_counted(run_with, written):
    places = [(layer, head, metric) for layer in (1, 2) for head in (0, 1) for metric in ("mass_first", "entropy_nats")]
    lines = [("all", layer, 0.9, {"metric": name, "head": head, "probe": "attention"}) for layer, head, name in places]
    later = {(1, 0): 0.29, (1, 1): 0.31, (2, 0): 0.95, (2, 1): 0.0}
    lines += [
        ("all", layer, value, {"metric": "mass_first_later", "head": head, "probe": "attention"})
        for (layer, head), value in later.items()
    ]
    lines += [("all", layer, 0.3, {"metric": "mass_first_later", "probe": "attention"}) for layer in (1, 2)]
    lines += [("all", layer, 0.3, {"metric": "entropy_nats", "probe": "attention"}) for layer in (1, 2)]
    made = section(run_with("heads", lines, {}, sample="20 of the 20 sentences of test"))
    assert made.figures[-1].name == "first_position"
    assert "2 of 4 heads give it more than 0.3" in made.figures[-1].caption
    assert written(run_with("heads", lines, {}), made) >= {"first_position.png", "first_position.pdf"}
    assert "mass first later" in made.tables[0].text.columns
